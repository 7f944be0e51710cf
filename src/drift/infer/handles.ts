/**
 * Packets that a monitor of iptables-nft printed, as the kernel's log would have them: it names rules by handles, which
 * grow as rules are made. Their order is what packets show, and else that of their handles.
 */
import type { Family } from "../../facts/index.ts";
import { builtinChains } from "../../model/index.ts";
import type { IpEvent, TracedPacket, TraceEvent } from "../../trace/index.ts";

/** More tell hardly anything new. */
const MOST_PACKETS = 10_000;

interface SeenChain {
  readonly texts: Map<number, string>;
  /** Without handles (`nft monitor trace` prints none but with -a) rules are told apart by their words, the first seen first. */
  readonly unnamed: string[];
  policy: "ACCEPT" | "DROP" | null;
  /** Handles that were seen right behind this one on the same way through the chain. */
  readonly behind: Map<number, Set<number>>;
}

export class Handles {
  readonly #chains = new Map<string, SeenChain>();
  readonly #packets: TracedPacket[] = [];
  readonly #numbers = new Map<string, readonly number[]>();

  /** Whether a monitor printed it. */
  add(packet: TracedPacket): boolean {
    const events = packet.events.filter(isOfTools);
    if (!packet.events.some(({ nft }) => nft !== undefined)) return false;
    if (events.length === 0 || this.#packets.length >= MOST_PACKETS) return true;
    this.#packets.push({ ...packet, events });
    const last = new Map<SeenChain, number>();
    for (const event of events) {
      const chain = this.#chainOf(event);
      const handle = handleOf(chain, event);
      const { verdict } = event.nft ?? {};
      if (event.kind === "policy" && (verdict === "ACCEPT" || verdict === "DROP")) chain.policy = verdict;
      // the chain's end: the next line of it is another way through it
      if (handle === null) last.delete(chain);
      else {
        const before = last.get(chain);
        if (before !== undefined && before !== handle) chain.behind.get(before)?.add(handle);
        if (!chain.behind.has(handle)) chain.behind.set(handle, new Set());
        const text = textOf(event);
        if (text !== null) chain.texts.set(handle, text);
        last.set(chain, handle);
      }
    }
    return true;
  }

  /** With numbers for handles. */
  packets(): TracedPacket[] {
    for (const [name, { behind }] of this.#chains) this.#numbers.set(name, inOrder(behind));
    return this.#packets.map((packet) => ({
      ...packet,
      events: packet.events.map((event) => this.#numbered(event as IpEvent)),
    }));
  }

  /** As its line says. */
  policyOf(family: Family, table: string, chain: string): "ACCEPT" | "DROP" | null {
    return this.#chains.get(`${family} ${table} ${chain}`)?.policy ?? null;
  }

  /** The rule's own words, where the monitor prints them. */
  textOf(family: Family, table: string, chain: string, number: number): string | null {
    const name = `${family} ${table} ${chain}`;
    const handle = this.#numbers.get(name)?.[number - 1];
    return (handle !== undefined && this.#chains.get(name)?.texts.get(handle)) || null;
  }

  #chainOf({ family, table, chain }: IpEvent): SeenChain {
    const name = `${family} ${table} ${chain}`;
    const known = this.#chains.get(name) ?? { texts: new Map(), unnamed: [], policy: null, behind: new Map() };
    this.#chains.set(name, known);
    return known;
  }

  #numbered(event: IpEvent): IpEvent {
    const { nft: _, ...rest } = event;
    const { family, table, chain, kind } = event;
    const numbers = this.#numbers.get(`${family} ${table} ${chain}`) ?? [];
    const handle = handleOf(this.#chainOf(event), event);
    const number = (handle === null ? numbers.length : numbers.indexOf(handle)) + 1;
    return { ...rest, number, id: `${table}:${chain}:${kind}:${number}` };
  }
}

const uncounted = (rule: string): string => rule.replace(/(?:^| )counter packets \d+ bytes \d+/, "").trim();

/** In iptables' words; of nft's only the rule that switches tracing on is known. */
function textOf({ chain, nft }: IpEvent): string | null {
  if (nft?.rule.startsWith("-A ")) return nft.rule;
  return nft && uncounted(nft.rule) === "meta nftrace set 1" ? `-A ${chain} -j TRACE` : null;
}

/** null: the chain's end. */
function handleOf({ unnamed }: SeenChain, { kind, nft }: IpEvent): number | null {
  if (kind !== "rule" || !nft) return null;
  if (nft.handle !== null) return nft.handle;
  const words = `${uncounted(nft.rule)} ${nft.verdict}`;
  const at = unnamed.indexOf(words);
  return at < 0 ? unnamed.push(words) - 1 : at;
}

/** Tables of iptables alone: a monitor shows whatever else nftables holds. */
const isOfTools = (event: TraceEvent): event is IpEvent =>
  event.layer === "ip" && builtinChains(event.family, event.table).length > 0;

/** The least handle first of those that nothing left stands before; where packets contradict each other, the least of all. */
function inOrder(behind: ReadonlyMap<number, ReadonlySet<number>>): number[] {
  const left = new Set([...behind.keys()].sort((a, b) => a - b));
  const out: number[] = [];
  while (left.size > 0) {
    const isFree = (handle: number) => ![...left].some((other) => other !== handle && behind.get(other)?.has(handle));
    const next = [...left].find(isFree) ?? ([...left][0] as number);
    left.delete(next);
    out.push(next);
  }
  return out;
}
