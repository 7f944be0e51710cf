// Runs test/kernel/walk/main.ts, which Node cannot read as it stands: bundled into dist/ first.

import { build } from "esbuild";

const outfile = "dist/test-kernel.mjs";
await build({
  entryPoints: ["test/kernel/walk/main.ts"],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  packages: "external",
});
await import(`../${outfile}`);
