// Manifests and presets → src/lint/generated/catalogue.ts, README.md and docs/<name>.md.
// With --check nothing is written; it fails if what is there is not what the manifests give.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";
import { isCollection, isMap, LineCounter, parseDocument } from "yaml";
import { index, page } from "./pages.mjs";

const here = new URL("./", import.meta.url);
const checksFolder = new URL("../src/lint/checks/", here);
const target = new URL("../src/lint/generated/", here);
const ajv = new Ajv2020({ allErrors: true });
const isManifest = ajv.compile(JSON.parse(read("rule.schema.json")));
const isPreset = ajv.compile({ type: "array", uniqueItems: true, items: { type: "string" } });

const problems = [];
const manifests = names(here, ".yaml").map((name) => load(`${name}.yaml`, isManifest));
const presets = names(new URL("presets/", here), ".yaml").map((name) => ({
  name,
  ...load(`presets/${name}.yaml`, isPreset),
}));
const checks = names(checksFolder, ".ts");
if (problems.length === 0) checkTogether();
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}

const rules = manifests.map(({ value }) => ({ options: {}, needs: [], falsePositives: null, ...value }));
const outputs = new Map([
  ["README.md", index(rules, presets)],
  ...rules.map((rule) => [`docs/${rule.name}.md`, page(rule)]),
]);
const strayPages = names(new URL("docs/", here), ".md").filter((name) => !outputs.has(`docs/${name}.md`));
if (process.argv.includes("--check")) {
  const stale = [...outputs].filter(([file, text]) => text !== read(file)).map(([file]) => file);
  const wrong = [...stale, ...strayPages.map((name) => `docs/${name}.md`)];
  if (wrong.length > 0) {
    console.error(
      `not what the manifests give: ${wrong.map((file) => `rules/${file}`).join(", ")}; run \`npm run rules\``,
    );
    process.exitCode = 1;
  }
} else {
  for (const folder of [new URL("docs/", here), target]) mkdirSync(folder, { recursive: true });
  for (const name of strayPages) rmSync(new URL(`docs/${name}.md`, here));
  for (const [file, text] of outputs) writeFileSync(new URL(file, here), text);
  writeFileSync(new URL("catalogue.ts", target), catalogue());
}

function read(file) {
  const url = new URL(file, here);
  return existsSync(url) ? readFileSync(url, "utf8") : null;
}
function names(folder, end) {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return files
    .filter((file) => file.endsWith(end))
    .map((file) => file.slice(0, -end.length))
    .sort();
}

/** A YAML file and a way from a path in it to file:line:column. */
function load(file, isValid) {
  const counter = new LineCounter();
  const doc = parseDocument(read(file), { lineCounter: counter });
  const at = (offset) => {
    const { line, col } = counter.linePos(offset);
    return `rules/${file}:${line}:${col}`;
  };
  const report = (path, message) => problems.push(`${at(offsetOf(doc, path))}: ${message}`);
  for (const error of doc.errors) problems.push(`${at(error.pos[0])}: ${error.message.split("\n")[0]}`);
  const value = doc.errors.length > 0 ? null : doc.toJS();
  if (value !== null && !isValid(value)) {
    for (const error of isValid.errors) {
      const path = error.instancePath
        .split("/")
        .slice(1)
        .map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"));
      const extra = error.params.additionalProperty;
      report(extra ? [...path, extra] : path, `${error.message}${extra ? `: ${extra}` : ""}${enumOf(error)}`);
    }
  }
  return { file, value, report };
}
function enumOf({ params }) {
  return params.allowedValues ? `: ${params.allowedValues.join(", ")}` : "";
}

/** Where a value begins; of a block, the key above it. */
function offsetOf(doc, path) {
  const parent = path.length > 0 && doc.getIn(path.slice(0, -1), true);
  const pair = isMap(parent) && parent.items.find(({ key }) => String(key) === path.at(-1));
  const node = doc.getIn(path, true) ?? doc.contents;
  return (isCollection(node) && pair ? pair.key : node)?.range?.[0] ?? 0;
}

/** What one manifest alone cannot tell. */
function checkTogether() {
  for (const { file, value, report } of manifests) {
    if (file !== `${value.name}.yaml`) report(["name"], `the file is called ${file}`);
    if (!checks.includes(value.check)) report(["check"], `there is no src/lint/checks/${value.check}.ts`);
    for (const [i, preset] of value.presets.entries()) {
      const list = presets.find(({ name }) => name === preset)?.value;
      if (!list?.includes(value.name))
        report(["presets", i], `rules/presets/${preset}.yaml does not list ${value.name}`);
    }
    for (const [i, example] of value.examples.entries()) {
      for (const [j, { message }] of example.expect.entries()) {
        if (!(message in value.messages))
          report(["examples", i, "expect", j, "message"], `there is no message ${message}`);
      }
    }
  }
  for (const { name, value, report } of presets) {
    for (const [i, rule] of value.entries()) {
      const manifest = manifests.find((each) => each.value.name === rule);
      if (!manifest?.value.presets.includes(name)) report([i], `no manifest ${rule} is for the preset ${name}`);
    }
  }
  const used = new Set(manifests.map(({ value }) => value.check));
  for (const check of checks) if (!used.has(check)) problems.push(`src/lint/checks/${check}.ts: no lint rule runs it`);
}

function catalogue() {
  const local = (check) => check.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
  return `// Generated by rules/build.mjs: do not edit. biome-ignore-all format lint assist: generated
${checks.map((check) => `import { check as ${local(check)} } from "../checks/${check}.ts";`).join("\n")}
import type { Check, LintRule } from "../define.ts";

export const checks: Readonly<Record<string, Check>> = {
${checks.map((check) => `  "${check}": ${local(check)},`).join("\n")}
};
export const presets: Readonly<Record<string, readonly string[]>> = ${JSON.stringify(Object.fromEntries(presets.map(({ name, value }) => [name, value])), null, 2)};
export const lintRules: readonly LintRule[] = ${JSON.stringify(rules, null, 2)};
`;
}
