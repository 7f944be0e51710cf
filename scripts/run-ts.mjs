// node scripts/run-ts.mjs test/kernel/walk/main.ts [words…]: a TypeScript program of the tests, which Node cannot read as
// it stands: bundled into dist/ first, as deep as its own folder, since some name what lies beside the checkout by their place.
import { argv } from "node:process";
import { build } from "esbuild";

const [entry] = argv.splice(2, 1);
if (!entry) throw new Error("run-ts: which program?");
const outfile = `dist/${entry.split("/").slice(-2)[0]}/main.mjs`;
await build({ entryPoints: [entry], outfile, bundle: true, platform: "node", format: "esm", packages: "external" });
await import(`../${outfile}`);
