// Bundles the command line and the library into dist/, and puts the published schemas beside them.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
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
  // read at every start: one file each takes less time than a package; what only some runs need stays outside
  external: ["ajv", "yaml"],
  banner: { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' },
  // what is not read is not compiled at every start
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: "warning",
});
execFileSync("npx", ["--no-install", "tsc", "-p", "tsconfig.types.json"], { stdio: "inherit" });
mkdirSync("dist/licenses", { recursive: true });
for (const bundled of ["commander", "ipaddr.js"])
  cpSync(`node_modules/${bundled}/LICENSE`, `dist/licenses/${bundled}.txt`);
mkdirSync("dist/schemas", { recursive: true });
for (const folder of ["src/report", "src/scenario", "rules"]) {
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".schema.json")))
    cpSync(`${folder}/${file}`, `dist/schemas/${file}`);
}
