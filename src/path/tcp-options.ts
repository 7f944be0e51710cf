/** Changes of a tcp header's options. net/netfilter/xt_TCPMSS.c, xt_TCPOPTSTRIP.c */
import {
  absent,
  bitsOf,
  exactly,
  isAbsent,
  known,
  knownValue,
  only,
  type Packet,
  single,
  unite,
} from "../facts/index.ts";
import { replace, rewrite } from "./rewrite.ts";
import type { Change, Traveller } from "./traveller.ts";

const [NOP, MSS] = [1, 2];
/** tcpmss_mangle_packet: what a packet without the option can be taken to carry (RFC 1122; for IPv6 the least MTU). */
const UNSAID = { ipv4: 536, ipv6: 1220, bridge: 536, arp: 536 };

/** tcpmss_mangle_packet, tcpoptstrip_mangle_packet: without its whole header it cannot be written to, and is dropped. */
export function isCutOff({ fields: { incomplete, fragmentOffset } }: Packet): boolean {
  return incomplete !== undefined && !incomplete.absent && single(fragmentOffset) === 0;
}

/** An MSS is never raised. `most` null: the path's MTU decides. */
export function limitMss(traveller: Traveller, most: number | null): Change[] {
  const { packet } = traveller;
  if (isAbsent(packet.fields.tcpFlags)) return [];
  const [set, options] = [known(packet, "tcpMss"), knownValue(packet, "tcpOptions")];
  const unsaid = UNSAID[packet.family];
  const before = [...set.ranges, ...(set.absent ? [[unsaid, unsaid + 1] as const] : [])];
  const limited = before.map(([low, high]) => {
    const highest = Number(high) - 1;
    return most === null
      ? ([0, highest + 1] as const)
      : ([Math.min(Number(low), most), Math.min(highest, most) + 1] as const);
  });
  return [
    ...(typeof options === "bigint" ? rewrite(traveller, "tcpOptions", only(options | bitsOf([MSS])), "target") : []),
    ...rewrite(traveller, "tcpMss", { absent: false, ranges: unite(limited) }, "target"),
    ...grow(traveller, packet),
  ];
}

/** The option is put in where there is none, unless data follow the header. */
function grow(traveller: Traveller, { family, fields }: Packet): Change[] {
  const [length, options] = [single(fields.length), single(fields.tcpOptions)];
  const lacks = typeof options === "bigint" ? (options & bitsOf([MSS])) === 0n : undefined;
  if (typeof length !== "number" || lacks === false) return [];
  const isBare = lacks === true && options === 0n && length === (family === "ipv6" ? 60 : 40);
  const ranges = isBare ? exactly(length + MSS_BYTES) : exactly(length, length + MSS_BYTES);
  return rewrite(traveller, "length", { absent: false, ranges }, "target");
}
const MSS_BYTES = 4;

export function stripOptions(traveller: Traveller, kinds: readonly number[]): Change[] {
  const { packet } = traveller;
  if (isAbsent(packet.fields.tcpFlags)) return [];
  const options = knownValue(packet, "tcpOptions");
  const gone = bitsOf(kinds);
  const mss = kinds.includes(MSS) ? rewrite(traveller, "tcpMss", absent, "target") : [];
  if (typeof options !== "bigint") return [...replace(traveller, "tcpOptions", null), ...mss];
  if ((options & gone) === 0n) return mss;
  return [...rewrite(traveller, "tcpOptions", only((options & ~gone) | bitsOf([NOP])), "target"), ...mss];
}
