// Writes src/cli/generated/capture.ts, what `chainwalk capture` prints, from src/cli/capture.sh.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const target = new URL("../src/cli/generated/", import.meta.url);
const script = readFileSync(new URL("../src/cli/capture.sh", import.meta.url), "utf8");
mkdirSync(target, { recursive: true });
writeFileSync(
  new URL("capture.ts", target),
  `/** src/cli/capture.sh, word for word. */
export const captureScript = ${JSON.stringify(script)};
`,
);
