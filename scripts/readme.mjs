// Runs every `$ npx chainwalk …` example of README.md and puts its real output below it (`--check`: compares).
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const readme = readFileSync("README.md", "utf8");
const next = readme.replace(/```console\n\$ npx chainwalk ([\s\S]*?)\n```/g, (_, body) => {
  const end = body.search(/(?<!\\)\n|$/);
  const command = body.slice(0, end);
  const argv = command.replaceAll("\\\n", " ").trim().split(/\s+/);
  const { stdout, stderr } = spawnSync(process.execPath, ["dist/cli/main.js", ...argv], {
    encoding: "utf8",
    env: { NO_COLOR: "1" },
  });
  return `\`\`\`console\n$ npx chainwalk ${command}\n${(stdout + stderr).trimEnd()}\n\`\`\``;
});
if (process.argv.includes("--check")) {
  if (next !== readme) {
    console.error("README.md does not show what the commands print: run `npm run docs`");
    process.exitCode = 1;
  }
} else writeFileSync("README.md", next);
