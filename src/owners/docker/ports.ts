/** Container ports: those that a DNAT publishes, and those that Docker's own ACCEPT rules open. */
import type { Host, Ranges, Value } from "../../facts/index.ts";
import { type BoundRule, bind, meaningOf, type Rule, type Table } from "../../model/index.ts";

export interface Published {
  readonly protocol: number;
  /** Left out: every address of the host. */
  readonly hostAddress?: Ranges;
  readonly hostPort: number;
  readonly toAddress: Ranges;
  readonly toPort: number;
  readonly bridge?: string;
  readonly rule: Rule;
}
/** A container port that the DOCKER chain accepts. */
export interface Opened {
  readonly protocol: number;
  readonly address: Ranges;
  readonly port: number;
  readonly rule: Rule;
}

interface Asked {
  readonly text: string;
  readonly ranges: Ranges;
}
/** The value of an option that was given without `!`. */
export function positive(bound: BoundRule, flag: string): Asked | undefined {
  for (const { given } of bound.matches) if (given[flag] && !given[flag].negated) return given[flag].value as Asked;
  return undefined;
}
/** The interface of `-i` or `-o`, with or without `!`. */
export const interfaceOf = (bound: BoundRule, flag: "-i" | "-o"): string | undefined =>
  (bound.matches.find(({ name }) => name === "ip")?.given[flag]?.value as Asked | undefined)?.text;

/** A range longer than this is nobody's list of published ports. */
const LONGEST = 4096;

/** Every DNAT of the nat table that says which port becomes which: Docker's, swarm's and the user's own. */
export function publishedBy(nat: Table, host: Host): Published[] {
  return [...nat.chains.values()].flatMap(({ rules }) => rules.flatMap((rule) => publications(rule, host)));
}

function publications(rule: Rule, host: Host): Published[] {
  const bound = bind(rule);
  if (bound.target?.name !== "DNAT") return [];
  const { action } = meaningOf(rule, host);
  const effect = action.kind === "effects" ? action.effects[0] : undefined;
  const [protocol, from] = [single(positive(bound, "-p")?.ranges), positive(bound, "--dport")?.ranges];
  if (effect?.does !== "translate" || !effect.addresses || protocol === undefined || !from?.[0]) return [];
  const [low, end] = numbers(from[0]);
  const [toLow, toEnd] = effect.ports?.[0] ? numbers(effect.ports[0]) : [low, end];
  // a range onto another of a different size gives ports that the rule alone does not tell
  if (toEnd - toLow !== end - low || end - low > LONGEST) return [];
  const hostAddress = positive(bound, "-d")?.ranges;
  // `! -i docker0`: what comes from the bridge itself is not translated
  const input = bound.matches.find(({ name }) => name === "ip")?.given["-i"];
  const bridge = input?.negated ? (input.value as Asked).text : undefined;
  return Array.from({ length: end - low }, (_, i) => ({
    protocol,
    ...(hostAddress ? { hostAddress } : {}),
    hostPort: low + i,
    toAddress: effect.addresses ?? [],
    toPort: toLow + i,
    ...(bridge === undefined ? {} : { bridge }),
    rule,
  }));
}

/** `-d CIP/32 ! -i BR -o BR -p tcp -m tcp --dport 80 -j ACCEPT` in DOCKER. */
export function openedBy(filter: Table): Opened[] {
  return (filter.chains.get("DOCKER")?.rules ?? []).flatMap((rule) => {
    const bound = bind(rule);
    const [address, protocol, port] = [positive(bound, "-d"), positive(bound, "-p"), positive(bound, "--dport")];
    const [number, value] = [single(protocol?.ranges), single(port?.ranges)];
    if (bound.target?.name !== "ACCEPT" || !address || number === undefined || value === undefined) return [];
    return [{ protocol: number, address: address.ranges, port: value, rule }];
  });
}

const numbers = ([low, high]: readonly [Value, Value]): [number, number] => [Number(low), Number(high)];
const single = (ranges: Ranges | undefined): number | undefined => {
  const [range, more] = ranges ?? [];
  if (!range || more || Number(range[1]) - Number(range[0]) !== 1) return undefined;
  return Number(range[0]);
};
