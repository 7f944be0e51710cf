/** Random small dumps, and lists of commands to run on them: the same ones for the same `pick`. */
import type { Tool } from "../support/real-tools.ts";
import { chance, oneOf, type Pick } from "./draw.ts";

export interface Session {
  readonly tool: Tool;
  readonly tables: readonly string[];
  readonly dump: string;
  /** Words after the tool's name. */
  readonly commands: readonly (readonly string[])[];
}

const CHAINS = { filter: ["INPUT", "FORWARD", "OUTPUT"], nat: ["PREROUTING", "OUTPUT", "POSTROUTING"] } as const;
type TableName = keyof typeof CHAINS;
/** User chains: a dump's jumps go to later ones only, so it holds no loop. Commands may close one. */
const USER = ["alpha", "beta", "gamma"];
/** Beside them: chains that are not there. */
const NAMES = [...USER, ...USER, ...USER, "delta", "epsilon"];

/** Each part of a rule in several notations of the same: what is deleted may be written unlike what was added. */
const IP_PARTS = [
  ["-s 10.0.0.1", "-s 10.0.0.1/32", "--source 10.0.0.1", "-s 10.0.0.1/255.255.255.255"],
  ["-d 10.1.0.0/16", "-d 10.1.2.3/16", "--dst 10.1.0.0/255.255.0.0"],
  ["! -s 10.0.0.1", "! --src 10.0.0.1"],
  ["-p tcp", "-p 6", "--protocol TCP", "--proto tcp"],
  ["-p tcp --dport 22", "-p tcp -m tcp --dport 22", "-p tcp --destination-port ssh", "-p tcp -m tcp --dport=22:22"],
  ["-p udp --sport 53", "-p 17 -m udp --source-port 53"],
  ["-m comment --comment hello", "-m comment --comment=hello"],
  ["-m mark --mark 1", "-m mark --mark 0x1/0xffffffff"],
  ["-f", "--fragments"],
];
const SIX: readonly (readonly [RegExp, string])[] = [
  [/10\.0\.0\.1(\/32|\/255\.255\.255\.255)?/g, "fd00::1"],
  [/10\.1\.\d+\.\d+\/\S+/g, "fd00:1::/32"],
  [/10\.0\.0\.(\d)/g, "fd00::$1"],
];
const BRIDGE_PARTS = [
  ["-p IPv4", "-p ipv4", "-p 0x800", "--protocol IPv4"],
  ["-p ARP", "-p 0806"],
  ["-s 02:00:00:00:00:01", "--src 02:00:00:00:00:01", "-s 2:0:0:0:0:1"],
  // not `! -d`: behind `-I CHAIN` ebtables-nft takes the ! for a number
  ["-d ! Broadcast", "-d ! ff:ff:ff:ff:ff:ff", "--dst ! Broadcast"],
  ["-p IPv4 --ip-src 10.0.0.1", "-p IPv4 --ip-source 10.0.0.1/32"],
  ["--pkttype-type multicast", "--pkttype-type multicast"],
];
/** What the tools refuse. */
const BAD = ["--bogus", "-s 10.0.0.300", "-p tcp --dport 70000", "-j", "-p nosuchprotocol"];
const LISTS = ["-s 10.0.0.1,10.0.0.2", "-s 10.0.0.1,10.0.0.2 -d 10.0.0.3,10.0.0.4", "-d 10.0.0.5,10.0.0.1,10.0.0.5"];
const TARGETS = ["ACCEPT", "ACCEPT", "RETURN", "LOG", "DROP"];

export function drawSession(pick: Pick, tool: Tool): Session {
  const all = Object.keys(CHAINS) as TableName[];
  const tables = chance(pick, 80) ? [chance(pick, 75) ? all[0] : all[1]] : all;
  const dump = tables.map((table) => drawTable(pick, tool, table as TableName)).join("");
  const commands = Array.from({ length: 3 + pick(10) }, () => {
    const table = oneOf(pick, tables) as TableName;
    const words = drawCommand(pick, tool, table);
    const isDefault = table === "filter" && chance(pick, 70);
    if (isDefault) return words;
    // ebtables-nft runs -N and others as soon as it reads them
    return chance(pick, 90) || tool === "ebtables-nft" ? ["-t", table, ...words] : [...words, "--table", table];
  });
  return { tool, tables: tables as string[], dump, commands };
}

function drawTable(pick: Pick, tool: Tool, table: TableName): string {
  const isBridge = tool === "ebtables-nft";
  const users = USER.filter(() => chance(pick, 75));
  const policy = () => (chance(pick, 75) || table === "nat" ? "ACCEPT" : "DROP");
  const zero = isBridge ? "" : " [0:0]";
  // a chain that every kernel since 2.6.36 has
  const builtin = table === "nat" && !isBridge ? [...CHAINS.nat, "INPUT"] : CHAINS[table];
  const chains = [
    ...builtin.map((name) => `:${name} ${policy()}${zero}`),
    ...users.map((name) => `:${name} ${isBridge ? oneOf(pick, ["ACCEPT", "DROP", "RETURN"]) : "-"}${zero}`),
  ];
  const rules = [...CHAINS[table], ...users].flatMap((chain) => {
    const later = users.slice(users.indexOf(chain) + 1);
    return Array.from({ length: pick(4) }, () => `-A ${chain} ${drawBody(pick, tool, table, later).join(" ")}`);
  });
  return [`*${table}`, ...chains, ...rules, ...(isBridge ? [] : ["COMMIT"])].map((line) => `${line}\n`).join("");
}

/** A rule's words after its chain. */
function drawBody(pick: Pick, tool: Tool, table: TableName, chains: readonly string[]): string[] {
  const isBridge = tool === "ebtables-nft";
  const parts = (isBridge ? BRIDGE_PARTS : IP_PARTS).filter(([first]) => !(tool.startsWith("ip6") && first === "-f"));
  const what = chance(pick, 85) ? oneOf(pick, oneOf(pick, parts)) : "";
  const verdicts = TARGETS.filter((name) => !(isBridge && name === "LOG") && !(table === "nat" && name === "DROP"));
  const to = chains.length > 0 && chance(pick, 40) ? oneOf(pick, chains) : oneOf(pick, verdicts);
  const how = !isBridge && chains.includes(to) && chance(pick, 25) ? "-g" : "-j";
  const jump = chance(pick, 90) ? ` ${how} ${to}` : "";
  return wordsOf(`${what}${jump}`, tool);
}
const wordsOf = (text: string, tool: Tool): string[] => {
  const own = tool.startsWith("ip6") ? SIX.reduce((out, [from, to]) => out.replace(from, to), text) : text;
  return own.split(" ").filter((word) => word !== "");
};

function drawCommand(pick: Pick, tool: Tool, table: TableName): string[] {
  const isBridge = tool === "ebtables-nft";
  const chain = () => (chance(pick, 50) ? oneOf(pick, CHAINS[table]) : oneOf(pick, NAMES));
  const number = () => String(oneOf(pick, [1, 1, 1, 2, 2, 3, 4, 0, 9]));
  const body = () => {
    if (chance(pick, 6)) return wordsOf(oneOf(pick, BAD), tool);
    if (chance(pick, 12) && !isBridge) return wordsOf(`${oneOf(pick, LISTS)} -j ${oneOf(pick, TARGETS)}`, tool);
    return drawBody(pick, tool, table, NAMES);
  };
  const user = () => oneOf(pick, NAMES);
  // iptables-nft 1.8.9 deletes and renames built-in chains, which then work no more
  const isLegacy = tool.endsWith("-legacy");
  const kinds: readonly (() => string[])[] = [
    () => [oneOf(pick, ["-A", "-A", "--append"]), chain(), ...body()],
    () => [oneOf(pick, ["-A", "-A", "--append"]), chain(), ...body()],
    () => [oneOf(pick, ["-I", "--insert"]), chain(), ...body()],
    () => [oneOf(pick, ["-I", "--insert"]), chain(), number(), ...body()],
    () => [oneOf(pick, ["-D", "--delete"]), chain(), number()],
    () => ["-D", chain(), ...body()],
    () => ["-D", chain(), ...body()],
    () => (isBridge ? ["-F", chain()] : [oneOf(pick, ["-R", "--replace"]), chain(), number(), ...body()]),
    () => [oneOf(pick, ["-N", "--new-chain"]), chance(pick, 85) ? user() : oneOf(pick, ODD_NAMES)],
    () => ["-X", isLegacy && chance(pick, 20) ? chain() : user()],
    () => (chance(pick, 70) ? ["-X", user()] : ["-X"]),
    () => (chance(pick, 70) ? ["-F", chain()] : [oneOf(pick, ["-F", "--flush"])]),
    () => ["-P", chance(pick, 85) ? oneOf(pick, CHAINS[table]) : chain(), oneOf(pick, POLICIES)],
    () => [
      oneOf(pick, ["-E", "--rename-chain"]),
      isLegacy && chance(pick, 20) ? chain() : user(),
      chance(pick, 80) ? user() : oneOf(pick, CHAINS[table]),
    ],
    () => (chance(pick, 50) ? ["-Z"] : ["-Z", chain()]),
    () => [oneOf(pick, ["-C", "--check"]), chain(), ...body()],
  ];
  const drawn = kinds[pick(kinds.length - (isBridge ? 1 : 0))];
  return drawn ? drawn() : [];
}
const POLICIES = ["ACCEPT", "ACCEPT", "DROP", "DROP", "RETURN", "REJECT"];
const ODD_NAMES = ["ACCEPT", "LOG", "-x", "!x", "INPUT", "a-name-of-twenty-nine-letters"];
