// Runs test/drift/mutations/main.ts, which Node cannot read as it stands: bundled into dist/ first.

import { build } from "esbuild";

// as deep as test/support, whose files name what lies beside the checkout by their own place
const outfile = "dist/mutations/main.mjs";
await build({
  entryPoints: ["test/drift/mutations/main.ts"],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  packages: "external",
});
await import(`../${outfile}`);
