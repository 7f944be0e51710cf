/**
 * The rule-set that a log implies: the least that prints these lines. Numbers tell how many rules a chain has at least,
 * what follows a line tells where a rule leads, and the packets tell what it can ask for.
 */
import { type Address, type Family, Host, only, type Packet, withFields } from "../../facts/index.ts";
import { builtinChains } from "../../model/index.ts";
import type { IpEvent, TracedPacket } from "../../trace/index.ts";
import { COMPARED } from "../compare.ts";
import { Connections } from "../connections.ts";
import { type Led, type Move, movesOf, passesOf } from "./moves.ts";

/** What was seen of the rule with this number. */
export interface SeenRule {
  readonly matched: Packet[];
  readonly passed: Packet[];
  readonly led: Led[];
  /** In nat: where replies went to, if not to the sender. */
  source: Address | null;
}
export interface SeenChain {
  readonly name: string;
  /** The built-in chain that led here first. */
  readonly hook: string;
  readonly rules: Map<number, SeenRule>;
  /** Lines that ended the chain: its end, or a rule that asks for nothing (semantics 1.2). */
  readonly ends: { readonly number: number; readonly led: Led }[];
}
export interface SeenTable {
  readonly family: Family;
  readonly name: string;
  readonly chains: Map<string, SeenChain>;
  /** Packets that had passed its hooks before the first of its lines: it was loaded while the log was written. */
  before: number;
}

/** semantics 4.1. */
const ORDER = ["raw", "mangle", "nat", "filter", "security"];
const MOST_PASSES = 1000;
/** Packets kept a rule: more tell nothing new about it. */
const MOST_PACKETS = 200;

export class Skeleton {
  readonly tables = new Map<string, SeenTable>();
  packets = 0;
  readonly #connections = new Connections({ ruleset: { tables: [] }, host: new Host({}) });
  /** By conversation: the rule in which its source may have been changed, and what that was. */
  readonly #changing = new Map<number, { readonly rule: SeenRule; readonly source: Address }>();

  /** The first lines of the last passes through tables. */
  readonly #passed: IpEvent[] = [];

  add(packet: TracedPacket): void {
    const { family } = packet;
    if (family === "bridge") return;
    this.packets++;
    const { packet: entered, placed } = this.#connections.enter(packet);
    const lines = packet.events.filter((event) => event.layer === "ip");
    const passes = passesOf(lines, ({ table, chain }) => builtinChains(family, table).includes(chain));
    passes.forEach((pass, at) => {
      // a frame that leaves has the bridge's lines behind its last of iptables
      const wentOn = pass.at(-1) !== packet.events.at(-1) || isLastHook(pass[0]);
      for (const move of movesOf(pass, passes[at + 1]?.[0], wentOn)) {
        const rule = this.#note(move, asSeen(entered, move.event), pass[0]?.chain ?? "");
        const source = lines[0]?.values.source;
        if (rule && source !== undefined && move.event.table === "nat" && move.led.to === "out")
          this.#changing.set(placed.conversation, { rule, source });
      }
    });
    if (placed.direction === "REPLY") this.#learn(placed.conversation, lines[0]?.values.destination);
    for (const [first] of passes) if (first) this.#passed.push(first);
    if (this.#passed.length > MOST_PASSES) this.#passed.splice(0, this.#passed.length - MOST_PASSES);
  }

  /** How many came by this table's place in the hook, to one behind it, and left no line. */
  #passedBy({ family, table, chain }: IpEvent): number {
    const behind = ORDER.slice(ORDER.indexOf(table) + 1);
    // nat is asked by first packets only
    if (table === "nat" || !ORDER.includes(table)) return 0;
    return this.#passed.filter((each) => each.family === family && each.chain === chain && behind.includes(each.table))
      .length;
  }

  /** A reply goes to the address that the first packet left with. */
  #learn(conversation: number, destination: Address | undefined): void {
    const changing = this.#changing.get(conversation);
    if (!changing || destination === undefined) return;
    this.#changing.delete(conversation);
    if (destination !== changing.source) changing.rule.source = destination;
  }

  /** The rule that matched. */
  #note({ event, passed, led }: Move, packet: Packet, hook: string): SeenRule | null {
    const chain = this.#chain(event, hook);
    for (let number = passed.from; number <= passed.to; number++) keep(this.#rule(chain, number).passed, packet);
    if (event.kind !== "rule") {
      if (chain.ends.length < MOST_PACKETS) chain.ends.push({ number: event.number, led });
      return null;
    }
    const rule = this.#rule(chain, event.number);
    keep(rule.matched, packet);
    if (rule.led.length < MOST_PACKETS) rule.led.push(led);
    if (led.to === "chain") this.#chain({ ...event, chain: led.chain }, hook);
    return rule;
  }

  #chain(event: IpEvent, hook: string): SeenChain {
    const { family, table, chain } = event;
    const key = `${family} ${table}`;
    const seen = this.tables.get(key) ?? { family, name: table, chains: new Map(), before: 0 };
    this.tables.set(key, seen);
    if (!seen.chains.has(chain)) seen.before += this.#passedBy(event);
    const known = seen.chains.get(chain) ?? { name: chain, hook, rules: new Map(), ends: [] };
    seen.chains.set(chain, known);
    return known;
  }

  #rule({ rules }: SeenChain, number: number): SeenRule {
    const known = rules.get(number) ?? { matched: [], passed: [], led: [], source: null };
    rules.set(number, known);
    return known;
  }
}

function keep(packets: Packet[], packet: Packet): void {
  if (packets.length < MOST_PACKETS) packets.push(packet);
}

/** Here a packet's way ends without a drop. */
const isLastHook = (event: IpEvent | undefined): boolean => event?.chain === "INPUT" || event?.chain === "POSTROUTING";

/** The packet with what this line tells: NAT and routing have been at work since it entered. */
function asSeen(entered: Packet, { values }: IpEvent): Packet {
  const told = COMPARED.flatMap((name) => (values[name] == null ? [] : [[name, only(values[name])]]));
  return withFields(entered, Object.fromEntries(told));
}
