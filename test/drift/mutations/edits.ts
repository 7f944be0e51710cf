/** Every single edit of a dump, in the chains that a log visits, and what it says happened to the live rule-set. */
import { isDeepStrictEqual } from "node:util";
import { tableOf } from "../../../src/drift/compare.ts";
import type { DriftSummary } from "../../../src/drift/index.ts";
import { type Suspect, tableName } from "../../../src/drift/suspects.ts";
import type { Family } from "../../../src/facts/index.ts";
import {
  bind,
  type Chain,
  isTaken,
  type Rule,
  type Ruleset,
  ruleOfText,
  type Table,
  withRules,
} from "../../../src/model/index.ts";
import { targetText } from "../../../src/model/print.ts";
import type { TracedPacket, TraceEvent } from "../../../src/trace/index.ts";
import { sequence } from "../../syntax/events.ts";

export const KINDS = ["insert", "delete", "swap", "target", "match"] as const;
export interface Edit {
  readonly kind: (typeof KINDS)[number];
  /** The dump after it. */
  readonly ruleset: Ruleset;
  /** What has happened since such a dump was taken: the live rule-set is the unedited one. More than one: they are the same. */
  readonly live: readonly Suspect[];
}

/**
 * The dump after what a suspect says, with rules as the live rule-set has them. Where it prints the log of the live one,
 * line for line, the log alone tells nobody which of the two edits was made; null: it says nothing that can be done.
 */
function carriedOut(dump: Ruleset, live: Ruleset, suspect: Suspect, family: Family): Ruleset | null {
  const { edit, dumpNumber, liveNumber } = suspect;
  const [table, theirs] = [dump, live].map(({ tables }) =>
    tables.find((each) => tableName(each) === suspect.table && (each.family === family || each.family === "bridge")),
  );
  const chain = table?.chains.get(suspect.chain ?? "");
  const theirRules = theirs?.chains.get(suspect.chain ?? "")?.rules;
  if (!table || !chain || !theirRules) return null;
  const at = (dumpNumber ?? 0) - 1;
  const to = (liveNumber ?? 0) - 1;
  const [own, other] = [chain.rules[at], theirRules[to]];
  const edited = (next: readonly Rule[]) => withRules(dump, table, chain, next);
  if (edit === "deleted") return edited(chain.rules.toSpliced(at, 1));
  if (edit === "moved" && own) return edited(chain.rules.toSpliced(at, 1).toSpliced(to, 0, own));
  if (edit === "inserted" && other) return edited(chain.rules.toSpliced(to, 0, other));
  if (edit === "changed" && other) return edited(chain.rules.with(at, other));
  return null;
}

/** The same for the first suspect of all, where it is not the edit itself. */
export function carriedOutBy(
  edit: Edit,
  live: Ruleset,
  { drifts }: Pick<DriftSummary, "drifts">,
  packets: readonly TracedPacket[],
): Ruleset | null {
  const [drift] = drifts;
  const suspect = drift?.suspects[0];
  // the same table and chain may be there twice: the packet that shows it tells of which family
  const family = packets.find(({ number }) => number === drift?.packet)?.family;
  return suspect && family && !isIt(edit, suspect) ? carriedOut(edit.ruleset, live, suspect, family) : null;
}
export const isIt = ({ live }: Edit, suspect: Suspect): boolean =>
  live.some((each) => isDeepStrictEqual(each, suspect));

export function editsOf(ruleset: Ruleset, log: readonly TraceEvent[]): Edit[] {
  const visited = new Set(
    log.map((event) => {
      const { table, chain } = tableOf(event);
      return `${event.layer === "ip" ? event.family : "bridge"} ${table} ${chain}`;
    }),
  );
  return ruleset.tables.flatMap((table) =>
    [...table.chains.values()]
      .filter(({ name }) => visited.has(`${table.family} ${tableName(table)} ${name}`))
      .flatMap((chain) => [...editsOfChain(ruleset, table, chain)]),
  );
}

function* editsOfChain(ruleset: Ruleset, table: Table, chain: Chain): Generator<Edit> {
  const { rules } = chain;
  const place = { table: tableName(table), chain: chain.name };
  const edited = (next: readonly Rule[]) => withRules(ruleset, table, chain, next);
  for (let at = 0; at <= rules.length; at++)
    for (const rule of addable(table, chain))
      yield {
        kind: "insert",
        ruleset: edited(rules.toSpliced(at, 0, rule)),
        live: [{ edit: "deleted", ...place, dumpNumber: at + 1, liveNumber: null }],
      };
  for (const [at, rule] of rules.entries()) {
    if (isInstrument(rule)) continue;
    yield {
      kind: "delete",
      ruleset: edited(rules.toSpliced(at, 1)),
      live: [{ edit: "inserted", ...place, dumpNumber: null, liveNumber: at + 1 }],
    };
    const changed: Edit["live"] = [{ edit: "changed", ...place, dumpNumber: at + 1, liveNumber: at + 1 }];
    for (const [kind, other] of [...changesOf(rule, table)].filter(([, each]) => isTaken(each)))
      yield { kind, ruleset: edited(rules.with(at, other)), live: changed };
    const next = rules[at + 1];
    if (!next || isInstrument(next) || next.text === rule.text) continue;
    const [one, two] = [at + 1, at + 2];
    yield {
      kind: "swap",
      ruleset: edited(rules.with(at, next).with(at + 1, rule)),
      live: [
        { edit: "moved", ...place, dumpNumber: one, liveNumber: two },
        { edit: "moved", ...place, dumpNumber: two, liveNumber: one },
      ],
    };
  }
}

/** That a rule which is there to trace is missing is no drift. */
const isInstrument = (rule: Rule): boolean => bind(rule).target?.name === "TRACE" || rule.text.includes("--log-prefix");

/** An address that no packet of any recording has. */
const NOBODY = {
  ipv4: "-s 203.0.113.77/32",
  ipv6: "-s 2001:db8:ffff::77/128",
  bridge: "-s 02:77:77:77:77:77",
  arp: "",
};
const addable = ({ family }: Table, { name }: Chain): Rule[] => [
  ruleOfText(family, name, `${NOBODY[family]} -j ACCEPT`),
  ruleOfText(family, name, "-j ACCEPT"),
];

/** Of these the tool refuses some: ports for packets of any protocol. */
function* changesOf(rule: Rule, { family, name: table }: Table): Generator<["target" | "match", Rule]> {
  const { matches, target } = bind(rule);
  const words = rule.words().map(({ text }) => text);
  const at = words.findIndex((word) => word === "-j" || word === "-g");
  const own = (at < 0 ? words : words.slice(0, at)).join(" ");
  const name = target?.name ?? "";
  const others = table === "nat" ? ["ACCEPT", "RETURN"] : ["ACCEPT", "DROP"];
  const other = others.find((each) => each !== name) ?? "";
  yield ["target", ruleOfText(family, rule.chain, `${own} -j ${other}`)];
  if (name !== "") {
    yield ["match", ruleOfText(family, rule.chain, `${NOBODY[family]} ${targetText(rule)}`)];
    if (matches.length > 0) yield ["match", ruleOfText(family, rule.chain, targetText(rule))];
  }
}

/** As many of each kind, as far as there are. */
export function sample(possible: readonly Edit[], count: number, seed: number): Edit[] {
  const pick = sequence(seed);
  const left = KINDS.map((kind) => possible.filter((edit) => edit.kind === kind));
  const out: Edit[] = [];
  while (out.length < count && left.some((edits) => edits.length > 0))
    for (const edits of left) if (edits.length > 0) out.push(...edits.splice(pick(edits.length), 1));
  return out.slice(0, count);
}
