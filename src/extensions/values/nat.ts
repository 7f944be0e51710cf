/** Notations that several targets share: marks that are changed, names that are cut, where NAT sends a packet. */
import {
  type Address,
  after,
  allValues,
  type Family,
  type Ranges,
  readAddress,
  servicePort,
  writeAddress,
} from "../../facts/index.ts";
import { decode, encode } from "../../source.ts";
import { BadValue, type Saver, type Value } from "../define.ts";
import { QUAD } from "./address.ts";
import { type Masked, readInteger, readMasked } from "./number.ts";
import { type More, text, type Written, word } from "./plain.ts";

/** Text of which the kernel keeps so many bytes (libxtables xtopt_parse_string cuts silently). */
export function cutText(bytes: number | ((saver: Saver) => number), more: More & { min?: number } = {}): Value<string> {
  const most = typeof bytes === "number" ? () => bytes : bytes;
  return {
    ...text(more),
    write: (given, _, saver) => [decode(encode(given).slice(0, most(saver)))],
  };
}
/** The same for a name that is printed as it stands, and not at all when it is empty. */
export const cutName = (bytes: number, examples: readonly string[] = ["foo", "a-b"]): Value<string> =>
  word(
    "a name",
    examples,
    (given) => given,
    (given) => (given === "" ? null : decode(encode(given).slice(0, bytes))),
    { negatable: false },
  );

const ALL = 0xffffffff;
/** What `--set-xmark` and the options that stand for one do to a mark: (mark & ~mask) ^ value. */
const CHANGES: Readonly<Record<string, (given: Masked) => Masked>> = {
  "--set-xmark": (given) => given,
  "--set-mark": ({ value, mask }) => ({ value, mask: (value | mask) >>> 0 }),
  "--and-mark": ({ value }) => ({ value: 0, mask: ~value >>> 0 }),
  "--or-mark": ({ value }) => ({ value, mask: value }),
  "--xor-mark": ({ value }) => ({ value, mask: 0 }),
};
const isPlain = (flag: string): boolean => /^--(?:and|or|xor)-mark$/.test(flag);
/** `--set-xmark 0x1/0xff`, or its like under another name; printed as `--set-xmark` with its mask. */
export const markChange: Value<Masked> = {
  arity: 1,
  aliases: Object.keys(CHANGES).slice(1),
  examples: ["1", "0x10/0xff", "0x80000000"],
  read([given], flag) {
    const value = given && (isPlain(flag) && given.text.includes("/") ? undefined : readMasked(given.text));
    if (given && !value) throw new BadValue(given, `a value 0-0xffffffff${isPlain(flag) ? "" : ", or value/mask"}`);
    return (CHANGES[flag] as (given: Masked) => Masked)(value ?? { value: 0, mask: ALL });
  },
  write: ({ value, mask }) => [`0x${value.toString(16)}/0x${mask.toString(16)}`],
};

/** `24` or `255.255.255.0`; undefined where the mask has holes. */
export function maskLengthOf(given: string, family: Family): number | undefined {
  const bits = family === "ipv6" ? 128 : 32;
  const length = readInteger(given, bits);
  if (length !== undefined) return length;
  const mask = addressOf(given, family);
  const ones = mask === undefined ? "" : BigInt(mask).toString(2).padStart(bits, "0");
  return /^1*0*$/.test(ones) && ones !== "" ? ones.lastIndexOf("1") + 1 : undefined;
}
/** All parts are there: what inet_pton takes. */
export function addressOf(given: string, family: Family): Address | undefined {
  const value = readAddress(given);
  return (typeof value === "bigint") === (family === "ipv6") ? value : undefined;
}

const ONE_DESTINATION = new RegExp(`^${QUAD}(?::[1-9]\\d{0,3})?$`);
/** Where NAT sends a packet; no addresses (null): its address stays. */
export interface Destination {
  readonly hosts: string;
  readonly addresses: Ranges | null;
  readonly ports?: Ports;
}
export interface Ports extends Written {
  /** `6000-6009/5000`: the port that becomes the first one. */
  readonly base?: number;
}
/** `80`, `http`, `80-90`, `80-90/8080` (extensions/libxt_NAT.c parse_ports). */
function readPorts(given: string): Ports | undefined {
  const [range = "", shift, more] = given.split("/");
  const [first = "", last, further] = range.split("-");
  const isRange = last !== undefined && readInteger(first, 65535) !== undefined;
  if (!isRange) {
    // a service's name may have a dash
    const port = readInteger(given, 65535) ?? servicePort(given);
    return port === undefined ? undefined : { text: String(port), ranges: [[port, port + 1]] };
  }
  const [low, high] = [readInteger(first, 65535), readInteger(last, 65535)];
  const base = shift === undefined ? undefined : (readInteger(shift, 65535, 1) ?? servicePort(shift));
  if (more !== undefined || further !== undefined || low === undefined || high === undefined) return undefined;
  if (low > high || (shift !== undefined && base === undefined)) return undefined;
  return {
    text: low === high ? `${low}` : `${low}-${high}`,
    ranges: [[low, high + 1]],
    ...(base === undefined ? {} : { base }),
  };
}
/** `shift`: kept and printed, taken and lost on the way to the kernel (printed as 0), or refused. */
type Shift = "kept" | "lost" | "refused";
const portsText = ({ text, base }: Ports, shift: Shift): string =>
  base === undefined ? text : `${text}/${shift === "kept" ? base : 0}`;
const readShifted = (given: string, shift: Shift): Ports | undefined => {
  const ports = readPorts(given);
  return shift === "refused" && ports?.base !== undefined ? undefined : ports;
};

/** The `--to-ports` of REDIRECT and MASQUERADE. */
export const natPorts = (shift: Shift): Value<Ports> =>
  word(
    "a port or service name, or port-port",
    ["8080", "1024-2048", "http"],
    (given) => readShifted(given, shift),
    (value) => portsText(value, shift),
    { negatable: false },
  );
/** `10.0.0.1`, `10.0.0.1-10.0.0.9:80-90`, `[fd00::1]:80`, `:8080`. */
export const natDestination = (shift: Shift): Value<Destination> => ({
  arity: 1,
  plain: ONE_DESTINATION,
  examples: ["10.0.0.1", "10.0.0.1-10.0.0.9", "fd00::1", "fd00::1-fd00::9"],
  hint: (_, family) =>
    family === "ipv6"
      ? "such as fd00::2, [fd00::2]:80 or [fd00::2]:80-90"
      : "such as 10.0.0.2, 10.0.0.2:80 or 10.0.0.2:80-90",
  read([given], _, family) {
    const value = given && readDestination(given.text, family, shift);
    if (given && !value) throw new BadValue(given, FORM[family === "ipv6" ? "ipv6" : "ipv4"]);
    return value as Destination;
  },
  write: ({ hosts, ports }) => {
    if (!ports) return [hosts];
    const host = hosts.includes(":") ? `[${hosts}]` : hosts;
    return [`${host}:${portsText(ports, shift)}`];
  },
});
const FORM = {
  ipv4: "address[-address][:port[-port]]",
  ipv6: "address[-address], or [address]:port[-port]",
} as const;
/** extensions/libxt_NAT.c parse_to: one colon is before a port; more are an IPv6 address, which needs brackets then. */
function readDestination(given: string, family: Family, shift: Shift): Destination | undefined {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(given);
  if (bracketed && family !== "ipv6") return undefined;
  const single = given.split(":").length === 2;
  const [host = "", tail] = bracketed ? [bracketed[1], bracketed[2]] : single ? given.split(":") : [given];
  const ports = tail === undefined ? undefined : readShifted(tail, shift);
  if (tail !== undefined && !ports) return undefined;
  if (host === "" && ports) return { hosts: "", addresses: null, ports };
  const [first = "", last = first, more] = host.split("-");
  const [low, high] = [addressOf(first, family), addressOf(last, family)];
  if (more !== undefined || low === undefined || high === undefined) return undefined;
  return {
    hosts: low === high ? writeAddress(low) : `${writeAddress(low)}-${writeAddress(high)}`,
    // a range that runs backwards is taken, and wraps around
    addresses: low <= high ? [[low, after(high)]] : allValues("source", family),
    ...(ports ? { ports } : {}),
  };
}
