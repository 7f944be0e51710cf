/** Whole dumps in canonical form: line by line where a save tool could have written them, else what they leave behind. */
import { encode } from "../source.ts";
import type { ChainLine, Line } from "../syntax/index.ts";
import { CanonicalRules } from "./canonical.ts";
import type { LoadedDump } from "./load.ts";
import { ruleText } from "./print.ts";
import type { Rule, Ruleset } from "./ruleset.ts";

/** A dump's bytes in canonical form: comments and lines that could not be read stay as they are. */
export const printDump = (loaded: LoadedDump): string => [...dumpPieces(loaded)].join("");

/** The same, in pieces that follow each other: a large dump is not held twice. */
export function* dumpPieces({ dump, rules, isSaved, ruleset }: LoadedDump): Generator<string, void> {
  if (!isSaved) {
    yield printRuleset(ruleset);
    return;
  }
  const { bytes } = dump.source;
  const canonical = new CanonicalRules(bytes);
  // what is printed as it stands is one piece: [from, to)
  let [from, to] = [0, 0];
  let next = 0;
  for (const line of dump.lines()) {
    const first = next;
    if (line.kind === "rule") while (rules[next]?.place.start === line.start) next++;
    const text = lineText(line, rules, first, next, canonical);
    const asItStands = text === null || text === bytes.slice(line.start, line.end);
    if (asItStands && to === line.start - 1 && bytes[to] === "\n") to = line.end;
    else {
      yield bytes.slice(from, to);
      if (to > 0) yield "\n";
      [from, to] = [line.start, line.end];
      if (!asItStands) {
        yield text;
        from = to;
      }
    }
  }
  yield bytes.slice(from, to);
  if (bytes.endsWith("\n")) yield "\n";
}

/** null: as it stands. */
function lineText(
  line: Line,
  rules: readonly Rule[],
  first: number,
  next: number,
  canonical: CanonicalRules,
): string | null {
  if (line.kind === "chain") return encode(chainText(line));
  if (line.kind === "table") return encode(`*${line.name.text}`);
  const [rule] = next > first ? rules.slice(first, next) : [];
  if (line.kind !== "rule" || !rule) return null;
  if (next > first + 1)
    return rules
      .slice(first, next)
      .map((each) => encode(ruleText(each)))
      .join("\n");
  if (canonical.has(rule, line)) return null;
  const text = encode(ruleText(rule));
  if (text === encode(line.text)) canonical.learn(rule, line);
  return text;
}
const chainText = ({ name, policy, counters }: ChainLine): string =>
  [`:${name.text}`, policy?.text, counters?.text].filter((part) => part !== undefined).join(" ");

/** All tables as their tools would save them, without counters' history: what commands have made was never counted. */
export function printRuleset({ tables }: Ruleset): string {
  const out: string[] = [];
  for (const { family, name, chains } of tables) {
    out.push(`*${name}`);
    const counted = family === "ipv4" || family === "ipv6" ? " [0:0]" : "";
    const all = [...chains.values()];
    const ordered = [...all.filter(({ builtin }) => builtin), ...all.filter(({ builtin }) => !builtin)];
    for (const chain of ordered) out.push(encode(`:${chain.name} ${chain.policy ?? "-"}${counted}`));
    for (const chain of ordered) for (const rule of chain.rules) out.push(encode(ruleText(rule)));
    if (counted !== "") out.push("COMMIT");
  }
  return out.map((line) => `${line}\n`).join("");
}
