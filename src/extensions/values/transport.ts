/** Protocols, ports, ICMP types and tcp options. */
import { allValues, protocolName, protocolNumber, type Range, servicePort, unite } from "../../facts/index.ts";
import type { Value } from "../define.ts";
import { readInteger } from "./number.ts";
import { type More, type Written, word, written } from "./plain.ts";

/** The names that are mistyped. */
const PROTOCOLS = ["tcp", "udp", "icmp", "ipv6-icmp", "sctp", "gre", "esp", "igmp", "udplite", "all"];

/** By name or number; `all` and 0 are every protocol and are not printed. */
export const protocol = (more?: More): Value<Written> =>
  word(
    "a protocol name or number 0-255",
    ["tcp", "17", "icmp", "253"],
    (text) => {
      const number = text.toLowerCase() === "all" ? 0 : (readInteger(text, 255) ?? protocolNumber(text));
      if (number === undefined) return undefined;
      return number === 0
        ? { text: "all", ranges: allValues("protocol", "ipv4") }
        : { text: protocolName(number), ranges: [[number, number + 1]] };
    },
    (value, negated) => (value.text === "all" && !negated ? null : value.text),
    { names: () => PROTOCOLS, ...more },
  );

/** A port by number or by the name that /etc/services gives it. */
export const readPort = (text: string): number | undefined => readInteger(text, 65535) ?? servicePort(text);
function portRange(text: string): Range | undefined {
  const [first = "", last, more] = text.split(":");
  const low = first === "" && last !== undefined ? 0 : readPort(first);
  const high = last === undefined ? low : last === "" ? 65535 : readPort(last);
  if (more !== undefined || low === undefined || high === undefined || low > high) return undefined;
  return [low, high + 1];
}
const portText = ([low, high]: Range): string =>
  Number(high) - 1 === low ? String(low) : `${low}:${Number(high) - 1}`;
/** `80`, `1024:65535`, `:1023`. */
export const ports = (more?: More): Value<Written> =>
  written(
    "a port 0-65535, or first:last",
    ["80", "1024:65535", ":1023", "https"],
    (text) => {
      const range = portRange(text);
      return range && { text: portText(range), ranges: [range] };
    },
    { plain: /^[1-9]\d{0,3}$/, ...more },
  );
/** Up to 15 ports, a range counting as two. */
export const portList = (more?: More): Value<Written> =>
  written(
    "up to 15 ports or first:last, separated by commas",
    ["80", "53,1024:65535", "22,80,443"],
    (text) => {
      const ranges = text.split(",").map(portRange);
      if (ranges.some((range) => !range)) return undefined;
      const list = ranges as Range[];
      const slots = list.reduce((sum, [low, high]) => sum + (Number(high) - 1 === low ? 1 : 2), 0);
      return slots > MOST_PORTS ? undefined : { text: list.map(portText).join(","), ranges: unite(list) };
    },
    {
      hint: (text) =>
        text.split(/[,:]/).length > MOST_PORTS
          ? "one rule takes 15 at most, a range counting as two: make two rules"
          : undefined,
      ...more,
    },
  );
const MOST_PORTS = 15;

/**
 * A type, type/code, or one of these names or an unambiguous beginning of one. `any`: what stands for all of them
 * (net/netfilter/xt_tcpudp.c icmp_type_code_match: type 255, whatever the code).
 */
export const icmpTypes = (list: Readonly<Record<string, string>>, any?: string): Value<Written> =>
  written(
    "an ICMP type, type/code or name",
    ["8", "3/4", "echo-request", "3"],
    (given) => {
      const named = icmpNamed(given, list);
      if (named === any && any !== undefined) return { text: any, ranges: [[0, 65536]] };
      const [typeText = "", code] = (named ?? given).split("/");
      const type = readInteger(typeText, 255);
      const [first = "", last] = (code ?? "0:255").split(":");
      const [low, high] = [readInteger(first, 255), readInteger(last ?? first, 255)];
      if (type === undefined || low === undefined || high === undefined || low > high) return undefined;
      const whole = low === 0 && high === 255;
      if (any !== undefined && whole && type === 255) return { text: any, ranges: [[0, 65536]] };
      const every = any !== undefined && type === 255;
      const text = whole ? `${type}` : low === high ? `${type}/${low}` : `${type}/${low}:${high}`;
      return { text, ranges: every ? [[0, 65536]] : [[type * 256 + low, type * 256 + high + 1]] };
    },
    { names: () => Object.keys(list) },
  );
function icmpNamed(given: string, list: Readonly<Record<string, string>>): string | undefined {
  const wanted = given.toLowerCase();
  if (Object.hasOwn(list, wanted)) return list[wanted];
  if (!/^[a-z]/.test(wanted)) return undefined;
  const [one, ...more] = Object.keys(list).filter((name) => name.startsWith(wanted));
  return one !== undefined && more.length === 0 ? list[one] : undefined;
}
