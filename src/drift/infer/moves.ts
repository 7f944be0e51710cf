/** One packet's lines to what they say of chains: which rules it matched or passed, and where each led it. */
import type { Address } from "../../facts/index.ts";
import type { IpEvent } from "../../trace/index.ts";

export type Led =
  | { readonly to: "chain"; readonly chain: string }
  /** The rule is followed by a later one of its chain. */
  | { readonly to: "next" }
  /** Back to the chain that it was called from. */
  | { readonly to: "caller" }
  /** Out of the table: the packet went on (with this destination, if it is another), or no more was seen of it. */
  | { readonly to: "out"; readonly wentOn: boolean; readonly destination?: Destination };
export interface Destination {
  readonly address: Address;
  readonly port: number | undefined;
}

export interface Move {
  readonly event: IpEvent;
  /** Rules of the chain that were asked before this line and did not match, first and last; none: `to` is below `from`. */
  readonly passed: { readonly from: number; readonly to: number };
  readonly led: Led;
}

interface Frame {
  readonly chain: string;
  next: number;
}

/** A table's lines one after the other: a built-in chain begins another pass (semantics 1.2). */
export function passesOf(events: readonly IpEvent[], isBuiltin: (event: IpEvent) => boolean): IpEvent[][] {
  const passes: IpEvent[][] = [];
  let base = "";
  for (const event of events) {
    const last = passes.at(-1);
    const another = last?.[0]?.table !== event.table || (isBuiltin(event) && event.chain !== base);
    if (another) passes.push([event]);
    else last?.push(event);
    if (another || isBuiltin(event)) base = isBuiltin(event) ? event.chain : base;
  }
  return passes;
}

/** `after`: the packet's first line behind this pass; `wentOn`: there is one, or its way ends here. */
export function movesOf(pass: readonly IpEvent[], after: IpEvent | undefined, wentOn: boolean): Move[] {
  const frames: Frame[] = [];
  return pass.map((event, at) => {
    const depth = frames.findLastIndex(({ chain }) => chain === event.chain);
    if (depth >= 0) frames.splice(depth + 1);
    else frames.push({ chain: event.chain, next: 1 });
    const frame = frames.at(-1) as Frame;
    const passed = { from: frame.next, to: event.number - 1 };
    frame.next = event.number + 1;
    return { event, passed, led: ledBy(event, pass[at + 1] ?? null, frames) ?? out(event, after, wentOn) };
  });
}

function ledBy(event: IpEvent, next: IpEvent | null, frames: readonly Frame[]): Led | null {
  if (!next) return null;
  if (next.chain === event.chain && next.number > event.number) return { to: "next" };
  const callers = frames.slice(0, -1);
  if (callers.some(({ chain, next: from }) => chain === next.chain && next.number >= from)) return { to: "caller" };
  return { to: "chain", chain: next.chain };
}

function out({ table, values }: IpEvent, after: IpEvent | undefined, wentOn: boolean): Led {
  const { destination: address, destinationPort: port } = after?.values ?? {};
  const isOther = address !== values.destination || port !== values.destinationPort;
  if (table !== "nat" || address === undefined || !isOther) return { to: "out", wentOn };
  return { to: "out", wentOn, destination: { address, port } };
}
