/** Ports and lengths that no rule of a rule-set tells apart. */
import type { Effect } from "../extensions/index.ts";
import type { Condition, Family, Field, Host, Ranges } from "../facts/index.ts";
import { meaningOf, type Rule, type Ruleset } from "../model/index.ts";

export const PORTS: ReadonlySet<string> = new Set<Field>([
  "sourcePort",
  "destinationPort",
  "ctorigsrcport",
  "ctorigdstport",
  "ctreplsrcport",
  "ctrepldstport",
]);

/** Values that all rules of a family, and the host, answer alike. */
export class Classes {
  /** Where another class of ports begins; each port is one by itself where they are reckoned with. */
  readonly #ports = new Set<number>([0]);
  readonly #lengths = new Set<number>();
  readonly #ofPort: Int32Array | null;
  readonly #firstLengths: readonly number[];

  constructor({ tables }: Ruleset, host: Host, family: Family) {
    const { json } = host;
    for (const { mtu } of [...(json.link ?? []), ...(json.addr ?? [])])
      if (mtu !== undefined) this.#lengths.add(mtu + 1);
    const rules = tables
      .filter((table) => table.family === family || table.family === "bridge")
      .flatMap(({ chains }) => [...chains.values()].flatMap((chain) => chain.rules));
    const isPlain = rules.every((rule) => this.#isPlain(rule, host));
    const asksRoutes = (json.rule ?? []).some(({ sport, dport }) => sport !== undefined || dport !== undefined);
    this.#ofPort = isPlain && !asksRoutes ? numbered(this.#ports) : null;
    this.#firstLengths = [...this.#lengths].sort((a, b) => a - b);
  }

  /** null: a port that is like no other. */
  ofPort(port: number): number | null {
    if (!this.#ofPort) return null;
    const of = this.#ofPort[port] ?? port;
    return this.#ofPort[port + 1] !== of && this.#ofPort[port - 1] !== of ? null : of;
  }

  ofLength(length: number): number {
    return this.#firstLengths.findLast((first) => first <= length) ?? 0;
  }

  #isPlain(rule: Rule, host: Host): boolean {
    const { condition, action } = meaningOf(rule, host);
    return this.#note(condition) && (action.kind !== "effects" || action.effects.every((each) => this.#isSimple(each)));
  }

  #note(condition: Condition): boolean {
    switch (condition.is) {
      case "all":
      case "any":
        return condition.of.every((each) => this.#note(each));
      case "not":
      case "until":
        return this.#note(condition.of);
      case "in":
        if (PORTS.has(condition.field)) begin(this.#ports, condition.ranges);
        if (condition.field === "length" || condition.field === "udpLength") begin(this.#lengths, condition.ranges);
        return true;
      case "bits":
        return !PORTS.has(condition.field) && condition.field !== "length";
      default:
        return true;
    }
  }

  #isSimple(effect: Effect): boolean {
    switch (effect.does) {
      case "translate":
        begin(this.#ports, effect.ports ?? []);
        return effect.base === undefined;
      case "if":
        return this.#note(effect.condition) && [...effect.yes, ...effect.no].every((each) => this.#isSimple(each));
      case "set":
      case "step":
        return !PORTS.has(effect.field);
      case "copy":
        return !PORTS.has(effect.field) && !PORTS.has(effect.from);
      case "become":
        if (PORTS.has(effect.field)) begin(this.#ports, effect.ranges ?? []);
        return true;
      default:
        return true;
    }
  }
}

function begin(classes: Set<number>, ranges: Ranges): void {
  for (const [from, to] of ranges) {
    classes.add(Number(from));
    classes.add(Number(to));
  }
}

function numbered(firsts: ReadonlySet<number>): Int32Array {
  const out = new Int32Array(65536);
  for (let [port, of] = [0, 0]; port < out.length; port++) {
    if (firsts.has(port)) of = port;
    out[port] = of;
  }
  return out;
}
