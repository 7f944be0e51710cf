/** What was seen of chains to rules that may be there: text that iptables takes, and how much of it is certain. */
import { type Family, writeAddress } from "../../facts/index.ts";
import { builtinChains } from "../../model/index.ts";
import type { TracedPacket } from "../../trace/index.ts";
import { common, tellApart } from "./conditions.ts";
import { Handles } from "./handles.ts";
import type { Led } from "./moves.ts";
import { type SeenChain, type SeenRule, type SeenTable, Skeleton } from "./skeleton.ts";

export interface InferredRule {
  readonly number: number;
  /** `-A CHAIN …`. */
  readonly text: string;
  readonly matched: number;
  readonly passedOver: number;
  /** What is known for sure: where it leads, or that it was never seen to match. */
  readonly certain: string;
  /** What is a guess, if anything is. */
  readonly guess: string | null;
}
export interface InferredChain {
  readonly name: string;
  /** null: a user's chain. */
  readonly policy: "ACCEPT" | "DROP" | null;
  /** A packet came to the policy. */
  readonly policySeen: boolean;
  /** The line of its end was seen, so it has no more rules. */
  readonly whole: boolean;
  readonly rules: readonly InferredRule[];
}
export interface InferredTable {
  readonly family: Family;
  readonly name: string;
  /** Earlier packets passed its place and left no line of it. */
  readonly loadedLater: boolean;
  readonly chains: readonly InferredChain[];
}

export interface Inferred {
  readonly lines: number;
  readonly packets: number;
  /** A monitor named rules by handles: where no packet shows the order of two, it is that in which they were made. */
  readonly byHandles: boolean;
  readonly tables: readonly InferredTable[];
}

/** Packets go in one by one. */
export class InferFold {
  readonly #skeleton = new Skeleton();
  readonly #handles = new Handles();
  #byHandles = false;

  add(packet: TracedPacket): void {
    if (this.#handles.add(packet)) this.#byHandles = true;
    else this.#skeleton.add(packet);
  }
  /** `lines`: how many were read. */
  summary(lines: number): Inferred {
    for (const packet of this.#handles.packets()) this.#skeleton.add(packet);
    const tables = tablesOf(this.#skeleton).map((table) => this.#inItsWords(table));
    return { lines, packets: this.#skeleton.packets, byHandles: this.#byHandles, tables };
  }

  #inItsWords(table: InferredTable): InferredTable {
    if (!this.#byHandles) return table;
    const chains = table.chains.map((chain) => ({
      ...chain,
      policy: this.#handles.policyOf(table.family, table.name, chain.name) ?? chain.policy,
      // rules that no packet matched have told no handle
      whole: false,
      rules: chain.rules.map((rule) => {
        const text = this.#handles.textOf(table.family, table.name, chain.name, rule.number);
        return text === null ? rule : { ...rule, text, certain: "the monitor prints it", guess: null };
      }),
    }));
    return { ...table, chains };
  }
}

const tablesOf = ({ tables }: Skeleton): InferredTable[] =>
  [...tables.values()].map((table) => {
    const builtin = builtinChains(table.family, table.name);
    const users = [...table.chains.keys()].filter((name) => !builtin.includes(name));
    return {
      family: table.family,
      name: table.name,
      loadedLater: table.before > 0,
      chains: [...builtin, ...users].map((name) => inferChain(table, name, builtin.includes(name))),
    };
  });

function inferChain(table: SeenTable, name: string, isBuiltin: boolean): InferredChain {
  const seen = table.chains.get(name);
  if (!seen) return { name, policy: isBuiltin ? "ACCEPT" : null, policySeen: false, whole: false, rules: [] };
  const numbers = [...seen.rules.keys()];
  const last = Math.max(0, ...seen.ends.map(({ number }) => number));
  // the line of the end bears the number behind the last rule; a rule that asks for nothing prints the same (semantics 1.2)
  const atEnd = seen.ends.filter(({ number }) => number === last);
  const isEnd = last > Math.max(0, ...numbers) && (isBuiltin || atEnd.every(({ led }) => led.to !== "out"));
  const bare = new Map(
    seen.ends.filter(({ number }) => number < last || !isEnd).map(({ number, led }) => [number, led]),
  );
  const length = Math.max(0, ...numbers, ...bare.keys());
  const wentOn = atEnd.every(({ led }) => led.to !== "out" || led.wentOn);
  return {
    name,
    policy: isBuiltin ? (isEnd && !wentOn ? "DROP" : "ACCEPT") : null,
    policySeen: isBuiltin && isEnd,
    whole: isEnd,
    rules: Array.from({ length }, (_, at) => inferRule(table, seen, at + 1, bare.get(at + 1))),
  };
}

const UNSEEN: SeenRule = { matched: [], passed: [], led: [], source: null };

function inferRule(
  { family, name: table }: SeenTable,
  chain: SeenChain,
  number: number,
  bare: Led | undefined,
): InferredRule {
  const seen = chain.rules.get(number) ?? UNSEEN;
  const counts = { number, matched: seen.matched.length, passedOver: seen.passed.length };
  const rule = (words: readonly string[], certain: string, guess: string | null): InferredRule => ({
    ...counts,
    text: ["-A", chain.name, ...words].join(" "),
    certain,
    guess,
  });
  if (bare) return rule(targetOf(bare, seen, table), "it takes every packet", null);
  if (seen.matched.length === 0) {
    if (table === "raw" && number === 1 && seen.passed.length > 0)
      return rule(["-j TRACE"], "it switches tracing on and is never printed", "for which packets");
    const nobody = `! -s ${family === "ipv6" ? "::/0" : "0.0.0.0/0"}`;
    // nat has lines only where something makes use of conntrack (semantics 4.2)
    return rule(
      table === "nat" ? [nobody, "-m conntrack --ctstate NEW"] : [nobody],
      "it matched no packet of this log",
      "all that it asks for and does",
    );
  }
  // one that went on shows that it is no drop; of the others the lines may end for another reason
  const led = seen.led.find((each) => each.to !== "out" || each.wentOn) ?? seen.led[0];
  const target = led ? targetOf(led, seen, table) : [];
  const asked = { family, chain: chain.name, hook: chain.hook, matched: seen.matched, passed: seen.passed };
  const told = tellApart(asked);
  // a jump prints its number whatever it asks for, a verdict only if it asks for something (semantics 1.2)
  const asks = led?.to === "chain" || told.words.length > 0 ? told.words : common(asked);
  const words = told.apart ? asks : [...asks, "-m statistic --mode random --probability 0.5"];
  const guess = !told.apart
    ? "what it asks for: nothing plain tells the packets that it matched from those that it did not"
    : words.length > 0
      ? "what it asks for"
      : null;
  return rule([...words, ...target], certainty(led), guess);
}

function certainty(led: Led | undefined): string {
  switch (led?.to) {
    case "chain":
      return `it leads to ${led.chain}`;
    case "next":
      return "the next rules follow it";
    case "caller":
      return "it returns";
    default:
      return led?.wentOn ? "packets leave the table by it and go on" : "it is the last that was seen of a packet";
  }
}

function targetOf(led: Led, { source }: SeenRule, table: string): string[] {
  if (led.to === "chain") return [`-j ${led.chain}`];
  if (led.to === "next") return [];
  if (led.to === "caller") return ["-j RETURN"];
  if (source !== null) return [`-j SNAT --to-source ${writeAddress(source)}`];
  if (led.destination) {
    const { address, port } = led.destination;
    const text = writeAddress(address);
    const host = typeof address === "bigint" && port !== undefined ? `[${text}]` : text;
    return [`-j DNAT --to-destination ${host}${port === undefined ? "" : `:${port}`}`];
  }
  return [led.wentOn || table === "nat" ? "-j ACCEPT" : "-j DROP"];
}
