/** YAML that people write, held against a JSON Schema: every mistake in plain words, at its place. */
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from "yaml";
import type { Place } from "./finding.ts";
import { encode, type Source } from "./source.ts";

export type YamlPath = readonly (string | number)[];

export interface YamlProblem {
  readonly place: Place;
  readonly message: string;
}

/** Everything that is wrong with one file, in the file's order. */
export class YamlProblems extends Error {
  readonly problems: readonly YamlProblem[];

  constructor(problems: readonly YamlProblem[]) {
    const sorted = once(problems).sort((a, b) => a.place.start - b.place.start);
    super(sorted.map(inWords).join("\n"));
    this.name = "YamlProblems";
    this.problems = sorted;
  }
}

/** What several aliases lead to is told once. */
const once = (problems: readonly YamlProblem[]): YamlProblem[] => [
  ...new Map(problems.map((problem) => [`${problem.place.start} ${problem.message}`, problem])).values(),
];

function inWords({ place, message }: YamlProblem): string {
  const { line, column } = place.source.position(place.start);
  return `${place.source.name}:${line}:${column}: ${message}`;
}

export interface CheckedYaml<T> {
  readonly value: T;
  /** Where a value stands; of one that is not there, where what should hold it stands. */
  placeOf(path: YamlPath): Place;
}

/** Keeps what it has compiled, by schema object: many files cost one compilation. */
const ajv = new Ajv2020({ allErrors: true, verbose: true, allowUnionTypes: true });
/** An anchor may be used often, but aliases of aliases must not multiply without end. */
const MOST_ALIASES = 10_000;

/** Throws YamlProblems. What does not parse is not held against the schema: it would be blamed for what is only lost. */
export function readYaml<T>(source: Source, schema: object): CheckedYaml<T> {
  const file = new YamlFile(source);
  const value = file.value();
  const isValid = ajv.compile<T>(schema);
  if (isValid(value)) return { value, placeOf: (path) => file.placeOf(path) };
  throw new YamlProblems((isValid.errors ?? []).map((error) => explain(error, file)));
}

class YamlFile {
  readonly #source: Source;
  readonly #text: string;
  readonly #document: Document.Parsed;

  constructor(source: Source) {
    this.#source = source;
    this.#text = source.text(0, source.bytes.length);
    this.#document = this.#whole(() =>
      parseDocument(this.#text, { prettyErrors: false, stringKeys: true, logLevel: "error" }),
    );
    const { errors, warnings } = this.#document;
    const problems = [...errors, ...warnings].map(({ pos, message }) => ({ place: this.#place(...pos), message }));
    if (problems.length > 0) throw new YamlProblems(problems);
  }

  value(): unknown {
    return this.#whole(() => this.#document.toJS({ maxAliasCount: MOST_ALIASES }));
  }

  placeOf(path: YamlPath): Place {
    let node: unknown = this.#document.contents;
    let range = (node as Node | null)?.range;
    for (const part of path) {
      node = this.#step(node, part).value;
      range = (node as Node | null | undefined)?.range ?? range;
    }
    return this.#place(range?.[0] ?? 0, range?.[1] ?? 0);
  }

  placeOfKey(path: YamlPath, key: string): Place {
    const holder = path.reduce<unknown>((node, part) => this.#step(node, part).value, this.#document.contents);
    const range = this.#step(holder, key).key?.range;
    return range ? this.#place(range[0], range[1]) : this.placeOf(path);
  }

  #step(from: unknown, part: string | number): { key?: Node; value: unknown } {
    const node = isAlias(from) ? from.resolve(this.#document) : from;
    if (isSeq(node)) return { value: node.items[Number(part)] };
    const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === String(part)) : undefined;
    return pair ? { key: pair.key as Node, value: pair.value ?? pair.key } : { value: undefined };
  }

  /** The parser counts UTF-16 units, a Place counts bytes; a byte order mark is in the bytes only. */
  #place(start: number, end: number): Place {
    const [{ bytes }, text] = [this.#source, this.#text];
    if (bytes.length === text.length) return { source: this.#source, start, end };
    const mark = bytes.length - encode(text).length;
    const toBytes = (offset: number) => mark + encode(text.slice(0, offset)).length;
    return { source: this.#source, start: toBytes(start), end: toBytes(end) };
  }

  /** The parser throws where a file is made to exhaust it: nested too deeply, aliases without end. */
  #whole<R>(read: () => R): R {
    try {
      return read();
    } catch (error) {
      const message = error instanceof RangeError ? "nested too deeply" : String((error as Error).message);
      if (!(error instanceof RangeError || error instanceof ReferenceError)) throw error;
      throw new YamlProblems([{ place: { source: this.#source, start: 0, end: 0 }, message }]);
    }
  }
}

function explain(error: ErrorObject, file: YamlFile): YamlProblem {
  const path = error.instancePath
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (error.keyword === "additionalProperties") {
    const key = String(error.params["additionalProperty"]);
    const known = Object.keys(error.parentSchema?.["properties"] ?? {});
    return { place: file.placeOfKey(path, key), message: `unknown key ${show(key)}; ${suggestion(key, known)}` };
  }
  return { place: file.placeOf(path), message: wordsFor(error) };
}

const KINDS: Readonly<Record<string, string>> = {
  object: "a map",
  array: "a list",
  string: "a string",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  null: "null",
};

function wordsFor({ keyword, params, parentSchema, data, message }: ErrorObject): string {
  const example = parentSchema?.["examples"]?.[0];
  switch (keyword) {
    case "required":
      return `${show(params["missingProperty"])} is missing`;
    case "type":
      return `expected ${[params["type"]]
        .flat()
        .map((kind) => KINDS[kind] ?? kind)
        .join(" or ")}, found ${kindOf(data)}`;
    case "const":
      return `expected ${show(params["allowedValue"])}, found ${show(data)}`;
    case "enum":
      return `${show(data)} is not allowed here; ${suggestion(String(data), params["allowedValues"])}`;
    case "pattern":
      return `expected ${example === undefined ? params["pattern"] : `something like ${example}`}, found ${show(data)}`;
    case "minLength":
      return "must not be empty";
    case "minItems":
    case "minProperties":
      return `needs at least ${params["limit"]} ${keyword === "minItems" ? "item" : "key"}`;
    default:
      return message ?? keyword;
  }
}

const show = (value: unknown): string => JSON.stringify(value) ?? String(value);
function kindOf(value: unknown): string {
  if (value === null) return "nothing";
  const kind = Array.isArray(value) ? "array" : typeof value;
  return kind === "object" || kind === "array" ? String(KINDS[kind]) : show(value);
}

function suggestion(name: string, known: readonly string[]): string {
  const [best] = known.map((each) => ({ each, far: distance(name, each) })).sort((a, b) => a.far - b.far);
  if (best && best.far <= Math.max(1, Math.floor(name.length / 3))) return `did you mean ${show(best.each)}?`;
  return `expected one of ${known.join(", ")}`;
}

/** Levenshtein's, whatever the case of the letters. */
function distance(a: string, b: string): number {
  let row = [...Array(b.length + 1).keys()];
  for (const [i, letter] of [...a.toLowerCase()].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b.toLowerCase()].entries()) {
      next.push(Math.min((row[j] ?? 0) + Number(letter !== other), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
