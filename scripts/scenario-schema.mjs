// Writes src/scenario/scenario.schema.json from schema.ts, which makes it from the field table (`--check`: compares).
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const bundled = await build({
  entryPoints: ["src/scenario/schema.ts"],
  bundle: true,
  write: false,
  format: "esm",
  platform: "node",
  logLevel: "warning",
});
const code = Buffer.from(bundled.outputFiles[0].contents).toString("base64");
const { scenarioSchema } = await import(`data:text/javascript;base64,${code}`);
const path = "src/scenario/scenario.schema.json";
const out = `${JSON.stringify(scenarioSchema, null, 2)}\n`;
if (!process.argv.includes("--check")) writeFileSync(path, out);
else if (JSON.stringify(JSON.parse(readFileSync(path, "utf8"))) !== JSON.stringify(scenarioSchema)) {
  console.error(`${path} is not what schema.ts makes: run \`npm run generate\``);
  process.exitCode = 1;
}
