// Compiles each grammar twice: peggy's parser explains a line that failed, the recogniser reads whole files.
// With --check nothing is written; it fails if what is there is not what the grammars give.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import peggy from "peggy";
import { recogniser } from "./recogniser.mjs";

const here = new URL("./", import.meta.url);
const target = new URL("../src/syntax/generated/", here);
const starts = ["Dump", "Line"];

const declaration = (options) => `import type { Sink } from "../sink.ts";

export function parse(input: string, options: { ${options} }): unknown;
`;

const grammars = {
  "iptables-save": ["lexical", "iptables-save"],
  "ebtables-save": ["lexical", "ebtables-save"],
  commands: ["commands"],
};
const outputs = Object.entries(grammars).flatMap(([name, parts]) => {
  const grammar = parts.map((part) => {
    const source = `${part}.peggy`;
    return { source, text: readFileSync(new URL(source, here), "utf8") };
  });
  const parser = peggy.generate(grammar, { output: "source", format: "es", allowedStartRules: starts });
  const ast = peggy.generate(grammar, { output: "ast", allowedStartRules: starts });
  return [
    [`${name}.parser.js`, parser],
    [`${name}.parser.d.ts`, declaration(`sink: Sink; startRule?: "Dump" | "Line"`)],
    [`${name}.recogniser.js`, recogniser(ast, "Dump")],
    [`${name}.recogniser.d.ts`, declaration("sink: Sink")],
  ];
});

if (process.argv.includes("--check")) {
  const stale = outputs.filter(([file, text]) => text !== current(new URL(file, target))).map(([file]) => file);
  if (stale.length > 0) {
    console.error(`not what the grammars give: ${stale.join(", ")}; run \`npm run grammar\``);
    process.exitCode = 1;
  }
} else {
  mkdirSync(target, { recursive: true });
  for (const [file, text] of outputs) writeFileSync(new URL(file, target), text);
}

function current(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
