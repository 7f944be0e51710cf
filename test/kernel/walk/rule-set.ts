/** Random rule-sets: all tables and chains of a host, with rules that fit the packets that are going to be sent. */
import {
  type MatchExtension,
  matches,
  type TargetExtension,
  targets,
  type Value,
} from "../../../src/extensions/index.ts";
import { builtinChains } from "../../../src/model/index.ts";
import { chance, OTHER, oneOf, type Pick, shuffled, sound } from "../draw.ts";
import { readRule } from "../ours.ts";
import { drawExample, restoreText } from "../spell.ts";
import { aimedWords } from "./aimed.ts";
import type { Aim, Family } from "./conversation.ts";
import { AH, DCCP, ESP, ICMP, ICMP6, IPCOMP, MOBILITY, SCTP, TCP, UDP, UDPLITE } from "./datagram.ts";

export interface DrawnChain {
  readonly name: string;
  /** null: a user chain that returns at its end. */
  readonly policy: string | null;
  /** What stands behind `-A CHAIN`. */
  readonly rules: readonly string[];
}
export interface DrawnTable {
  readonly family: Family | "bridge";
  readonly name: string;
  readonly chains: readonly DrawnChain[];
}

export function dumpOf(tables: readonly DrawnTable[], family: DrawnTable["family"]): string | undefined {
  const own = tables.filter((table) => table.family === family);
  if (own.length === 0) return undefined;
  const isBridge = family === "bridge";
  const lines = own.flatMap(({ name, chains }) => [
    `*${name}`,
    ...chains.map(({ name: chain, policy }) => `:${chain} ${policy ?? "-"}${isBridge ? "" : " [0:0]"}`),
    ...chains.flatMap(({ name: chain, rules }) => rules.map((rule) => `-A ${chain}${rule === "" ? "" : " "}${rule}`)),
    ...(isBridge ? [] : ["COMMIT"]),
  ]);
  return lines.map((line) => `${line}\n`).join("");
}

const TRACED = new Set(["PREROUTING", "OUTPUT"]);

export interface Wanted {
  readonly tables: readonly string[];
  /** Names of matches and targets that are not drawn. */
  readonly without: ReadonlySet<string>;
}

export function drawTables(
  pick: Pick,
  family: Family,
  { tables, without }: Wanted,
  aims: readonly Aim[],
): DrawnTable[] {
  const fitting = aims.filter(({ datagram }) => datagram.family === family);
  const busy = fitting.length > 0;
  return tables.map((name) => {
    const builtin = builtinChains(family, name);
    // a chain and the hooks that lead to it
    const users = busy
      ? USER.slice(0, pick(USER.length + 1)).map((chain) => ({ chain, hooks: builtin.filter(() => chance(pick, 60)) }))
      : [];
    const chains = [
      ...builtin.map((chain) => ({ chain, hooks: [chain], policy: "ACCEPT" })),
      ...users.filter(({ hooks }) => hooks.length > 0).map((user) => ({ ...user, policy: null })),
    ];
    return {
      family,
      name,
      chains: chains.map(({ chain, hooks, policy }, at) => {
        const further = chains.slice(Math.max(at + 1, builtin.length));
        const callable = further.filter((each) => hooks.every((hook) => each.hooks.includes(hook)));
        const count = busy ? pick(policy === null ? 4 : 5) : 0;
        const rules = Array.from({ length: count }, () =>
          drawRule(
            pick,
            { family, table: name, hooks, callable: callable.map((each) => each.chain), without },
            fitting,
          ),
        ).filter((rule) => rule !== null);
        const traces = name === "raw" && TRACED.has(chain) ? ["-j TRACE"] : [];
        const drops = policy !== null && name !== "nat" && chance(pick, 8);
        return { name: chain, policy: drops ? "DROP" : policy, rules: [...traces, ...rules] };
      }),
    };
  });
}
const HOOKS = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
const USER = ["alpha", "beta", "gamma"];

const OFTEN = ["own", "own", "one", "one", "one", "two"] as const;
const OFTEN_OF_RARE = ["own", "one", "one", "one", "two"] as const;
const VERDICTS = ["ACCEPT", "ACCEPT", "ACCEPT", "ACCEPT", "DROP", "DROP", "RETURN", "RETURN", "QUEUE"];

/** Where a rule is to stand. */
interface Stand {
  readonly family: Family;
  readonly table: string;
  readonly hooks: readonly string[];
  /** Chains that it may jump to. */
  readonly callable: readonly string[];
  readonly without: ReadonlySet<string>;
}

/** A rule that this project takes: what both would refuse is another test's. */
function drawRule(pick: Pick, stand: Stand, aims: readonly Aim[]): string | null {
  const tool = stand.family === "ipv4" ? "iptables-legacy" : "ip6tables-legacy";
  for (let tries = 0; tries < 20; tries++) {
    const words = drawWords(pick, stand, oneOf(pick, aims));
    const place = { family: stand.family, table: stand.table, chain: stand.hooks[0] ?? "" };
    const known = words.map((word) => (stand.callable.includes(word) ? OTHER : word));
    if (readRule(tool, { ...place, words: known }).problems.length === 0) return restoreText(words);
  }
  return null;
}

function drawWords(pick: Pick, { family, table, hooks, callable, without }: Stand, aim: Aim): string[] {
  const usable = (each: MatchExtension | TargetExtension) =>
    each.families.includes(family) &&
    !without.has(each.name) &&
    ![table, ...hooks].some((place) => NOT_IN[place]?.includes(each.name)) &&
    (each.placement?.tables?.includes(table) ?? true) &&
    (each.placement?.hooks === undefined || hooks.every((hook) => each.placement?.hooks?.includes(hook)));
  const others = matches.filter((each) => each.implicit === undefined && usable(each) && fitsProtocol(each, aim));
  const how = oneOf(pick, isUsual(aim) ? OFTEN : OFTEN_OF_RARE);
  // few packets are of other protocols than the usual ones: what asks about them is drawn first
  const ofProtocol = isUsual(aim) ? [] : narrowest(pick, others, ({ placement }) => placement?.protocols).slice(0, 1);
  const drawn = how === "own" ? [] : [...ofProtocol, ...shuffled(pick, others)].slice(0, how === "one" ? 1 : 2);
  const protocols = drawn.flatMap(({ placement, loadedBy, name }) => placement?.protocols ?? (loadedBy ? [name] : []));
  const protocol = protocols.length > 0 || chance(pick, 55) ? PROTOCOL[aim.datagram.protocol] : undefined;
  const words = ownWords(pick, family, hooks, aim, protocol);
  for (const match of drawn) words.push("-m", match.name, ...optionWords(pick, family, match, aim));
  const target = jump(pick, family, table, callable, targets.filter(usable), aim, protocol);
  // xt_TCPMSS.c find_syn_match
  const syn = target.includes("TCPMSS") && !drawn.some(({ name }) => name === "tcp");
  return [...words, ...(syn ? ["-m", "tcp", "--tcp-flags", "SYN,RST", "SYN"] : []), ...target];
}

const PROTOCOL: Readonly<Record<number, string>> = {
  [TCP]: "tcp",
  [UDP]: "udp",
  [UDPLITE]: "udplite",
  [SCTP]: "sctp",
  [DCCP]: "dccp",
  [ICMP]: "icmp",
  [ICMP6]: "ipv6-icmp",
  [ESP]: "esp",
  [AH]: "ah",
  [IPCOMP]: "ipcomp",
  [MOBILITY]: "mobility-header",
};
/** Those that ask for some of it, mostly with those that ask for the fewest first. */
function narrowest<T>(pick: Pick, all: readonly T[], asks: (each: T) => readonly unknown[] | undefined): T[] {
  const some = shuffled(
    pick,
    all.filter((each) => asks(each)),
  );
  return chance(pick, 70) ? some.sort((a, b) => (asks(a)?.length ?? 0) - (asks(b)?.length ?? 0)) : some;
}
const isUsual = ({ datagram: { protocol } }: Aim): boolean =>
  ([TCP, UDP, ICMP, ICMP6] as readonly number[]).includes(protocol);
/** A match for another protocol than the packet's decides nothing. */
function fitsProtocol({ placement, name }: MatchExtension, { datagram }: Aim): boolean {
  const own = PROTOCOL[datagram.protocol];
  if (placement?.protocols) return own !== undefined && placement.protocols.includes(own);
  return !["tcp", "udp", "sctp", "dccp", "icmp", "icmp6"].includes(name);
}

function ownWords(
  pick: Pick,
  family: Family,
  hooks: readonly string[],
  aim: Aim,
  protocol: string | undefined,
): string[] {
  const words: string[] = [];
  const entering = hooks.every((hook) => hook === "PREROUTING" || hook === "INPUT");
  const option = (name: string, percent: number) => {
    if (!chance(pick, percent)) return;
    const value = aimedWords(pick, "ip", name, aim);
    if (value) words.push(...(chance(pick, 20) ? ["!"] : []), name, ...value);
  };
  option("-s", 25);
  option("-d", 25);
  if (!hooks.includes("OUTPUT") && !hooks.includes("POSTROUTING")) option("-i", 15);
  if (!hooks.includes("PREROUTING") && !hooks.includes("INPUT") && !entering) option("-o", 15);
  if (protocol !== undefined) words.push("-p", protocol);
  else if (chance(pick, 5))
    words.push("!", "-p", oneOf(pick, ["tcp", "udp", "sctp", family === "ipv4" ? "icmp" : "ipv6-icmp"]));
  if (family === "ipv4" && chance(pick, 4)) words.push(...(chance(pick, 50) ? ["!"] : []), "-f");
  return words;
}

/**
 * Options of NAT that let the kernel choose, of sets that count or map, of CT that make two connections of one; and one
 * that names a file of another file system.
 */
const isLeftOut = (option: string): boolean =>
  /^--(?:random|random-fully|persistent|object-pinned|return-nomatch|(?:packets|bytes)-..|update-(?:sub)?counters|map-.+|zone(?:-.+)?)$/.test(
    option,
  );

function optionWords(pick: Pick, family: Family, extension: MatchExtension | TargetExtension, aim: Aim): string[] {
  const options = Object.keys(extension.options).filter((option) => !isLeftOut(option));
  return sound(pick, extension, shuffled(pick, options)).flatMap((option) => {
    const value = extension.options[option] as Value<unknown>;
    const words = aimedWords(pick, extension.name, option, aim) ?? drawExample(pick, value, family);
    return value.negatable && chance(pick, 20) ? ["!", option, ...words] : [option, ...words];
  });
}

/** A queue that nobody reads leaves nat undone, so that the next packet asks again: not told apart yet. */
const NOT_IN: Readonly<Record<string, readonly string[]>> = { nat: ["NFQUEUE"] };

function jump(
  pick: Pick,
  family: Family,
  table: string,
  callable: readonly string[],
  usable: readonly TargetExtension[],
  aim: Aim,
  protocol: string | undefined,
): string[] {
  if (callable.length > 0 && chance(pick, 40)) return [chance(pick, 30) ? "-g" : "-j", oneOf(pick, callable)];
  const others = usable.filter(
    ({ standard, placement, name }) =>
      !standard &&
      name !== "TRACE" &&
      (!placement?.protocols || (protocol !== undefined && placement.protocols.includes(protocol))),
  );
  const target = (each: TargetExtension) => ["-j", each.name, ...optionWords(pick, family, each, aim)];
  // what may stand at few hooks, or take few protocols, is drawn first
  const [rare] = narrowest(pick, others, ({ placement }) =>
    placement?.protocols || (placement?.hooks?.length ?? 5) < 3 ? (placement?.hooks ?? HOOKS) : undefined,
  );
  if (rare && chance(pick, 25)) return target(rare);
  if (chance(pick, 15)) return [];
  if (chance(pick, 45)) {
    const verdict = oneOf(pick, VERDICTS);
    return ["-j", verdict === "DROP" && table === "nat" ? "RETURN" : verdict];
  }
  if (others.length === 0) return [];
  // what may stand nowhere else
  const special = others.filter(({ placement }) => placement?.protocols || placement?.tables?.length === 1);
  return target(oneOf(pick, special.length > 0 && chance(pick, 50) ? special : others));
}
