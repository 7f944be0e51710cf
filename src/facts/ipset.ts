/** Sets of addresses as `ipset save` prints them (ipset-save in ipset(8)), read into data. */
import { own } from "../own.ts";
import { prefixRange, readAddress, readMac, readPrefix } from "./address.ts";
import { protocolNumber } from "./protocols.ts";
import { after, type Range } from "./value-set.ts";

/** What one part of an entry names. */
export type Part =
  | { readonly kind: "address" | "mac"; readonly range: Range }
  /** `port`: the type and code of an ICMP message (ip_set_getport.c). */
  | { readonly kind: "port"; readonly protocol: number; readonly port: number }
  /** physdev: no rule can ask for those. */
  | { readonly kind: "iface"; readonly name: string; readonly wildcard: boolean; readonly physdev: boolean }
  | { readonly kind: "set"; readonly name: string };
export interface Entry {
  readonly parts: readonly Part[];
  /** An exception from the larger networks of its set. */
  readonly nomatch: boolean;
}
export interface IpSet {
  readonly name: string;
  readonly type: string;
  /** The parts of its type: ip, net, port, iface, mac, set. null: a type that is not evaluated. */
  readonly dimensions: readonly string[] | null;
  /** null: of either family. */
  readonly family: "ipv4" | "ipv6" | null;
  readonly entries: Entry[];
}
export interface IpSetMistake {
  readonly line: number;
  /** 1-based, in characters. */
  readonly column: number;
  readonly expected: string;
  readonly found: string;
}
export interface IpSets {
  readonly sets: ReadonlyMap<string, IpSet>;
  readonly mistakes: readonly IpSetMistake[];
}

const PARTS = new Set(["ip", "net", "port", "iface", "mac", "set"]);
/** Of these two an entry may be completed by packets, or asks for the source's MAC alone. */
const NOT_EVALUATED = new Set(["bitmap:ip,mac", "hash:ip,mac"]);
const WITHOUT_FAMILY = new Set(["bitmap:port", "hash:mac", "list:set"]);

let last: { readonly text: string; readonly sets: IpSets } | null = null;
/** The same text, asked again, is not read again: scenarios share their host's. */
export function readIpsets(text: string): IpSets {
  if (last?.text !== text) last = { text, sets: read(text) };
  return last.sets;
}

interface Word {
  readonly text: string;
  readonly column: number;
}
function read(text: string): IpSets {
  const sets = new Map<string, IpSet>();
  const netmasks = new Map<IpSet, number>();
  const mistakes: IpSetMistake[] = [];
  for (const [index, content] of text.split("\n").entries()) {
    const line = index + 1;
    const [command, name, what, ...rest] = wordsOf(content);
    if (!command || command.text.startsWith("#")) continue;
    const wrong = (word: Word | undefined, expected: string) => {
      const column = word?.column ?? content.trimEnd().length + 1;
      mistakes.push({ line, column, expected, found: word ? JSON.stringify(word.text) : "the end of the line" });
    };
    if (command.text === "create") {
      if (!name || !what) wrong(undefined, name ? "the type of the set, such as hash:ip" : "the name of the set");
      else if (!/^(?:hash|bitmap|list):[a-z,]+$/.test(what.text)) wrong(what, "a type of set, such as hash:ip");
      else if (sets.has(name.text)) wrong(name, "a name that no set above has");
      else {
        const set = created(name.text, what.text, rest);
        sets.set(name.text, set);
        const mask = Number(optionOf(rest, "netmask"));
        if (mask > 0) netmasks.set(set, mask);
      }
    } else if (command.text === "add") {
      const set = name && sets.get(name.text);
      if (!set) wrong(name, "the name of a set that was created above");
      else if (!what) wrong(what, `an entry of ${set.type}`);
      else if (set.dimensions) {
        const entry = entryOf(set, set.dimensions, what.text, rest, netmasks.get(set));
        if (entry) set.entries.push(entry);
        else wrong(what, `an entry of ${set.type}${set.family ? ` (${set.family})` : ""}`);
      }
    } else wrong(command, "create or add, as ipset save prints them");
  }
  return { sets, mistakes };
}

function wordsOf(line: string): Word[] {
  return [...line.matchAll(/"[^"]*"|\S+/g)].map(({ 0: text, index }) => ({ text, column: index + 1 }));
}
const optionOf = (words: readonly Word[], name: string): string | undefined =>
  words[words.findIndex(({ text }) => text === name) + 1 || words.length]?.text;

function created(name: string, type: string, rest: readonly Word[]): IpSet {
  const dimensions = type.slice(type.indexOf(":") + 1).split(",");
  const isEvaluated =
    dimensions.every((each) => PARTS.has(each)) && !NOT_EVALUATED.has(type) && optionOf(rest, "bitmask") === undefined;
  const family = optionOf(rest, "family") === "inet6" ? "ipv6" : "ipv4";
  return {
    name,
    type,
    dimensions: isEvaluated ? dimensions : null,
    family: WITHOUT_FAMILY.has(type) ? null : family,
    entries: [],
  };
}

function entryOf(
  set: IpSet,
  dimensions: readonly string[],
  text: string,
  rest: readonly Word[],
  netmask: number | undefined,
): Entry | undefined {
  const texts = text.split(",");
  if (texts.length !== dimensions.length) return undefined;
  const options = new Set(rest.map((word) => word.text));
  const parts = texts.map((each, at) => partOf(dimensions[at] ?? "", each, set, options.has("wildcard"), netmask));
  return parts.includes(undefined) ? undefined : { parts: parts as Part[], nomatch: options.has("nomatch") };
}

function partOf(
  dimension: string,
  text: string,
  set: IpSet,
  wildcard: boolean,
  netmask: number | undefined,
): Part | undefined {
  switch (dimension) {
    case "ip":
    case "net": {
      const range = addressesOf(text, netmask);
      const isSix = typeof range?.[0] === "bigint";
      return range && isSix === (set.family === "ipv6") ? { kind: "address", range } : undefined;
    }
    case "port":
      return portOf(text, set.type === "bitmap:port");
    case "mac": {
      const mac = readMac(text);
      return mac === undefined ? undefined : { kind: "mac", range: [mac, mac + 1] };
    }
    case "iface": {
      const physdev = text.startsWith("physdev:");
      return { kind: "iface", name: physdev ? text.slice(8) : text, wildcard, physdev };
    }
    default:
      return { kind: "set", name: text };
  }
}
function addressesOf(text: string, netmask: number | undefined): Range | undefined {
  const [first = "", end] = text.split("-");
  const [low, high] = [readPrefix(first), end === undefined ? undefined : readAddress(end)];
  if (end !== undefined) return low && high !== undefined ? [low[0], after(high)] : undefined;
  return low && netmask !== undefined ? prefixRange(low[0] as number | bigint, netmask) : low;
}

/** `80` where every entry is a port, `tcp:80`, `icmp:echo-request`, `gre:0`. */
function portOf(text: string, isBare: boolean): Part | undefined {
  const [first = "", second] = text.split(":");
  const isPlain = second === undefined;
  const protocol = isPlain ? 6 : protocolNumber(first);
  const value = isPlain ? first : second;
  if (protocol === undefined || (isBare && !isPlain)) return undefined;
  const names = own(MESSAGES, String(protocol));
  const [, type, code] = /^(\d+)\/(\d+)$/.exec(value) ?? [];
  const named = names && own(names, value);
  const port =
    type === undefined ? (named ?? (/^\d+$/.test(value) ? Number(value) : -1)) : Number(type) * 256 + Number(code);
  return port >= 0 && port < 0x10000 ? { kind: "port", protocol, port } : undefined;
}

const messages = (...types: readonly (readonly [type: number, ...codes: readonly string[]])[]) =>
  Object.fromEntries(
    types.flatMap(([type, ...codes]) =>
      codes.flatMap((name, code) => (name === "" ? [] : [[name, type * 256 + code] as const])),
    ),
  );
/** The names that `ipset save` prints for types and codes, by protocol: those of 7.17, asked of it one by one. */
const MESSAGES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  1: messages(
    [0, "echo-reply"],
    [
      3,
      ...["network", "host", "protocol", "port"].map((name) => `${name}-unreachable`),
      ...["fragmentation-needed", "source-route-failed", "network-unknown", "host-unknown", ""],
      ...["network-prohibited", "host-prohibited", "TOS-network-unreachable", "TOS-host-unreachable"],
      ...["communication-prohibited", "host-precedence-violation", "precedence-cutoff"],
    ],
    [4, "source-quench"],
    [5, "network-redirect", "host-redirect", "TOS-network-redirect", "TOS-host-redirect"],
    [8, "echo-request"],
    [9, "router-advertisement"],
    [10, "router-solicitation"],
    [11, "ttl-zero-during-transit", "ttl-zero-during-reassembly"],
    [12, "ip-header-bad", "required-option-missing"],
    [13, "timestamp-request"],
    [14, "timestamp-reply"],
    [17, "address-mask-request"],
    [18, "address-mask-reply"],
  ),
  58: messages(
    [1, "no-route", "communication-prohibited", "", "address-unreachable", "port-unreachable"],
    [2, "packet-too-big"],
    [3, "ttl-zero-during-transit", "ttl-zero-during-reassembly"],
    [4, "bad-header", "unknown-header-type", "unknown-option"],
    [128, "echo-request"],
    [129, "echo-reply"],
    [133, "router-solicitation"],
    [134, "router-advertisement"],
    [135, "neighbour-solicitation"],
    [136, "neighbour-advertisement"],
    [137, "redirect"],
  ),
};
