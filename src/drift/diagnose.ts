/** From packets that do not fit to causes: one entry each, with the edits of the live rule-set that explain it. */
import type { Host } from "../facts/index.ts";
import type { Ruleset } from "../model/index.ts";
import type { Path } from "../path/index.ts";
import { type Case, type Failure, type Moment, stretchOf } from "./case.ts";
import { type Divergence, eventId, tableOf } from "./compare.ts";
import { fitting, fittingAfter } from "./fit.ts";
import { walkEntered } from "./predict.ts";
import { type Candidate, candidates, type Suspect } from "./suspects.ts";

export interface Drift {
  readonly kind: "diverged" | "unknown-chain" | "unknown-rule" | "verdict" | "table" | "lost-or-drift";
  readonly count: number;
  readonly line: number;
  readonly packet: number;
  readonly table: string;
  readonly chain: string;
  readonly expected: string | null;
  readonly seen: string | null;
  readonly field: Divergence["field"];
  /** What the host sends back because of a rule: the log lacks it, or has it though the rule drops. */
  readonly answer?: { readonly by: string; readonly is: "lacking" | "unexpected" };
  readonly confidence: "proven" | "assumes";
  readonly suspects: readonly Suspect[];
  /** How many of them, from the first on, explain as much at the same cost. */
  readonly ties: number;
  /** The first packet that shows it, where those before it that would agree with the dump: the live rule-set was changed then. */
  readonly since: Moment | null;
  /** The last that shows it, where those after it that would agree with the dump: it was taken after a change of then. */
  readonly until: Moment | null;
}
const MOST_ROUNDS = 16;
/** Paths walked for the candidates of one cause. */
const MOST_WALKED = 20_000;
/** Packets that a candidate is held against: causes show in the first few hundred. */
const MOST_HELD = 256;
/** Besides the best ones, ties included. */
const MOST_SUSPECTS = 10;

/** `passed`: packets that the dump explains; no suspect may spoil them. */
export function diagnose(ruleset: Ruleset, host: Host, failures: readonly Failure[], passed: readonly Case[]): Drift[] {
  const drifts: Drift[] = [];
  let left = [...failures];
  for (let round = 0; left.length > 0 && round < MOST_ROUNDS; round++) {
    const explained = explain(ruleset, host, left, passed);
    if (!explained) break;
    drifts.push(toDrift(explained, ruleset));
    left = left.filter((failure) => !explained.fixed.includes(failure));
  }
  return [...drifts, ...unexplained(left, ruleset, passed)];
}

/** The edits that explain the first failure and as many of the others as any does. */
function explain(
  ruleset: Ruleset,
  host: Host,
  failures: readonly Failure[],
  passed: readonly Case[],
): Explained | null {
  const [first, ...others] = failures;
  if (!first) return null;
  const wayOf = ({ ruleset: edited, suspect }: Candidate, of: Case) =>
    suspect.table === "nat" ? fittingAfter(edited, host, of) : fitting(edited, host, of);
  const fits = (candidate: Candidate, of: Case) => wayOf(candidate, of) !== null;
  const family = first.of.entered.packet.family;
  // a packet that may go many ways costs as much for each candidate
  const ways = walkEntered({ ruleset, host }, first.of.entered).paths.length;
  const log = failures.map(({ of }) => of.events);
  const held = others.slice(0, MOST_HELD);
  const possible = candidates(ruleset, first, family, log)
    .slice(0, Math.ceil(MOST_WALKED / ways))
    .flatMap((candidate) => {
      const path = wayOf(candidate, first.of);
      if (!path) return [];
      const cost = candidate.cost + supposed(path);
      return [{ candidate: { ...candidate, cost }, fixed: [first, ...held.filter(({ of }) => fits(candidate, of))] }];
    })
    .sort(
      ({ candidate: a, fixed }, { candidate: b, fixed: others }) =>
        others.length - fixed.length || a.cost - b.cost || nearer(a.suspect, b.suspect),
    );
  let most = 0;
  const leading = possible.flatMap(({ candidate, fixed }) => {
    if (fixed.length < most) return [];
    const touched = passed.filter((of) => mayTouch(candidate.suspect, of)).slice(0, MOST_HELD);
    const spoiled = touched.filter((of) => !fits(candidate, of));
    const change = changeBetween(
      fixed.map(({ of }) => of),
      spoiled,
    );
    if (!change) return [];
    most = fixed.length;
    return [{ candidate, fixed, change }];
  });
  const [lead] = leading;
  if (!lead) return null;
  const suspects = unique(leading.map(({ candidate }) => candidate));
  const ties = suspects.filter(({ cost }) => cost === suspects[0]?.cost);
  const rest = suspects.slice(ties.length, Math.max(ties.length, MOST_SUSPECTS));
  const fixed = [...lead.fixed, ...others.slice(MOST_HELD).filter(({ of }) => fits(lead.candidate, of))];
  const until = lead.change.until && (stretchOf(fixed.map(({ of }) => of))?.last ?? null);
  return {
    fixed,
    suspects: [...ties, ...rest].map(({ suspect }) => suspect),
    ties: ties.length,
    change: { ...lead.change, until },
  };
}

/**
 * What has to be supposed beside the edit: unknown matches that take this very packet, and what unknown targets do. That
 * a match does not take a packet is what most matches do.
 */
const supposed = ({ assumptions }: Path): number =>
  assumptions.filter(({ taken }) => taken !== "no" && taken !== "not dropped").length;

/** Nearest to where the lines part: behind it nothing may be changed that they show, and before it they show nothing. */
const nearer = (a: Suspect, b: Suspect): number => placeOf(b) - placeOf(a);
const placeOf = ({ dumpNumber, liveNumber }: Suspect): number => liveNumber ?? dumpNumber ?? 0;

/** Whoever passes a chain of IP prints a line of it, if only its end (semantics 1.2); rules of a bridge print nothing. */
function mayTouch({ table, chain }: Suspect, { events }: Case): boolean {
  if (chain === null || table.startsWith("eb:")) return true;
  return events.some((event) => event.nft || (event.layer === "ip" && event.table === table && event.chain === chain));
}

/** When the live rule-set became what a suspect says, or ceased to be it: neither, if it was that all the time. */
type Change = Pick<Drift, "since" | "until">;
const NO_CHANGE: Change = { since: null, until: null };
/**
 * An edit must not spoil what the dump explains, unless the two lie apart in time: then the rule-set changed between
 * them, and perhaps back again. One packet alone is not enough to say so. null: they do not.
 */
function changeBetween(fixed: readonly Case[], spoiled: readonly Case[]): Change | null {
  const shown = stretchOf(fixed);
  if (!shown || spoiled.length === 0) return NO_CHANGE;
  if (fixed.reduce((sum, { count }) => sum + count, 0) < 2) return null;
  const [first, last] = [shown.first.packet, shown.last.packet];
  if (spoiled.some(({ where }) => where.isWithin(first, last))) return null;
  return {
    since: spoiled.some(({ where }) => where.first < first) ? shown.first : null,
    until: spoiled.some(({ where }) => where.last > last) ? shown.last : null,
  };
}

function unique(list: readonly Candidate[]): Candidate[] {
  const seen = new Map<string, Candidate>();
  for (const each of list) {
    const key = JSON.stringify(each.suspect);
    if (!seen.has(key)) seen.set(key, each);
  }
  return [...seen.values()];
}

/** Of all packets, where no single edit explains those that differ: a line that is lost makes two packets one. */
const MISREAD = 0.02;

/** No single edit explains these: an entry for each kind of divergence. */
function unexplained(failures: readonly Failure[], ruleset: Ruleset, passed: readonly Case[]): Drift[] {
  const groups = new Map<string, Failure[]>();
  for (const failure of failures) {
    const { predicted, seen, field } = failure.divergence;
    const key = JSON.stringify([predicted?.id, seen && eventId(seen), field?.name]);
    groups.set(key, [...(groups.get(key) ?? []), failure]);
  }
  const explained = passed.reduce((sum, { count }) => sum + count, 0);
  return [...groups.values()].map((fixed) => {
    const drift = toDrift({ fixed, suspects: [], ties: 0, change: NO_CHANGE }, ruleset);
    return drift.count <= MISREAD * explained ? { ...drift, kind: "lost-or-drift" } : drift;
  });
}

interface Explained {
  readonly fixed: readonly Failure[];
  readonly suspects: readonly Suspect[];
  readonly ties: number;
  readonly change: Change;
}

function toDrift({ fixed: failures, suspects, ties, change }: Explained, ruleset: Ruleset): Drift {
  const [first] = failures as [Failure];
  const { predicted, seen, field, before } = first.divergence;
  const place = seen
    ? tableOf(seen)
    : { table: predicted?.table ?? before?.table ?? "", chain: predicted?.chain ?? before?.chain ?? "" };
  const lastLine = first.of.events.at(-1)?.line ?? 0;
  const [lead] = suspects;
  return {
    kind: failures.every(({ loss }) => loss !== null) ? "lost-or-drift" : kindOf(first.divergence, ruleset, lead),
    count: failures.reduce((sum, { of }) => sum + of.count, 0),
    line: seen?.line ?? lastLine,
    packet: first.of.packet,
    table: lead?.table ?? place.table,
    chain: lead?.chain ?? (lead ? "" : place.chain),
    expected: predicted?.id ?? null,
    seen: seen ? eventId(seen) : null,
    field,
    confidence: failures.some(({ assumed }) => assumed) ? "assumes" : "proven",
    suspects,
    ties,
    ...change,
  };
}

function kindOf({ predicted, seen }: Divergence, ruleset: Ruleset, suspect: Suspect | undefined): Drift["kind"] {
  if (suspect?.edit === "table-loaded" || suspect?.edit === "table-not-loaded") return "table";
  if (seen?.layer === "ip") {
    // monitors show iptables-nft's tables, the kernel's log the legacy ones (semantics 2)
    const of = seen.nft ? "nft" : "legacy";
    const table = ruleset.tables.find(
      ({ name, family, backend }) => name === seen.table && family === seen.family && backend === of,
    );
    if (!table) return "table";
    const chain = table.chains.get(seen.chain);
    if (!chain) return "unknown-chain";
    if (seen.number > chain.rules.length + 1) return "unknown-rule";
  }
  return predicted && seen ? "diverged" : "verdict";
}
