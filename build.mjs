// Bundles the command line and the library into dist/, and puts the published schemas beside them.

import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { build } from "esbuild";

rmSync("dist", { recursive: true, force: true });
await build({
  entryPoints: { "cli/main": "src/cli/main.ts", index: "src/index.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  platform: "node",
  target: "node20",
  format: "esm",
  packages: "external",
  logLevel: "warning",
});
execFileSync("npx", ["--no-install", "tsc", "-p", "tsconfig.types.json"], { stdio: "inherit" });
mkdirSync("dist/schemas", { recursive: true });
for (const folder of ["src/report", "src/scenario", "rules"]) {
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".schema.json")))
    cpSync(`${folder}/${file}`, `dist/schemas/${file}`);
}

// In a checkout the package is not its own dependency: without this link `npx chainwalk` would look for it elsewhere.
chmodSync("dist/cli/main.js", 0o755);
const bin = "node_modules/.bin/chainwalk";
if (existsSync("node_modules/.bin") && process.platform !== "win32") {
  rmSync(bin, { force: true });
  symlinkSync("../../dist/cli/main.js", bin);
}
