/** Random ebtables rules: each has a watcher whose prefix is its own, so that every rule that matches prints a line. */
import { matches, targets, type Value } from "../../../src/extensions/index.ts";
import { chance, OTHER, oneOf, type Pick, shuffled, sound } from "../draw.ts";
import { readRule } from "../ours.ts";
import { drawExample, restoreText } from "../spell.ts";
import { aimedWords } from "./aimed.ts";
import type { Aim } from "./conversation.ts";
import type { DrawnTable } from "./rule-set.ts";

const TABLES = { filter: ["INPUT", "FORWARD", "OUTPUT"], nat: ["PREROUTING", "OUTPUT", "POSTROUTING"] } as const;
const USER = ["up", "down"];
const POLICIES = ["RETURN", "RETURN", "ACCEPT", "DROP"];

export function drawBridgeTables(pick: Pick, aims: readonly Aim[], without: ReadonlySet<string>): DrawnTable[] {
  let count = 0;
  return Object.entries(TABLES).map(([name, builtin]) => {
    const hooks = USER.map(() => oneOf(pick, builtin));
    const chains = [
      ...builtin.map((chain) => ({ chain, hook: chain, policy: chance(pick, 4) ? "DROP" : "ACCEPT" })),
      ...USER.map((chain, at) => ({ chain, hook: hooks[at] as string, policy: oneOf(pick, POLICIES) })),
    ];
    return {
      family: "bridge" as const,
      name,
      chains: chains.map(({ chain, hook, policy }) => {
        const callable = USER.filter((_, at) => hooks[at] === hook && chain === hook);
        const rules = Array.from({ length: aims.length === 0 ? 0 : pick(4) }, () => {
          const stand = { table: name, hook, callable, without };
          return drawRule(pick, stand, oneOf(pick, aims), `TRACE: eb:${name}:${chain}:${++count}`);
        });
        const watched = builtin.some((each) => each === chain) ? [watcher(`TRACE: eb:${name}:${chain}`).join(" ")] : [];
        return {
          name: chain,
          policy,
          rules: [...watched.map((rule) => `${rule} -j CONTINUE`), ...rules.filter((rule) => rule !== null)],
        };
      }),
    };
  });
}

const watcher = (prefix: string): string[] => [
  "--log-level",
  "notice",
  "--log-prefix",
  `"${prefix}"`,
  "--log-ip",
  "--log-ip6",
];

interface Stand {
  readonly table: string;
  readonly hook: string;
  readonly callable: readonly string[];
  readonly without: ReadonlySet<string>;
}

function drawRule(pick: Pick, stand: Stand, aim: Aim, prefix: string): string | null {
  for (let tries = 0; tries < 20; tries++) {
    const [body, jump] = drawWords(pick, stand, aim);
    const known = jump.map((word) => (stand.callable.includes(word) ? OTHER : word));
    const place = { family: "bridge" as const, table: stand.table, chain: stand.hook };
    if (readRule("ebtables-nft", { ...place, words: [...body, ...known] }).problems.length > 0) continue;
    return [restoreText(body), watcher(prefix).join(" "), restoreText(jump)].filter((part) => part !== "").join(" ");
  }
  return null;
}

const KINDS = { ipv4: "IPv4", ipv6: "IPv6" } as const;

function drawWords(pick: Pick, { table, hook, callable, without }: Stand, aim: Aim): [string[], string[]] {
  const protocol = KINDS[aim.datagram.family];
  const fits = (
    placement: { tables?: readonly string[]; hooks?: readonly string[]; protocols?: readonly string[] } | undefined,
  ) =>
    (placement?.tables?.includes(table) ?? true) &&
    (placement?.hooks?.includes(hook) ?? true) &&
    (placement?.protocols?.includes(protocol) ?? true);
  const usable = matches.filter(
    ({ families, implicit, name, placement }) =>
      families.includes("bridge") &&
      implicit === "other" &&
      !without.has(name) &&
      !without.has(`bridge ${name}`) &&
      // every rule has one
      name !== "log" &&
      fits(placement),
  );
  // what asks about the packet inside takes one of the two kinds only
  const inner = usable.filter(({ placement }) => placement?.protocols && chance(pick, 30));
  const drawn = [...new Set([...inner, ...shuffled(pick, usable)])].slice(0, oneOf(pick, [0, 1, 1, 2]));
  const own = (option: string, percent: number) => {
    const words = chance(pick, percent) ? aimedWords(pick, "frame", option, aim) : null;
    return words ? [option, ...(chance(pick, 20) ? ["!"] : []), ...words] : [];
  };
  const needs = drawn.some(({ placement }) => placement?.protocols);
  const body = [
    ...(needs || chance(pick, 30) ? ["-p", protocol] : []),
    ...own("-s", 20),
    ...own("-d", 20),
    ...(hook === "OUTPUT" || hook === "POSTROUTING" ? [] : own("-i", 20)),
    ...(hook === "INPUT" || hook === "PREROUTING" ? [] : own("-o", 20)),
    ...drawn.flatMap((match) => optionWords(pick, match, aim)),
  ];
  if (callable.length > 0 && chance(pick, 35)) return [body, ["-j", oneOf(pick, callable)]];
  if (chance(pick, 70))
    return [body, ["-j", oneOf(pick, ["CONTINUE", "CONTINUE", "CONTINUE", "ACCEPT", "DROP", "RETURN"])]];
  const others = targets.filter(
    ({ families, name, placement, standard }) =>
      families.includes("bridge") && !standard && !without.has(name) && fits(placement),
  );
  const target = others.length > 0 ? oneOf(pick, others) : null;
  return [body, target ? ["-j", target.name, ...optionWords(pick, target, aim)] : ["-j", "CONTINUE"]];
}

function optionWords(pick: Pick, extension: (typeof matches)[number] | (typeof targets)[number], aim: Aim): string[] {
  const asked = sound(pick, extension, shuffled(pick, Object.keys(extension.options)));
  // without it they write a MAC of zeros
  const needed = Object.keys(extension.options).filter((option) => /^--to-(?:src|dst)$/.test(option));
  return [...new Set([...needed, ...asked])].flatMap((option) => {
    const value = extension.options[option] as Value<unknown>;
    const words = aimedWords(pick, extension.name, option, aim) ?? drawExample(pick, value, "bridge");
    return value.negatable && chance(pick, 20) ? [option, "!", ...words] : [option, ...words];
  });
}
