/** Whole dumps in canonical form: line by line where a save tool could have written them, else what they leave behind. */
import { encode } from "../source.ts";
import type { ChainLine, Dump, TableLine } from "../syntax/index.ts";
import type { LoadedDump } from "./load.ts";
import { ruleText } from "./print.ts";
import type { Ruleset } from "./ruleset.ts";

/** A dump's bytes in canonical form: comments and lines that could not be read stay as they are. */
export function printDump({ dump, rules, isSaved, ruleset }: LoadedDump): string {
  if (!isSaved) return printRuleset(ruleset);
  const out: string[] = [];
  let next = 0;
  for (const line of dump.lines()) {
    const from = next;
    while (line.kind === "rule" && rules[next]?.place.start === line.start) next++;
    if (next > from) for (const rule of rules.slice(from, next)) out.push(encode(ruleText(rule)));
    else if (line.kind === "chain") out.push(encode(chainText(line)));
    else if (line.kind === "table") out.push(encode(`*${(line as TableLine).name.text}`));
    else out.push(encode(line.text));
  }
  return out.length === 0 ? "" : `${out.join("\n")}${endsWithNewline(dump) ? "\n" : ""}`;
}
const endsWithNewline = (dump: Dump): boolean => dump.source.bytes.endsWith("\n");
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
