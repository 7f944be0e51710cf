/** Protocols, ports and ICMP types. */
import { allValues, protocolName, protocolNumber, type Range, unite } from "../../facts/index.ts";
import type { Value } from "../define.ts";
import type { Translation } from "./address.ts";
import { type More, type Written, word, written } from "./plain.ts";

/** By name or number; `all` and 0 are every protocol and are not printed. */
export const protocol = (more?: More): Value<Written> =>
  word(
    "a protocol name or number",
    (text) => {
      const number = text === "all" ? 0 : protocolNumber(text);
      if (number === undefined) return undefined;
      return number === 0
        ? { text: "all", ranges: allValues("protocol", "ipv4") }
        : { text: protocolName(number), ranges: [[number, number + 1]] };
    },
    (value, negated) => (value.text === "all" && !negated ? null : value.text),
    more,
  );

const SERVICES: Readonly<Record<string, number>> = { ssh: 22, smtp: 25, domain: 53, http: 80, ntp: 123, https: 443 };
function port(text: string): number | undefined {
  const number = /^\d+$/.test(text) ? Number(text) : SERVICES[text];
  return number !== undefined && number <= 65535 ? number : undefined;
}
function portRange(text: string): Range | undefined {
  const [first = "", last, more] = text.split(":");
  const low = first === "" && last !== undefined ? 0 : port(first);
  const high = last === undefined ? low : last === "" ? 65535 : port(last);
  if (more !== undefined || low === undefined || high === undefined || low > high) return undefined;
  return [low, high + 1];
}
const portText = ([low, high]: Range): string =>
  Number(high) - 1 === low ? String(low) : `${low}:${Number(high) - 1}`;
/** `80`, `1024:65535`, `:1023`. */
export const ports = (more?: More): Value<Written> =>
  written(
    "a port 0-65535, or first:last",
    (text) => {
      const range = portRange(text);
      return range && { text: portText(range), ranges: [range] };
    },
    more,
  );
/** Up to 15 ports, a range counting as two. */
export const portList = (more?: More): Value<Written> =>
  written(
    "up to 15 ports or first:last, separated by commas",
    (text) => {
      const ranges = text.split(",").map(portRange);
      if (ranges.some((range) => !range)) return undefined;
      const list = ranges as Range[];
      const slots = list.reduce((sum, [low, high]) => sum + (Number(high) - 1 === low ? 1 : 2), 0);
      return slots > 15 ? undefined : { text: list.map(portText).join(","), ranges: unite(list) };
    },
    more,
  );

export const portsTo = (more?: More): Value<Translation> =>
  word(
    "port[-port]",
    (given) => {
      const parts = /^(\d+)(?:-(\d+))?(\/\d+)?$/.exec(given);
      return parts
        ? { text: given, addresses: null, ports: [[Number(parts[1]), Number(parts[2] ?? parts[1]) + 1]] }
        : undefined;
    },
    (value) => value.text,
    { negatable: false, ...more },
  );

/**
 * A type, type/code or one of these names. `any`: the type that stands for all of them
 * (net/ipv4/netfilter/ip_tables.c icmp_type_code_match: 255).
 */
export const icmpTypes = (list: Readonly<Record<string, string>>, any?: string): Value<Written> =>
  written("an ICMP type, type/code or name", (given) => {
    const [type = "", code] = (list[given] ?? given).split("/");
    const isByte = (text: string) => /^\d+$/.test(text) && Number(text) < 256;
    if (!isByte(type) || (code !== undefined && !isByte(code))) return undefined;
    if (any !== undefined && code === undefined && type === list[any]) return { text: any, ranges: [[0, 65536]] };
    const low = Number(type) * 256 + Number(code ?? 0);
    const high = code === undefined ? low + 256 : low + 1;
    return {
      text: code === undefined ? String(Number(type)) : `${Number(type)}/${Number(code)}`,
      ranges: [[low, high]],
    };
  });
