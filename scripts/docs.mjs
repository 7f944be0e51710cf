// Runs every `$ npx chainwalk …` example of README.md and docs/ and puts its real output below it (`--check`: compares).
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const pages = ["README.md", ...readdirSync("docs").map((name) => `docs/${name}`)];
const check = process.argv.includes("--check");

for (const page of pages) {
  const text = readFileSync(page, "utf8");
  const next = text.replace(/```console\n\$ npx chainwalk ([\s\S]*?)\n```/g, (_, body) => {
    const end = body.search(/(?<!\\)\n|$/);
    const command = body.slice(0, end);
    const argv = command.replaceAll("\\\n", " ").trim().split(/\s+/);
    const { stdout, stderr } = spawnSync(process.execPath, ["dist/cli/main.js", ...argv], {
      encoding: "utf8",
      env: { NO_COLOR: "1" },
    });
    return `\`\`\`console\n$ npx chainwalk ${command}\n${(stdout + stderr).trimEnd()}\n\`\`\``;
  });
  if (check && next !== text) {
    console.error(`${page} does not show what the commands print: run \`npm run docs\``);
    process.exitCode = 1;
  } else if (!check) writeFileSync(page, next);
}
