/** Addresses, interfaces and what NAT makes of them. */
import {
  type Address,
  after,
  always,
  type Condition,
  type Family,
  never,
  not,
  prefix,
  prefixRange,
  type Range,
  readAddress,
  writeAddress,
} from "../../facts/index.ts";
import type { One, Value } from "../define.ts";
import { readInteger } from "./number.ts";
import { compares, type More, type Written, word } from "./plain.ts";

export interface Network extends Written {
  /** False for a mask with holes: no set of ranges. */
  readonly contiguous: boolean;
  readonly everything: boolean;
}
const BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
/** The text of an IPv4 address, as it is printed. */
export const QUAD = `${BYTE}(?:\\.${BYTE}){3}`;
/** One IPv4 address; an IPv6 one is never written so. */
const ONE_ADDRESS = new RegExp(`^${QUAD}$`);
const ONE_HOST = new RegExp(`^${QUAD}/32$`);

const isSix = (family: Family): boolean => family === "ipv6";
const familyName = (family: Family): string => (isSix(family) ? "IPv6" : "IPv4");

/** An address of the family; IPv4 may leave out trailing parts: `10.1` is 10.1.0.0 (libxtables __numeric_to_ipaddr). */
export function readAddressOf(text: string, family: Family): Address | undefined {
  const address = readAddress(text);
  if (address !== undefined) return (typeof address === "bigint") === isSix(family) ? address : undefined;
  if (isSix(family) || !/^[\da-fx.]+$/i.test(text)) return undefined;
  const parts = text.split(".").map((part) => readInteger(part, 255));
  if (parts.length > 4 || parts.includes(undefined)) return undefined;
  return parts.reduce<number>((sum, part, at) => sum + (part ?? 0) * 256 ** (3 - at), 0);
}
interface NetworkMore extends More {
  /** A single address is printed without its /32 or /128. */
  readonly bare?: boolean;
  /** Instead of the rule's own, for ebtables' --ip6-src. */
  readonly family?: Family;
}
/** `10.0.0.0/8`, `10.0.0.0/255.0.255.0`, `fd00::/64`; printed with /prefix. */
export function network(more: NetworkMore = {}): Value<Network> {
  const { bare = false, family: own, ...rest } = more;
  return word(
    (family) => `an ${familyName(own ?? family)} address, or address/mask`,
    isSix(own ?? "ipv4")
      ? ["fd00::1", "fd00::/64"]
      : ["10.0.0.1", "10.0.0.0/8", "192.168.1.7/255.255.255.0", "fd00::/64"],
    (text, family) => readNetwork(text, own ?? family, bare),
    (value, negated) => (value.everything && !negated ? null : value.text),
    { plain: bare ? ONE_ADDRESS : ONE_HOST, hint: (text, family) => networkHint(text, own ?? family), ...rest },
  );
}
/** Why a text is no address of the family, where that is plain. */
function networkHint(given: string, family: Family): string | undefined {
  const [host = "", tail] = given.split("/");
  const tool = isSix(family) ? "ip6tables" : "iptables";
  const other = isSix(family) ? "iptables" : "ip6tables";
  const bits = isSix(family) ? 128 : 32;
  if (readAddressOf(host, family) !== undefined) return `the prefix length may be /0 to /${bits}`;
  if (readAddress(host) !== undefined)
    return `${tool} takes ${familyName(family)} only: the rule belongs to ${other}, in a file of its own`;
  if (/^[\d.]+$/.test(host)) return "an address is four numbers 0-255, such as 192.168.1.25";
  if (/^[a-z][\w-]*(?:\.[\w-]+)*$/i.test(host) && tail === undefined)
    return `write the address of ${host} itself (getent ahosts ${host}): ${tool} looks a name up once, when it loads`;
  return undefined;
}

function readNetwork(text: string, family: Family, bare: boolean): Network | undefined {
  const slash = text.indexOf("/");
  const host = readAddressOf(slash < 0 ? text : text.slice(0, slash), family);
  if (host === undefined) return undefined;
  const bits = isSix(family) ? 128 : 32;
  const tail = slash < 0 ? String(bits) : text.slice(slash + 1);
  const length = readInteger(tail, bits);
  if (length !== undefined) return prefixed(host, length, bits, bare);
  const mask = readAddress(tail);
  if (mask === undefined || typeof mask !== typeof host) return undefined;
  const long = maskLength(BigInt(mask), bits);
  if (long !== undefined) return prefixed(host, long, bits, bare);
  const base = BigInt(host) & BigInt(mask);
  const low = bits === 32 ? Number(base) : base;
  return { text: `${writeAddress(low)}/${writeAddress(mask)}`, ranges: [], contiguous: false, everything: false };
}
function prefixed(host: Address, length: number, bits: number, bare: boolean): Network | undefined {
  const range = prefixRange(host, length);
  if (!range) return undefined;
  const text = writeAddress(range[0] as Address);
  return {
    text: bare && length === bits ? text : `${text}/${length}`,
    ranges: [range],
    contiguous: true,
    everything: length === 0,
  };
}
function maskLength(mask: bigint, bits: number): number | undefined {
  const text = mask.toString(2).padStart(bits, "0");
  return /^1*0*$/.test(text) ? text.lastIndexOf("1") + 1 : undefined;
}

/** `10.0.0.1-10.0.0.9`; one address stands for itself. */
export const addressRange = (more?: More): Value<Written> =>
  word(
    (family) => `an ${familyName(family)} address range, first-last`,
    ["10.0.0.1-10.0.0.9", "10.0.0.7", "fd00::1-fd00::9"],
    (text, family) => {
      const [first = "", last = first, more] = text.split("-");
      const [low, high] = [readAddressOf(first, family), readAddressOf(last, family)];
      if (more !== undefined || low === undefined || high === undefined || low > high) return undefined;
      return { text: `${writeAddress(low)}-${writeAddress(high)}`, ranges: [[low, after(high)] as Range] };
    },
    (value) => value.text,
    more,
  );

/** `eth0`, `eth+`; `+` alone is every interface and is not printed. */
export const interfaceName = (more?: More): Value<Written> =>
  word(
    "an interface name of at most 15 characters",
    ["eth0", "veth+", "br-0123456789ab"],
    (text) => {
      if (text === "" || text.length > 15) return undefined;
      const range: Range = text.endsWith("+") ? prefix(text.slice(0, -1)) : [text, after(text)];
      return { text, ranges: [range] };
    },
    // the legacy kernel keeps an empty mask for it, of which `!` cannot be told again (semantics 5.2)
    (value, negated, { backend }) => (value.text === "+" && (!negated || backend === "legacy") ? null : value.text),
    {
      hint: (text) =>
        text.length > 15
          ? `this has ${text.length}; \`ip link\` shows the name itself, and a + at the end stands for the rest`
          : undefined,
      ...more,
    },
  );

/** An address in a network; a mask with holes is no set of ranges. */
export function addressIs(field: "source" | "destination", given: One<Network> | undefined): Condition {
  if (!given || given.value.contiguous) return compares(field, given);
  const [value, mask] = given.value.text.split("/").map((text) => readAddress(text) ?? 0);
  const inside: Condition = { is: "bits", field, mask: mask ?? 0, value: value ?? 0, wants: given.value.text };
  return given.negated ? not(inside) : inside;
}

/** `+` alone is no condition at all, `! +` never holds: its mask is empty (ip_tables.c, xtables_parse_interface). */
export function interfaceIs(field: "inInterface" | "outInterface", given: One<Written> | undefined): Condition {
  if (given?.value.text !== "+") return compares(field, given);
  return given.negated ? never : always;
}
