/** Drift is a fold: packets go in one by one, the summary says whether the live rule-set still is what the dump says. */
import { type Field, type Host, packetJson } from "../facts/index.ts";
import type { Rule, Ruleset } from "../model/index.ts";
import type { Path } from "../path/index.ts";
import type { TracedPacket, TraceEvent } from "../trace/index.ts";
import type { Case, Failure } from "./case.ts";
import { Connections, type Left, leftBy } from "./connections.ts";
import { best, type Drift, diagnose } from "./diagnose.ts";
import { type Instrumentation, instrument, withoutForeignWatchers } from "./instrumentation.ts";
import { Learned } from "./learned.ts";
import { lossesOnly, lossOf } from "./loss.ts";

export interface DriftSummary {
  readonly packets: number;
  /** Follow from fields, host facts and the order of the conversation alone. */
  readonly explained: number;
  /** Needed a matched rule's number to settle an unknown. */
  readonly assumed: number;
  /** Some of their lines are lost. */
  readonly lost: number;
  readonly drifts: readonly Drift[];
  readonly instrumentation: readonly Instrumentation[];
  readonly coverage: { readonly confirmed: number; readonly neverExercised: readonly string[] };
}

/** Facts that the lines themselves print: taking one of their values is reading, not assuming. */
const PRINTED: ReadonlySet<string> = new Set<Field | "fdb" | "fragments" | "multicast">([
  "fdb",
  "fragments",
  // INPUT has lines, or has not
  "multicast",
  "inInterface",
  "outInterface",
  "physdevIn",
  "physdevOut",
  "macSource",
  "macDestination",
  "source",
  "destination",
  "sourcePort",
  "destinationPort",
  "protocol",
  "ttl",
  "tos",
  "length",
]);

export class DriftFold {
  readonly #ruleset: Ruleset;
  readonly #learned: Learned;
  readonly #connections: Connections;
  readonly #cases = new Map<string, Case>();
  /** What cases of this key leave at their connections. */
  readonly #left = new Map<string, Left>();
  /** The rule-set with the TRACE rules that the dump lacks, as far as packets have shown them. */
  #traced: Ruleset;
  #packets = 0;

  constructor(ruleset: Ruleset, host: Host) {
    this.#ruleset = ruleset;
    this.#learned = new Learned(host);
    this.#traced = ruleset;
    this.#connections = new Connections({ ruleset, host });
  }

  add(packet: TracedPacket): void {
    // frames of other protocols than IP are not walked
    if (packet.family === "bridge") return;
    this.#packets++;
    this.#learned.add(packet.events);
    const entered = this.#connections.enter(packet);
    const key = JSON.stringify([
      packet.family,
      entered.anyOrigin,
      entered.attached,
      packetJson(entered.packet),
      packet.events.map(lineKey),
      packet.gapBefore,
      packet.gapAfter,
    ]);
    const like = this.#cases.get(key);
    if (like) like.count++;
    else {
      const { events, gapBefore, gapAfter, number } = packet;
      this.#cases.set(key, { entered, events, gapBefore, gapAfter, packet: number, count: 1 });
      const path = this.#explain({ entered, events });
      if (path) this.#left.set(key, leftBy(path, entered));
    }
    const left = this.#left.get(key);
    if (left) this.#connections.keep(entered, left);
  }

  /** The way that prints these lines. */
  #explain({ entered, events }: Pick<Case, "entered" | "events">): Path | null {
    const own = withoutForeignWatchers(this.#ruleset, events, new Map());
    const { host } = this.#learned;
    const fit = best(this.#traced, host, { entered, events: own });
    if (!fit.divergence) return fit.path;
    const { ruleset, found } = instrument(this.#traced, [{ events: own, count: 1 }], entered.packet.family);
    if (found.length === 0) return null;
    const { path, divergence } = best(ruleset, host, { entered, events: own });
    if (divergence) return null;
    this.#traced = ruleset;
    return path;
  }

  summary(): DriftSummary {
    const watchers = new Map<string, Instrumentation>();
    const cases = [...this.#cases.values()].map((each) => ({
      ...each,
      events: withoutForeignWatchers(this.#ruleset, each.events, watchers),
    }));
    const { host } = this.#learned;
    let ruleset = this.#ruleset;
    const instrumentation: Instrumentation[] = [...watchers.values()];
    for (const family of new Set(cases.map(({ entered }) => entered.packet.family))) {
      const logs = cases.filter(({ entered }) => entered.packet.family === family);
      const made = instrument(ruleset, logs, family);
      ruleset = made.ruleset;
      instrumentation.push(...made.found);
    }
    const failures: Failure[] = [];
    const passed: Case[] = [];
    const confirmed = new Set<Rule>();
    let [explained, assumed, lost] = [0, 0, 0];
    for (const each of cases) {
      const { path, divergence } = best(ruleset, host, each);
      if (divergence?.seen === null && isBrokenOff(each.events)) {
        lost += each.count;
        continue;
      }
      if (divergence) {
        const loss = lossOf(ruleset, host, each);
        if (loss?.proven) lost += each.count;
        else failures.push({ of: each, divergence, assumed: !path || path.truncated || needsAssumption(path), loss });
        continue;
      }
      passed.push(each);
      if (needsAssumption(path)) assumed += each.count;
      else explained += each.count;
      for (const step of [path, ...path.branches].flatMap(({ steps }) => steps))
        if (step.rule) confirmed.add(step.rule);
    }
    return {
      packets: this.#packets,
      explained,
      assumed,
      lost,
      drifts: diagnose(ruleset, host, lossesOnly(failures, passed), passed),
      instrumentation: instrumentation.sort((a, b) => (`${a.table} ${a.chain}` < `${b.table} ${b.chain}` ? -1 : 1)),
      coverage: this.#coverage(confirmed),
    };
  }

  #coverage(confirmed: ReadonlySet<Rule>): DriftSummary["coverage"] {
    const families = new Set([...this.#cases.values()].map(({ entered }) => entered.packet.family));
    const neverExercised: string[] = [];
    let count = 0;
    for (const { family, name, chains } of this.#ruleset.tables) {
      if (family !== "bridge" && !families.has(family)) continue;
      for (const chain of chains.values()) {
        chain.rules.forEach((rule, at) => {
          if (confirmed.has(rule)) count++;
          else neverExercised.push(`${family === "bridge" ? "eb:" : ""}${name}:${chain.name}:rule:${at + 1}`);
        });
      }
    }
    return { confirmed: count, neverExercised };
  }
}

/** xtables-monitor dies over rules that it cannot print, in the middle of a line (semantics 2, recording t05d). */
const isBrokenOff = (events: readonly TraceEvent[]): boolean => {
  const last = events.at(-1);
  return last?.layer === "ip" && last.kind === "rule" && last.nft?.words === "iptables" && last.nft.rule === "";
};

const needsAssumption = ({ assumptions }: Path): boolean => assumptions.some(({ fact }) => !PRINTED.has(fact));

const lineKey = (event: TraceEvent): unknown => [
  event.layer === "ip" ? event.id : event.prefix,
  ...["inInterface", "outInterface", "physdevIn", "physdevOut", "source", "destination", "ttl", "mark"].map((name) =>
    String(event.values[name as Field]),
  ),
];
