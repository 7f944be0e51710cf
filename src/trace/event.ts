/** What one line of a log says. An event names its rule by number; no rule-set is known here. */
import type { Address, Field } from "../facts/index.ts";

/**
 * Per field the value printed; `null`: the line says that there is none; undefined: the line does not tell.
 * The rest tells packets apart and is no field that a rule could ask about.
 */
export interface LogValues extends Readonly<Partial<Record<Field, number | bigint | string | null>>> {
  readonly inInterface?: string | null;
  readonly outInterface?: string | null;
  readonly physdevIn?: string | null;
  readonly physdevOut?: string | null;
  readonly source?: Address;
  readonly destination?: Address;
  readonly protocol?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly macSource?: number | null;
  readonly macDestination?: number | null;
  /** IPv4 lines print the type of service without its lowest bit (semantics 1.4): the byte is this or one more. */
  readonly tosEven?: number;
  readonly ipId?: number;
  readonly flowLabel?: number;
  /** IPv6: the extension headers that the line names, as bits; and how many others there are. */
  readonly namedHeaders?: number;
  readonly unnamedHeaders?: number;
  readonly icmpId?: number;
  readonly icmpSeq?: number;
  readonly seq?: number;
  readonly ack?: number;
  /** The packet that an ICMP error is about: the text between the brackets, and what it says. */
  readonly innerText?: string;
  readonly inner?: LogValues;
  /** ebtables lines only. */
  readonly etherType?: number;
  /** A number for the devices, MACs and addresses: where two are equal, so are those. */
  readonly place?: number;
}
/** While it is being read. */
export type Draft = { -readonly [K in keyof LogValues]: LogValues[K] };

/** Where a line stands in its log. */
interface Placed {
  /** 1-based. */
  readonly line: number;
  /** How many times before it the log's own numbers skipped some: lines are missing there. */
  readonly gaps?: number;
  /** The time that a logger's object tells beside the text. */
  readonly time?: string;
}
export interface IpEvent extends Placed {
  readonly layer: "ip";
  readonly family: "ipv4" | "ipv6";
  readonly text: string;
  readonly table: string;
  readonly chain: string;
  readonly kind: "rule" | "return" | "policy";
  /** Lines of iptables-nft have none (`nft`): 0. */
  readonly number: number;
  /** TRACE's own words: `table:chain:kind:number`, of iptables-nft `table:chain:rule:0xHANDLE`, `table:chain:policy`. */
  readonly id: string;
  readonly values: LogValues;
  readonly nft?: NftLine;
}

/** What a monitor of iptables-nft says instead of a rule's number (semantics 2). */
export interface NftLine {
  /** The kernel's name for the packet on this stretch of its way; another may get the same later. */
  readonly trace: string;
  /** The packet was printed anew before this line; if not, it goes on with the line of that name before. */
  readonly first: boolean;
  /** null: not printed. */
  readonly handle: number | null;
  /** `ACCEPT`, `DROP`, `CONTINUE`, `RETURN`, `QUEUE`, `STOLEN`, `JUMP chain`, `GOTO chain`. */
  readonly verdict: string;
  /** The rule in the words of iptables or of nft; empty where the monitor prints none. */
  readonly rule: string;
  readonly words: "iptables" | "nft";
}

export interface BridgeEvent extends Placed {
  readonly layer: "bridge";
  readonly text: string;
  /** The watcher's --log-prefix: `TRACE: eb:nat:PREROUTING`; of a monitor's line `TRACE: eb:nat:PREROUTING:rule:0x2`. */
  readonly prefix: string;
  /** IN and OUT are bridge ports here: physdevIn, physdevOut. */
  readonly values: LogValues;
  readonly nft?: NftLine & { readonly table: string; readonly chain: string; readonly kind: IpEvent["kind"] };
}

export type TraceEvent = IpEvent | BridgeEvent;

/** Where on its way the packet was, by what IN and OUT say. */
export type Position = "in" | "through" | "out";

export function positionOf({ layer, values }: TraceEvent): Position {
  const input = layer === "ip" ? values.inInterface : values.physdevIn;
  const output = layer === "ip" ? values.outInterface : values.physdevOut;
  return input == null ? "out" : output == null ? "in" : "through";
}
