// Writes src/owners/generated/bases.ts, the stock Docker hosts of --base, from src/owners/docker/bases/*.save.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const here = new URL("../src/owners/docker/bases/", import.meta.url);
const target = new URL("../src/owners/generated/", import.meta.url);
const bases = readdirSync(here)
  .filter((file) => file.endsWith(".save"))
  .sort()
  .map((file) => [file.slice(0, -".save".length), readFileSync(new URL(file, here), "utf8")]);
mkdirSync(target, { recursive: true });
writeFileSync(
  new URL("bases.ts", target),
  `/** What a new dockerd has written, by version. */
export const bases: Readonly<Record<string, string>> = ${JSON.stringify(Object.fromEntries(bases), null, 2)};
`,
);
