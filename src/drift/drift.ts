/** Drift is a fold: packets go in one by one, the summary says whether the live rule-set still is what the dump says. */
import type { Family, Host, Packet } from "../facts/index.ts";
import type { Rule, Ruleset } from "../model/index.ts";
import type { Path } from "../path/index.ts";
import { Recent, type TracedPacket } from "../trace/index.ts";
import { Answers } from "./answers.ts";
import { needsAssumption } from "./assumed.ts";
import { type Case, detachedCase, momentOf, noteLater } from "./case.ts";
import { type Divergence, stepsOf } from "./compare.ts";
import { Connections, type Left, leftBy, type Place } from "./connections.ts";
import { type Drift, diagnose } from "./diagnose.ts";
import { best } from "./fit.ts";
import { hasTraceRule, type Instrumentation, instrument, withoutForeignWatchers } from "./instrumentation.ts";
import { judge } from "./judge.ts";
import { Learned } from "./learned.ts";
import { lossesOnly } from "./loss.ts";
import { renamed, type Shape } from "./shape.ts";
import { Stretches } from "./stretches.ts";
import { Unhooked } from "./unhooked.ts";

export interface DriftSummary {
  readonly packets: number;
  /** Follow from fields, host facts and the order of the conversation alone. */
  readonly explained: number;
  /** Needed a matched rule's number to settle an unknown. */
  readonly assumed: number;
  /** Some of their lines are lost. */
  readonly lost: number;
  /** More ways are open to them than are walked, and none of those prints their lines. */
  readonly undecided: number;
  readonly drifts: readonly Drift[];
  /** Some of the assumed packets take this for granted: facts of the host, by their names in `host.json`, or wrong checksums. */
  readonly supposed: readonly string[];
  readonly instrumentation: readonly Instrumentation[];
  readonly coverage: { readonly confirmed: number; readonly neverExercised: readonly string[] };
}

/** What a packet's lines said as it was added: facts that later packets tell may explain it yet. */
export interface PacketOutcome {
  readonly packet: TracedPacket;
  readonly says: "explained" | "assumed" | "not explained";
  /** The way that prints its lines, or goes furthest with them. */
  readonly path: Path | null;
  readonly divergence: Divergence | null;
}

/** Packets that went one way: one of them stands for all. */
interface Way {
  readonly first: Case;
  readonly assumed: boolean;
}
/** What a packet like one before needs no walk for. */
interface Recalled {
  readonly way: Way;
  readonly path: Path;
  readonly left: Left;
  readonly shape: Shape;
  readonly connection: Packet["fields"];
}

/** Ways, packets like earlier ones, and packets that are not explained: what is beyond is counted, not kept. */
const MOST_WAYS = 4096;
const MOST_RECALLED = 1024;
const MOST_FAILING = 4096;
const MOST_OPENINGS = 512;

/** Its memory is bounded by what is kept here and by open connections, whatever the size of the log. */
export class DriftFold {
  readonly #ruleset: Ruleset;
  readonly #given: Host;
  readonly #learned: Learned;
  readonly #connections: Connections;
  readonly #answers: Answers;
  readonly #ways = new Map<string, Way>();
  readonly #recalled = new Recent<string, Recalled>(MOST_RECALLED);
  readonly #failing = new Map<string, Case>();
  readonly #openings = new Recent<number, { readonly place: Place; readonly events: TracedPacket["events"] }>(
    MOST_OPENINGS,
  );
  readonly #confirmed = new Set<Rule>();
  readonly #families = new Set<Family>();
  readonly #unhooked = new Unhooked();
  /** The rule-set with the TRACE rules that the dump lacks, as far as packets have shown them. */
  #traced: Ruleset;
  /** The first line of the last packet. */
  #begun = 0;
  #packets = 0;
  #explained = 0;
  #assumed = 0;

  constructor(ruleset: Ruleset, host: Host) {
    this.#ruleset = ruleset;
    this.#given = host;
    const learned = new Learned(host);
    this.#learned = learned;
    this.#traced = ruleset;
    this.#answers = new Answers(host);
    this.#connections = new Connections({
      ruleset,
      get host() {
        return learned.host;
      },
    });
  }

  /** null: a frame of another protocol than IP, which is not walked. */
  add(packet: TracedPacket): PacketOutcome | null {
    if (packet.family === "bridge") return null;
    this.#packets++;
    this.#families.add(packet.family);
    this.#begun = Math.max(this.#begun, packet.events[0]?.line ?? 0);
    this.#learned.add(packet.events);
    this.#unhooked.see(packet.events);
    this.#answers.see(packet);
    const place = this.#connections.place(packet);
    const { placed, shape } = place;
    const { events, gapBefore, gapAfter, number } = packet;
    const last = momentOf(number, events.at(-1));
    const opening = this.#openings.get(placed.conversation) ?? null;
    if (placed.natVisited) this.#openings.set(placed.conversation, { place, events });
    const known = this.#recalled.get(shape.key);
    if (known) {
      this.#note(known.way, { packet: number, last });
      const { path, connection } = known;
      this.#connections.keep({ placed, connection }, renamed(known.left, known.shape, shape));
      this.#answers.ask(packet, path, hasTraceRule(this.#traced, packet.family));
      this.#recalled.set(shape.key, known);
      return { packet, says: known.way.assumed ? "assumed" : "explained", path, divergence: null };
    }
    const entered = this.#connections.entered(place);
    const of: Case = {
      entered,
      events,
      opening: null,
      gapBefore,
      gapAfter,
      packet: number,
      where: new Stretches(),
      last,
      count: 0,
    };
    const fit = this.#explain(of);
    if (fit.divergence) {
      const { path, divergence } = fit;
      const opened = opening && { entered: this.#connections.entered(opening.place), events: opening.events };
      this.#fail(`${shape.key} ${gapBefore} ${gapAfter}`, detachedCase({ ...of, opening: opened }));
      return { packet, says: "not explained", path, divergence };
    }
    const { path } = fit;
    const way = this.#pass(path, of);
    const left = leftBy(path, entered);
    this.#note(way, of);
    this.#connections.keep(entered, left);
    this.#answers.ask(packet, path, hasTraceRule(this.#traced, packet.family));
    this.#recalled.set(shape.key, { way, path, left, shape, connection: entered.connection });
    return { packet, says: way.assumed ? "assumed" : "explained", path, divergence: null };
  }

  #note({ first, assumed }: Way, of: Pick<Case, "packet" | "last">): void {
    noteLater(first, of);
    if (assumed) this.#assumed++;
    else this.#explained++;
  }

  #pass(path: Path, of: Case): Way {
    const steps = stepsOf(path);
    for (const { rule } of steps) if (rule) this.#confirmed.add(rule);
    const assumed = needsAssumption(path);
    const name = `${of.entered.packet.family} ${assumed} ${steps.map(({ id }) => id).join(" ")}`;
    this.#unhooked.pass(path, of.events);
    const way = this.#ways.get(name) ?? { first: detachedCase(of), assumed };
    if (this.#ways.size < MOST_WAYS) this.#ways.set(name, way);
    return way;
  }

  #fail(key: string, of: Case): void {
    const like = this.#failing.get(key);
    if (like) noteLater(like, of);
    else if (this.#failing.size < MOST_FAILING) {
      noteLater(of, of);
      this.#failing.set(key, of);
    }
  }

  /** The way that prints these lines, or goes furthest with them. */
  #explain({ entered, events }: Case): ReturnType<typeof best> {
    const own = withoutForeignWatchers(this.#ruleset, events, new Map());
    const { host } = this.#learned;
    const fit = best(this.#traced, host, { entered, events: own });
    if (!fit.divergence) return fit;
    const { ruleset, found } = instrument(this.#traced, [{ events: own, count: 1 }], entered.packet.family);
    if (found.length === 0) return fit;
    const again = best(ruleset, host, { entered, events: own });
    if (again.divergence) return fit;
    this.#traced = ruleset;
    return again;
  }

  /** `whole`: the log goes on up to this line at least, so that what a packet before it lacks is not cut off. */
  summary(whole = 0): DriftSummary {
    const watchers = new Map<string, Instrumentation>();
    const ofOwn = (of: Case): Case => ({ ...of, events: withoutForeignWatchers(this.#ruleset, of.events, watchers) });
    const passed = [...this.#ways.values()].map(({ first }) => ofOwn(first));
    const open = [...this.#failing.values()].map(ofOwn);
    const { host } = this.#learned;
    let ruleset = this.#ruleset;
    const instrumentation: Instrumentation[] = [...watchers.values(), ...this.#unhooked.found()];
    for (const family of this.#families) {
      const logs = [...passed, ...open].filter(({ entered }) => entered.packet.family === family);
      const made = instrument(ruleset, logs, family);
      ruleset = made.ruleset;
      instrumentation.push(...made.found);
    }
    const begun = Math.max(this.#begun, whole);
    const judged = judge(open, { ruleset, host, given: this.#given, learned: this.#learned, begun }, passed);
    for (const rule of this.#confirmed) judged.confirmed.add(rule);
    const failures = lossesOnly(judged.failures, passed);
    return {
      packets: this.#packets,
      explained: this.#explained + judged.explained,
      assumed: this.#assumed + judged.assumed,
      lost: judged.lost,
      undecided: judged.undecided,
      drifts: [...diagnose(ruleset, host, failures, passed), ...this.#answers.drifts()].sort((a, b) => a.line - b.line),
      supposed: [...judged.supposed].sort(),
      instrumentation: instrumentation.sort((a, b) => (`${a.table} ${a.chain}` < `${b.table} ${b.chain}` ? -1 : 1)),
      coverage: this.#coverage(judged.confirmed),
    };
  }

  #coverage(confirmed: ReadonlySet<Rule>): DriftSummary["coverage"] {
    const neverExercised: string[] = [];
    let count = 0;
    for (const { family, name, chains } of this.#ruleset.tables) {
      if (family !== "bridge" && !this.#families.has(family)) continue;
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
