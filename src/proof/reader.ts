/**
 * Tables read by sets of packets: the same journey as one packet's, and at each rule the set parts into those that it
 * matches and those that it passes over. Sets are of packets as they came; what was done to them since stands beside.
 */
import type { Effect } from "../extensions/index.ts";
import {
  askedBy,
  type Bits,
  type Field,
  isAbsent,
  isWhole,
  type Packet,
  single,
  unite,
  type ValueSet,
} from "../facts/index.ts";
import { type Chain, dropsOf, type Meaning, meaningOf, type Rule, type Table } from "../model/index.ts";
import {
  applyAll,
  type Before,
  fork,
  type Left,
  type Many,
  OUTCOMES,
  type Outcome,
  type Reader,
  type Step,
  seenAt,
  type Traveller,
  vanishAt,
  type Walking,
  type Where,
} from "../path/index.ts";
import {
  beforeSteps,
  EVERY_BIT,
  NONE,
  type Node,
  type Origin,
  OverBudget,
  type Sets,
  type View,
} from "../space/index.ts";
import { COUNTED, translationOf } from "./asks.ts";
import type { Behind } from "./behind.ts";
import { meet } from "./meet.ts";
import { endOf, type Place, stepOf } from "./step.ts";
import { doneTo, isNarrower, matters, Origins, viewOf } from "./view.ts";

/** Where a table let go of packets, and of which. */
export interface Decision {
  /** Once through the table, by packets that have had the same done to them when they left it. */
  readonly way: string;
  readonly step: Step;
  readonly outcome: Outcome;
  set: Node;
}

/** Packets that have had the same done to them, as a rule sees them. */
interface Line {
  readonly traveller: Traveller;
  readonly view: View;
  readonly set: Node;
  /** What was done to them: those for which it is the same go on as one. */
  readonly done: string;
}
interface Reading extends Where {
  readonly world: Walking;
  readonly number: number;
  readonly alike: Map<string, Line>;
  readonly left: Map<string, { readonly traveller: Traveller; readonly outcome: Outcome; set: Node }>;
}
interface At extends Place {
  readonly rule: Rule;
  readonly meaning: Meaning;
  readonly depth: number;
  /** Goes on with the next rule. */
  readonly on: Line[];
  /** Goes back to where the chain was called. */
  readonly back: Line[];
}

/** Chains called more often than this, one in another, are not followed: dozens that call each other twice. */
const MOST_CALLS = 200_000;

export class SetReader implements Reader {
  readonly mostPaths = 20_000;
  readonly many: Many = {
    goesOn: (way, before) => this.#goesOn(way, before),
    isAsked: (field) => this.#asked.has(field),
    // where more is asked than what gets where, each way is told by itself
    meet: (ways) => (this.#behind ? meet(ways, this.sets.bdd, this.#origins, this.wayOf) : ways),
  };
  readonly sets: Sets;
  /** What may match each rule, from whatever hook. */
  readonly matched = new Map<Rule, Node>();
  readonly entered = new Set<Chain>();
  readonly decisions = new Map<string, Decision>();
  /** Of the step that stands for a table passed. */
  readonly wayOf = new WeakMap<Step, string>();
  readonly #behind: Behind | null;
  readonly #asked: ReadonlySet<Field>;
  readonly #origins = new Origins();
  #calls = 0;
  #readings = 0;

  constructor(sets: Sets, asked: ReadonlySet<Field>, behind: Behind | null = null) {
    this.#behind = behind;
    this.sets = sets;
    this.#asked = asked;
  }

  /** What else than a table has settled: fields that are known better now. False: no packet goes this way. */
  #goesOn(way: Traveller, { packet: before, given: was }: Before): boolean {
    this.#origins.note(way, before);
    for (const [field, set] of Object.entries(way.packet.fields) as [Field, ValueSet][]) {
      const old = before.fields[field];
      if (!set || set === old || this.#origins.isKept(field, set)) continue;
      const narrower = isNarrower(set, before, field);
      const given = old && this.#origins.given(field, old);
      if (given && narrower) {
        way.set = this.sets.bdd.and(way.set, this.#fits(field, set, given));
        this.#origins.keep(old, set);
      } else if (field === COUNTED && !narrower)
        // a router takes one off
        this.#origins.step(field, old, set, -1, was.has(field));
      else if (way.given.has(field)) continue;
      else if (!narrower) way.given = new Map(way.given).set(field, EVERY_BIT);
      else if (!way.packet.bits?.[field] && matters(this.sets.atoms, field, set))
        way.set = this.sets.bdd.and(way.set, this.sets.fits(field, set));
    }
    this.#assume(way, before);
    return way.set !== NONE;
  }

  #fits(field: Field, set: ValueSet, { version, steps }: Origin): Node {
    if (!steps) return this.sets.fits(field, set, version);
    const ranges = beforeSteps(field, this.sets.atoms.family, set.ranges, steps);
    return this.sets.fits(field, { ...set, ranges });
  }

  /** Answers that no field holds: of single bits, and of what is not modelled. */
  #assume(way: Traveller, before: Packet): void {
    const { assumed, bits = {} } = way.packet;
    if (assumed === before.assumed && bits === before.bits) return;
    const view = viewOf(way, way.packet, this.#origins);
    const { bdd } = this.sets;
    for (const [field, has] of Object.entries(bits) as [Field, Bits][]) {
      const set = way.packet.fields[field];
      // what a rule has given is no answer
      if (has === before.bits?.[field] || (set && this.#origins.isKept(field, set))) continue;
      way.set = bdd.and(way.set, this.sets.holds({ is: "bits", field, ...has, wants: "" }, view).may);
    }
    for (const [key, taken] of Object.entries(assumed)) {
      if (before.assumed[key] === taken) continue;
      const { may, must } = this.sets.holds(askedBy(key), view);
      way.set = taken ? bdd.and(way.set, may) : bdd.minus(way.set, must);
    }
  }

  traverse(traveller: Traveller, table: Table, layer: Where["layer"], hook: Where["hook"], world: Walking): Left[] {
    const base = table.chains.get(hook);
    if (!base) return [{ traveller, outcome: "accept" }];
    const reading: Reading = {
      table,
      layer,
      hook,
      base,
      world,
      number: ++this.#readings,
      alike: new Map(),
      left: new Map(),
    };
    const line = this.#line(traveller, traveller.set, reading);
    for (const rest of this.#read(reading, base, [line], 0)) {
      const outcome = base.policy === "DROP" ? "drop" : "accept";
      this.#decide(reading, rest, endOf(base), outcome);
    }
    return [...reading.left.values()].map(({ traveller: each, set, outcome }) => ({
      traveller: { ...each, set },
      outcome,
    }));
  }

  #line(traveller: Traveller, set: Node, { layer, hook, table, world }: Reading): Line {
    const seen = seenAt(traveller, layer, hook, table.name, world.host);
    return { traveller, set, view: viewOf(traveller, seen, this.#origins), done: doneTo(traveller, this.#origins) };
  }

  /** Reads a chain; what comes back from it. */
  #read(reading: Reading, chain: Chain, lines: readonly Line[], depth: number): Line[] {
    if (++this.#calls > MOST_CALLS) throw new OverBudget(`more than ${MOST_CALLS} calls of chains`);
    if (lines.length > 0) this.entered.add(chain);
    const back: Line[] = [];
    let open = lines;
    for (const [index, rule] of chain.rules.entries()) {
      if (open.length === 0) break;
      const on: Line[] = [];
      const meaning = meaningOf(rule, reading.world.host);
      for (const line of open) this.#ask(reading, line, { chain, index, rule, meaning, depth, on, back });
      open = on.length > 1 ? this.#merge(on) : on;
    }
    if (chain !== reading.base && reading.layer === "bridge" && chain.policy && chain.policy !== "RETURN") {
      for (const line of open) this.#decide(reading, line, endOf(chain), chain.policy === "DROP" ? "drop" : "accept");
      open = [];
    }
    return this.#merge([...open, ...back]);
  }

  #ask(reading: Reading, line: Line, at: At): void {
    const { bdd } = this.sets;
    let { set } = line;
    if (at.meaning.dropsWhole || !isWhole(line.view.seen)) {
      const drops = this.sets.holds(dropsOf(at.rule, reading.world.host), line.view);
      const dropped = bdd.and(set, drops.may);
      if (dropped !== NONE) this.#decide(reading, { ...line, set: dropped }, at, "lost");
      set = bdd.minus(set, drops.must);
    }
    const { may, must } = this.sets.holds(at.meaning.condition, line.view);
    const matching = bdd.and(set, may);
    if (matching === NONE) {
      if (set !== NONE) at.on.push(set === line.set ? line : { ...line, set });
      return;
    }
    this.matched.set(at.rule, bdd.or(this.matched.get(at.rule) ?? NONE, matching));
    const rest = bdd.minus(set, must);
    if (rest !== NONE) at.on.push({ ...line, set: rest });
    this.#take(reading, { ...line, set: matching }, at);
  }

  #take(reading: Reading, line: Line, at: At): void {
    const { action } = at.meaning;
    if (action.kind === "none") at.on.push(line);
    else if (action.kind === "effects") {
      for (const [set, effects] of this.#ways(action.effects, line)) this.#run(reading, { ...line, set }, effects, at);
    } else {
      const called = reading.table.chains.get(action.chain);
      if (!called) return this.#anything(reading, line, at);
      if (at.depth >= reading.table.chains.size) return this.#decide(reading, line, at, "undecided");
      const rest = this.#read(reading, called, [line], at.depth + 1);
      (action.kind === "jump" ? at.on : at.back).push(...rest);
    }
  }

  /** A target that nobody here knows may do any of these. */
  #anything(reading: Reading, line: Line, at: At): void {
    this.#decide(reading, line, at, "drop");
    this.#decide(reading, line, at, "accept");
    at.on.push(line);
    at.back.push(line);
  }

  /** Which effects it comes to for which packets. */
  #ways(effects: readonly Effect[], line: Line): (readonly [Node, readonly Effect[]])[] {
    const at = effects.findIndex(({ does }) => does === "if");
    const found = effects[at];
    if (found?.does !== "if") return [[line.set, effects]];
    const { may, must } = this.sets.holds(found.condition, line.view);
    const [yes, no] = [this.sets.bdd.and(line.set, may), this.sets.bdd.minus(line.set, must)];
    const before = effects.slice(0, at);
    const after = effects.slice(at + 1);
    return [
      ...(yes === NONE ? [] : this.#ways([...before, ...found.yes, ...after], { ...line, set: yes })),
      ...(no === NONE ? [] : this.#ways([...before, ...found.no, ...after], { ...line, set: no })),
    ];
  }

  #run(reading: Reading, line: Line, effects: readonly Effect[], at: At): void {
    if (effects.every(({ does }) => LEAVES_ALONE.has(does))) {
      for (const effect of effects) {
        if (effect.does === "return") return void at.back.push(line);
        if (effect.does === "reject") return this.#decide(reading, line, at, "reject");
        if (effect.does === "verdict") return this.#decide(reading, line, at, OUTCOMES[effect.verdict]);
      }
      at.on.push(line);
      return;
    }
    const alike = this.#translatedAlike(effects, line, reading);
    const same = alike === null ? undefined : reading.alike.get(alike);
    if (same) return this.#decide(reading, { ...same, set: line.set }, at, "accept");
    for (const { packet, set } of this.#parts(effects, line, reading)) {
      const traveller = fork(line.traveller);
      const own = effects.some(({ does }) => ASK_PROTOCOL.has(does)) ? this.#ofProtocol(packet, set) : packet;
      traveller.packet = own;
      const outcome = applyAll(effects, traveller, reading, { ...at, seen: line.view.seen }, reading.world);
      this.#origins.made(traveller, line.traveller);
      const by = effects.find((effect) => effect.does === "step");
      if (by?.does === "step") {
        const [old, next] = [own.fields[COUNTED], traveller.packet.fields[COUNTED]];
        this.#origins.step(COUNTED, old, next, by.by, line.traveller.given.has(COUNTED));
      }
      // those that others join need not be of it
      traveller.packet = { ...traveller.packet, fields: withProtocol(traveller.packet, line.traveller.packet) };
      const next = this.#line(traveller, this.#give(traveller, { ...line, set }), reading);
      if (alike !== null && outcome === "accept") reading.alike.set(alike, this.#lightened(next, reading));
      if (outcome === null) at.on.push(next);
      else if (outcome === "return") at.back.push(next);
      else this.#decide(reading, next, at, outcome);
    }
  }

  /** Translations whose results nobody asks about are one; null: this is none. */
  #translatedAlike([effect, ...more]: readonly Effect[], { done }: Line, { table, hook }: Reading): string | null {
    if (effect?.does !== "translate" || more.length > 0 || !this.#behind?.forgets(effect, table, hook)) return null;
    return `${done} ${effect.manip} ${effect.addresses?.length === 0} ${effect.ports !== undefined}`;
  }

  /** Targets look at it: what of it there is in a set. */
  #ofProtocol(packet: Packet, set: Node): Packet {
    const { atoms, bdd } = this.sets;
    const [dimension] = atoms.of("protocol");
    if (dimension === undefined || single(packet.fields.protocol) !== undefined) return packet;
    const size = atoms.dimensions[dimension]?.size ?? 0;
    const ranges = Array.from({ length: size }, (_, code) => code).flatMap((code) => {
      const range = atoms.rangeOf("protocol", code);
      return range && bdd.and(set, this.sets.codes(dimension, [[code, code + 1]])) !== NONE ? [range] : [];
    });
    return { ...packet, fields: { ...packet.fields, protocol: { absent: false, ranges: unite(ranges) } } };
  }

  /** A translation to what the packet has already is none: where somebody asks, those packets are told apart. */
  #parts(effects: readonly Effect[], { traveller, set }: Line, { hook }: Reading): { packet: Packet; set: Node }[] {
    const { packet, given } = traveller;
    const { atoms, bdd } = this.sets;
    const whole = [{ packet, set }];
    const effect = effects.find(({ does }) => does === "translate");
    const values = effect?.does === "translate" && atoms.isCut("ctnat") ? translationOf(effect, hook) : [];
    if (values.length === 0 || values.some(([field]) => given.has(field))) return whole;
    const same = values.reduce((sum, [field, value]) => bdd.and(sum, this.sets.fits(field, value)), set);
    const rest = bdd.minus(set, same);
    const fields = { ...packet.fields, ...Object.fromEntries(values) };
    if (same === NONE) return whole;
    return [...(rest === NONE ? [] : [{ packet, set: rest }]), { packet: { ...packet, fields }, set: same }];
  }

  /** What was given one of several values has one of them, whichever, from here on. */
  #give({ given, packet: { fields } }: Traveller, line: Line): Node {
    let { set } = line;
    for (const [field, bits] of given) {
      const values = fields[field];
      const isNew = values !== undefined && values !== line.traveller.packet.fields[field] && bits === EVERY_BIT;
      if (!isNew || isAbsent(values) || single(values) !== undefined || !this.sets.atoms.isCut(field)) continue;
      if (this.#origins.given(field, values)) continue;
      set = this.sets.bdd.and(set, this.sets.fits(field, values, this.#origins.give(field, values)));
    }
    return set;
  }

  #decide(reading: Reading, line: Line, place: Place, outcome: Outcome): void {
    const { traveller, set, view, done } = outcome === "accept" ? this.#lightened(line, reading) : line;
    const { bdd } = this.sets;
    const { left, number } = reading;
    const step = stepOf(reading, place, view.seen);
    const way = `${number} ${done}`;
    const id = `${way} ${step.id} ${outcome}`;
    const decision = this.decisions.get(id);
    if (decision) decision.set = bdd.or(decision.set, set);
    else this.decisions.set(id, { way, step, outcome, set });
    // whoever goes on is one with those to whom the same was done; whoever ends is told by the rule that ended it
    const key = outcome === "accept" ? way : id;
    const same = left.get(key);
    if (same) {
      same.set = bdd.or(same.set, set);
      return;
    }
    const next = fork(traveller);
    // it leaves no line
    if (outcome === "lost") {
      left.set(key, {
        traveller: vanishAt(next, step.id.replace(/:return:|:policy:/, ":rule:"), view.seen),
        outcome,
        set,
      });
      return;
    }
    const passed = outcome === "accept" ? stepOf(reading, endOf(reading.base), view.seen) : step;
    this.wayOf.set(passed, way);
    next.steps.push(passed);
    left.set(key, { traveller: next, outcome, set });
  }

  #lightened(line: Line, { table, layer, hook }: Reading): Line {
    const traveller = this.#behind?.lighten(line.traveller, table, layer, hook) ?? line.traveller;
    return traveller === line.traveller ? line : { ...line, traveller, done: doneTo(traveller, this.#origins) };
  }

  #merge(lines: readonly Line[]): Line[] {
    if (lines.length < 2) return [...lines];
    const out = new Map<string, Line>();
    for (const line of lines) {
      const key = line.done;
      const same = out.get(key);
      out.set(key, same ? { ...same, set: this.sets.bdd.or(same.set, line.set) } : line);
    }
    return [...out.values()];
  }
}

const ASK_PROTOCOL: ReadonlySet<Effect["does"]> = new Set(["translate", "limit mss", "strip"]);
/** To trace is no change: no line is kept here. */
const LEAVES_ALONE: ReadonlySet<Effect["does"]> = new Set(["verdict", "return", "continue", "reject", "trace"]);

function withProtocol(
  { fields: { protocol: _, ...fields } }: Packet,
  { fields: { protocol } }: Packet,
): Packet["fields"] {
  return protocol ? { ...fields, protocol } : fields;
}
