/** What only ebtables writes: MACs, ethertypes, ICMP types by range, and what its targets do afterwards. */
import {
  always,
  type Condition,
  type Field,
  protocolName,
  protocolNumber,
  type Range,
  type Ranges,
  readMac,
  unite,
  within,
  writeMac,
} from "../../facts/index.ts";
import type { Effect, Mistake, One, OptionTable, Saver, Value } from "../define.ts";
import { type Network, network } from "./address.ts";
import { integer, readInteger } from "./number.ts";
import { asked, compares, type More, oneOf, text, type Written, word, written } from "./plain.ts";

/** ebtables' own ebtables-save, which calls itself v1.0; ebtables-nft has the release of its iptables. */
export const isOldEbtables = ({ release }: Saver): boolean => release <= 10000;

export interface Mac {
  readonly mac: number;
  readonly mask: number;
}
const FULL = 2 ** 48 - 1;
const MULTICAST = 2 ** 40;
const NAMED: Readonly<Record<string, Mac>> = {
  Unicast: { mac: 0, mask: MULTICAST },
  Multicast: { mac: MULTICAST, mask: MULTICAST },
  Broadcast: { mac: FULL, mask: FULL },
  BGA: { mac: 0x0180c2000000, mask: FULL },
};
/** libc's ether_ntoa, which ebtables' own tool and the lists of `--among-src` use, pads nothing. */
export const shortMac = (mac: number): string => writeMac(mac).replace(/\b0(?=[\da-f])/g, "");
const macText = (mac: number, saver: Saver): string => (isOldEbtables(saver) ? shortMac(mac) : writeMac(mac));

/** One MAC, as targets take it. */
export const ebtMac = (more?: More): Value<number> =>
  word("a MAC address", ["00:11:22:33:44:55", "2:0:0:0:0:1"], readMac, (mac, _, saver) => macText(mac, saver), {
    negatable: false,
    ...more,
  });

/** MAC, MAC/mask or a name; `named`: the name is printed, which ebtables' own tool does everywhere. */
export const ebtMacMask = ({ named = false, ...more }: More & { named?: boolean } = {}): Value<Mac> =>
  word(
    `a MAC address, MAC/mask, ${Object.keys(NAMED).join(", ")}`,
    ["00:11:22:33:44:55", "2:0:0:0:0:1/ff:0:0:0:0:0", "Multicast", "broadcast"],
    (given) => {
      const name = Object.keys(NAMED).find((each) => each.toLowerCase() === given.toLowerCase());
      if (name) return NAMED[name];
      const [macText = "", maskText = writeMac(FULL), more] = given.split("/");
      const [mac, mask] = [readMac(macText), readMac(maskText)];
      if (more !== undefined || mac === undefined || mask === undefined) return undefined;
      return { mac: Number(BigInt(mac) & BigInt(mask)), mask };
    },
    ({ mac, mask }, _, saver) => {
      const name = Object.keys(NAMED).find((each) => NAMED[each]?.mac === mac && NAMED[each]?.mask === mask);
      if (name && (named || isOldEbtables(saver))) return name;
      return macText(mac, saver) + (mask === FULL ? "" : `/${macText(mask, saver)}`);
    },
    more,
  );
/** A mask with more holes than this is no short list of ranges. */
const MOST_HOLES = 7;
function macRanges({ mac, mask }: Mac): Ranges | null {
  const bits = Array.from({ length: 48 }, (_, bit) => bit);
  const isAsked = (bit: number) => Math.floor(mask / 2 ** bit) % 2 === 1;
  const lowest = bits.find(isAsked) ?? 48;
  const holes = bits.filter((bit) => bit > lowest && !isAsked(bit));
  if (holes.length > MOST_HOLES) return null;
  const starts = holes.reduce((list, bit) => list.flatMap((start) => [start, start + 2 ** bit]), [mac]);
  return unite(starts.map((start): Range => [start, start + 2 ** lowest]));
}
/** Always there in a frame. */
export function macIs(field: "macSource" | "macDestination", given: One<Mac> | undefined): Condition {
  if (!given) return always;
  const ranges = macRanges(given.value);
  const text = `${writeMac(given.value.mac)}/${writeMac(given.value.mask)}`;
  if (ranges) return compares(field, { ...given, value: { text, ranges } });
  const { mac, mask } = given.value;
  return asked(given, () => ({ is: "bits", field, mask: BigInt(mask), value: BigInt(mac), wants: text }));
}

/** The usual /etc/ethertypes: number, the name that is printed, other names. */
const ETHERTYPES: readonly (readonly string[])[] = `
0800 IPv4 ip ip4/0805 X25/0806 ARP ether-arp/0808 FR_ARP/08ff BPQ/22f3 TRILL/22f4 L2-IS-IS/6558 TEB/6559 RAW_FR/8035 RARP/
809b ATALK/80f3 AARP/8100 802_1Q 8021q 1q 802.1q dot1q/8137 IPX/8191 NetBEUI/86dd IPv6 ip6/880b PPP/8847 MPLS/8848 MPLS_MULTI/
884c ATMMPOA/8863 PPP_DISC/8864 PPP_SES/8884 ATMFATE/888e EAPOL/88a8 S-TAG/88c7 EAP_PREAUTH/88cc LLDP/88e5 MACSEC/
88e7 PBB macinmac/88f5 MVRP/88f7 PTP/8906 FCOE/8914 FIP/8915 ROCE/a0ed LoWPAN`
  .split("/")
  .map((entry) => entry.trim().split(" "));
export const ethertypeName = (value: number): string | undefined =>
  ETHERTYPES.find(([number = ""]) => Number.parseInt(number, 16) === value)?.[1];
/** Hexadecimal with or without 0x, or a name in any case. */
export function readEthertype(given: string): number | undefined {
  const number = readHex(given, 0xffff);
  if (number !== undefined) return number;
  const wanted = given.toLowerCase();
  const entry = ETHERTYPES.find(([, ...names]) => names.some((name) => name.toLowerCase() === wanted));
  return entry?.[0] === undefined ? undefined : Number.parseInt(entry[0], 16);
}
export function readHex(given: string, max: number): number | undefined {
  const value = /^(?:0x)?[\da-f]{1,8}$/i.test(given) ? Number.parseInt(given, 16) : max + 1;
  return value <= max ? value : undefined;
}

/** An IPv4 address or network, printed even when it is everything; ebtables' own tool then leaves out the mask. */
export const ebtNetwork = (more?: More): Value<Network> => ({
  ...network({ ...more, bare: true }),
  write: ({ text, everything }, _, saver) => [everything && isOldEbtables(saver) ? text.replace("/0", "") : text],
});

/** Type names by `type` or `type/code`, in the order in which the tool looks for one to print. */
export type IcmpNames = readonly (readonly [name: string, at: string, since?: number])[];
export interface IcmpRange extends Written {
  /** For names: the type when it is one, and its codes when they are not all. */
  readonly at: string;
}
/** A name or an unambiguous beginning, `3`, `3:5`, `3/1`, `3:5/1:2`; `codes`: IGMP has none. Ranges are of type * 256 + code. */
export const icmpRange = (names: IcmpNames, examples: readonly string[], codes = true): Value<IcmpRange> =>
  word(
    `a type${codes ? ", type/code, ranges of them" : ", a range of types"} or ${names.map(([name]) => name).join(", ")}`,
    examples,
    (given) => {
      const begun = names.filter(([name]) => name.toLowerCase().startsWith(given.toLowerCase()));
      if (begun.length > 1) return undefined;
      const [types = "", code, more] = (begun[0]?.[1] ?? given).split("/");
      const [type, part] = [byteRange(types), byteRange(code ?? "0:255")];
      if (more !== undefined || !type || !part || (code !== undefined && !codes)) return undefined;
      const whole = part[0] === 0 && part[1] === 255;
      const [first, second] = [type, part].map(([low, high]) => (low === high ? `${low}` : `${low}:${high}`));
      const ranges = Array.from({ length: type[1] - type[0] + 1 }, (_, index): Range => {
        const base = (type[0] + index) * 256;
        return [base + part[0], base + part[1] + 1];
      });
      const at = whole ? `${first}` : `${first}/${second}`;
      return { text: codes ? `${first}/${second}` : `${first}`, at, ranges: unite(ranges) };
    },
    ({ text, at }, _, { release }) =>
      names.find(([, place, since = 0]) => place === at && release >= since)?.[0] ?? text,
  );
function byteRange(given: string): readonly [number, number] | undefined {
  const [first = "", last = first, more] = given.split(":");
  const [low, high] = [readInteger(first, 255), readInteger(last, 255)];
  return more !== undefined || low === undefined || high === undefined || low > high ? undefined : [low, high];
}

/** Printed by the name of /etc/protocols; 0 is a protocol here, not all of them (net/bridge/netfilter/ebt_ip.c). */
export const ebtProtocol = (more?: More): Value<Written> =>
  written(
    "a protocol name or number 0-255",
    ["tcp", "17", "ipv6-icmp"],
    (given) => {
      const number = given.toLowerCase() === "all" ? 0 : (readInteger(given, 255) ?? protocolNumber(given));
      if (number === undefined) return undefined;
      return { text: number === 0 ? "ip" : protocolName(number), ranges: [[number, number + 1]] };
    },
    more,
  );
/** What the kernel checks for ports and types: one of these protocols beside them, and not negated. */
export function needsProtocol(
  protocol: One<Written> | undefined,
  options: readonly string[],
  given: object,
  protocols: readonly string[],
): Mistake | null {
  const option = options.find((each) => each in given);
  if (option === undefined || (protocol && !protocol.negated && protocols.includes(protocol.value.text))) return null;
  return { option, expected: `protocol ${protocols.join("/")} beside ${option}` };
}
/** The TOS byte and the traffic class. */
export const ebtByte = (): Value<number> =>
  integer({ max: 255, negatable: true, print: (value) => `0x${value.toString(16).toUpperCase().padStart(2, "0")}` });
export const byteIs = (field: Field, given: One<number> | undefined): Condition =>
  asked(given, (value) => within(field, [[value, value + 1]], String(value)));

const VERDICTS = ["ACCEPT", "DROP", "CONTINUE", "RETURN"];
/** `--mark-target` and its like: what comes after the target's own work; `unsaid` is not printed. */
export const ebtVerdict = (unsaid?: string): Value<string> => ({
  ...oneOf(VERDICTS, { negatable: false }),
  write: (verdict) => (verdict === unsaid ? null : [verdict]),
});
export function afterwards(verdict: string): Effect {
  if (verdict === "ACCEPT" || verdict === "DROP") return { does: "verdict", verdict };
  return { does: verdict === "RETURN" ? "return" : "continue" };
}

/** Printed between quotes as it is, whatever it holds. */
export const ebtPrefix = (max: number, more?: More): Value<string> => {
  const { quoted: _, ...value } = text({ max, ...more });
  return { ...value, write: (prefix, _, saver) => (prefix === "" && !isOldEbtables(saver) ? null : [`"${prefix}"`]) };
};

/** The table's options one by one, for extensions that print one of them their own way. */
export function ebtTexts(options: OptionTable, given: Readonly<Record<string, unknown>>, saver: Saver): string[] {
  return Object.entries(options).flatMap(([flag, value]) => {
    const one = given[flag] as One<unknown> | undefined;
    const words = one && value.write(one.value, one.negated, saver);
    if (!words) return [];
    if (!one.negated) return [flag, ...words];
    return saver.release < 10811 ? [flag, "!", ...words] : ["!", flag, ...words];
  });
}
