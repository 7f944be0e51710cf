/** Route lookup for what is known of a packet: each class of routes that it may fall into. net/ipv4/fib_rules.c */
import {
  type Host,
  known,
  meet,
  minus,
  narrow,
  type Packet,
  type Piece,
  type RouteClass,
  refine,
  unite,
} from "../facts/index.ts";

export interface Reached {
  readonly packet: Packet;
  readonly to: RouteClass;
  /** Facts that had to be taken for a rule of `ip rule`. */
  readonly facts: readonly string[];
}

/** undefined when no routes are known. */
export function lookUp(packet: Packet, host: Host): readonly Reached[] | undefined {
  const lookups = host.lookups(packet.family);
  if (!lookups) return undefined;
  let open: readonly Piece[] = [{ packet, facts: [] }];
  const out: Reached[] = [];
  for (const { condition, classes } of lookups) {
    const next: Piece[] = open.flatMap((piece) => refine(condition, piece, false));
    for (const asks of open.flatMap((piece) => refine(condition, piece, true))) {
      let left = known(asks.packet, "destination").ranges;
      const found: Reached[] = [];
      for (const to of classes.filter(({ type }) => type !== "throw")) {
        const ranges = meet(left, to.ranges);
        left = minus(left, ranges);
        if (ranges.length > 0) found.push(...at(asks, to, ranges));
      }
      out.push(...byDevice(found));
      const rest = left.length > 0 ? narrow(asks.packet, "destination", { absent: false, ranges: left }) : null;
      if (rest) next.push({ ...asks, packet: rest });
    }
    open = next;
  }
  return [...out, ...open.map(({ packet: rest, facts }) => ({ packet: rest, facts, to: NOWHERE }))];
}

export const NOWHERE: RouteClass = {
  type: "none",
  dev: "",
  source: undefined,
  gateway: undefined,
  hops: [],
  ranges: [],
};

/** The fact that the kernel's hash decides: addresses, and ports where fib_multipath_hash_policy says so. */
export const NEXT_HOP = "next hop";

/** Of several next hops each may be taken. */
function at({ packet, facts }: Piece, to: RouteClass, ranges: RouteClass["ranges"]): Reached[] {
  const narrowed = narrow(packet, "destination", { absent: false, ranges });
  if (!narrowed) return [];
  if (new Set(to.hops.map(({ dev }) => dev)).size < 2) return [{ packet: narrowed, to, facts }];
  return to.hops.map((hop) => ({ packet: narrowed, to: { ...to, ...hop }, facts: [...facts, NEXT_HOP] }));
}

/** Routes that lead the same way are one: which of them it is does not matter to the walk. */
function byDevice(found: readonly Reached[]): readonly Reached[] {
  const out = new Map<string, Reached>();
  for (const each of found) {
    const key = `${each.to.type === "unicast" ? each.to.dev : each.to.type} ${each.facts}`;
    const old = out.get(key);
    if (!old) {
      out.set(key, each);
      continue;
    }
    const ranges = unite([...known(old.packet, "destination").ranges, ...known(each.packet, "destination").ranges]);
    out.set(key, {
      ...old,
      packet: { ...old.packet, fields: { ...old.packet.fields, destination: { absent: false, ranges } } },
    });
  }
  return [...out.values()];
}
