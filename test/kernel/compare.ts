/** Drawn rules, as the real tool saves them and as they are printed here. */
import type { RealAnswer, Tool } from "../support/real-tools.ts";
import { chance, type Drawn, drawRule, type Pick } from "./draw.ts";
import { header, type Ours, readRule, ruleLine, tableOf } from "./ours.ts";
import { askRestore } from "./restore.ts";

export interface Compared {
  readonly tool: Tool;
  readonly rule: Drawn;
  readonly ours: Ours;
  readonly theirs: RealAnswer;
}
export type Verdict = "equal" | "refused by both" | "text differs" | "refused by the tool only" | "refused here only";

export function verdictOf({ ours, theirs }: Compared): Verdict {
  const isRefusedHere = ours.problems.length > 0;
  if ("refused" in theirs) return isRefusedHere ? "refused by both" : "refused by the tool only";
  if (isRefusedHere) return "refused here only";
  return ours.lines.join("\n") === theirs.saved.join("\n") ? "equal" : "text differs";
}

const FAMILY = { iptables: "ipv4", ip6tables: "ipv6", ebtables: "bridge", arptables: "arp" } as const;
/** Most of them such as are taken here: rules that both refuse tell little. */
export function drawRules(pick: Pick, tool: Tool, count: number): Drawn[] {
  const family = FAMILY[tool.split("-")[0] as keyof typeof FAMILY];
  return Array.from({ length: count }, () => {
    for (;;) {
      const rule = drawRule(pick, family);
      if (readRule(tool, rule).problems.length === 0 || chance(pick, 25)) return rule;
    }
  });
}

/** Rules that a batch holds at first: the fewer are refused by surprise, the more pay. */
const BATCH = 48;

/** Those that are taken here go in batches, halved until the odd ones are alone; the others one by one. */
export function compareAll(tool: Tool, rules: readonly Drawn[]): Compared[] {
  const all = rules.map((rule) => ({ tool, rule, ours: readRule(tool, rule) }));
  const done: Compared[] = [];
  const alone = all.filter(({ ours }) => ours.problems.length > 0);
  let batches = [...new Set(rules.map(({ table }) => table))].flatMap((table) =>
    sliced(
      all.filter(({ rule, ours }) => rule.table === table && ours.problems.length === 0),
      BATCH,
    ),
  );
  while (batches.length > 0) {
    const answers = ask(tool, batches);
    const again: (typeof all)[] = [];
    batches.forEach((batch, at) => {
      const theirs = answers[at] as RealAnswer;
      const [first] = batch;
      if (batch.length === 1 && first) done.push({ ...first, theirs });
      else if ("saved" in theirs && sameLines(batch, theirs.saved))
        for (const each of batch) done.push({ ...each, theirs: { saved: each.ours.lines } });
      else again.push(...sliced(batch, Math.ceil(batch.length / 4)));
    });
    batches = again;
  }
  ask(
    tool,
    alone.map((each) => [each]),
  ).forEach((theirs, at) => {
    const each = alone[at];
    if (each) done.push({ ...each, theirs });
  });
  return done;
}

const ask = (tool: Tool, batches: readonly (readonly Omit<Compared, "theirs">[])[]): RealAnswer[] =>
  askRestore(
    tool,
    batches.map((batch) => {
      const table = batch[0]?.rule.table ?? "";
      return {
        table,
        dump:
          header(tool) +
          tableOf(
            tool,
            table,
            batch.map(({ rule }) => ruleLine(rule)),
          ),
      };
    }),
  );

/** In each chain the same lines in the same order; the save tool prints chain after chain. */
function sameLines(batch: readonly Omit<Compared, "theirs">[], saved: readonly string[]): boolean {
  const ours = batch.flatMap(({ ours }) => ours.lines);
  const byChain = (lines: readonly string[]) =>
    [...lines].sort((a, b) => chainOf(a).localeCompare(chainOf(b))).join("\n");
  return byChain(ours) === byChain(saved);
}
const chainOf = (line: string): string => line.split(" ")[1] ?? "";

function sliced<T>(list: readonly T[], size: number): T[][] {
  const out: T[][] = [];
  for (let at = 0; at < list.length; at += size) out.push(list.slice(at, at + size));
  return out;
}
