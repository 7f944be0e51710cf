/** What the rules say of the Docker that wrote them: layout, bridges, published ports. docker.md 1.2. */
import type { Family, Host, Ranges } from "../../facts/index.ts";
import { type BoundRule, bind, type Chain, type Rule, type Ruleset, ruleBody, type Table } from "../../model/index.ts";
import { type Layout, layoutOf, versionsOf } from "./layout.ts";
import { interfaceHalves, isDockerName, OWN_CHAINS, USER_CHAIN } from "./names.ts";
import { interfaceOf, type Opened, openedBy, type Published, positive, publishedBy } from "./ports.ts";

export interface Bridge {
  readonly name: string;
  readonly subnet?: Ranges;
}
export interface Docker {
  readonly layout: Layout;
  readonly versions: string;
  /** Named by the rules; Docker's default bridge when they name none. */
  readonly bridges: readonly Bridge[];
  /** Interface names that lead to containers, and all others. */
  readonly inside: Ranges;
  readonly outside: Ranges;
  readonly published: readonly Published[];
  readonly opened: readonly Opened[];
  /** Docker's own chains, whether loaded here or not; the user's is not among them. */
  readonly chains: ReadonlySet<string>;
  readonly userChain: typeof USER_CHAIN;
}

/** null: nothing here is Docker's. */
export function recognise(ruleset: Ruleset, family: Family, host: Host): Docker | null {
  if (family === "bridge") return null;
  const named = (name: string): Table[] =>
    ruleset.tables.filter((table) => table.family === family && table.name === name);
  const filters = named("filter");
  const filter = filters.find((table) => layoutOf(table) !== null);
  const layout = filter && layoutOf(filter);
  if (!filter || !layout) return null;
  const nats = named("nat").filter(({ backend }) => backend === filter.backend);
  const bridges = bridgesOf(filter, nats);
  const names = bridges.map(({ name }) => name);
  return {
    layout,
    versions: versionsOf(layout),
    bridges,
    ...interfaceHalves(names, interfacesNamed(filter)),
    published: nats.flatMap((nat) => publishedBy(nat, host)),
    opened: openedBy(filter),
    chains: OWN_CHAINS,
    userChain: USER_CHAIN,
  };
}

/** net/core/dev.c dev_valid_name; a comma would be taken for the end of a name in a list of them. */
const IS_DEVICE = /^[^\s/:,]+$/;

function bridgesOf(filter: Table, nats: readonly Table[]): Bridge[] {
  const names = new Set<string>();
  for (const chain of filter.chains.values()) {
    for (const rule of chain.rules) {
      const bound = bind(rule);
      for (const told of interfaces(bound)) {
        const name = told.replace(/\+$/, "");
        if (tellsBridge(chain, bound, told) && IS_DEVICE.test(name)) names.add(name);
      }
    }
  }
  if (names.size === 0) names.add("docker0");
  const subnets = new Map<string, Ranges>();
  for (const rule of nats.flatMap((nat) => nat.chains.get("POSTROUTING")?.rules ?? [])) {
    const bound = bind(rule);
    const [source, out] = [positive(bound, "-s"), interfaceOf(bound, "-o")];
    const isOwn = bound.target?.name === "MASQUERADE" || bound.target?.name === "SNAT";
    if (isOwn && source && out !== undefined && names.has(out)) subnets.set(out, source.ranges);
  }
  return [...names].sort().map((name) => {
    const subnet = subnets.get(name);
    return subnet ? { name, subnet } : { name };
  });
}

/** Only Docker's own chains, and its jumps to them, speak of bridges under any name. */
function tellsBridge(chain: Chain, { target }: BoundRule, name: string): boolean {
  if (isDockerName(name)) return !name.endsWith("+");
  if (chain.name === USER_CHAIN) return false;
  return OWN_CHAINS.has(chain.name) || (chain.name === "FORWARD" && target?.name === "DOCKER");
}

const interfaces = (bound: BoundRule): string[] =>
  [interfaceOf(bound, "-i"), interfaceOf(bound, "-o")].filter((name) => name !== undefined);

function* interfacesNamed(filter: Table): Generator<string, void> {
  for (const { rules } of filter.chains.values()) for (const rule of rules) yield* interfaces(bind(rule));
}

const BR = String.raw`\S+`;
const SET = `-m set --match-set docker-ext-bridges-v[46] dst`;
const CT = `-m (conntrack --ctstate|state --state) RELATED,ESTABLISHED`;
/** Docker's rules in chains that it shares with others, as iptables-save prints them. docker.md 1.2. */
const TEMPLATES: Readonly<Record<string, readonly RegExp[]>> = {
  "filter FORWARD": [
    /^-j DOCKER-(USER|INGRESS|FORWARD|ISOLATION(-STAGE-1)?)$/,
    new RegExp(`^(-o ${BR}|${SET}) ${CT} -j ACCEPT$`),
    new RegExp(`^(-o ${BR}|${SET}) -j DOCKER$`),
    new RegExp(`^-i (${BR}) (! )?-o \\1 -j (ACCEPT|DROP)$`),
    new RegExp(`^-i ${BR} -j ACCEPT$`),
  ],
  "nat PREROUTING": [/^-m addrtype --dst-type LOCAL -j DOCKER(-INGRESS)?$/],
  "nat OUTPUT": [/^(! -d \S+ )?-m addrtype --dst-type LOCAL -j DOCKER(-INGRESS)?$/],
  "nat POSTROUTING": [
    new RegExp(`^-s \\S+ ! -o ${BR} -j (MASQUERADE|SNAT .*)$`),
    new RegExp(`^-o ${BR} -m addrtype --src-type LOCAL -j MASQUERADE$`),
    /^-s (\S+) -d \1 -p (\w+) -m \2 --dport \d+ -j MASQUERADE$/,
  ],
  "raw PREROUTING": [/^-d \S+ (! )?-i \S+ (-p (\w+) -m \3 --dport \d+ )?-j (DROP|ACCEPT)$/],
};

/** Whether Docker writes this rule by itself, as far as its text tells. */
export function isDockersOwn(table: Table, chain: Chain, rule: Rule, docker: Docker): boolean {
  if (docker.chains.has(chain.name)) return true;
  const templates = TEMPLATES[`${table.name} ${chain.name}`];
  if (!templates) return false;
  const body = ruleBody(rule);
  const [name] = interfaces(bind(rule));
  // a rule of this shape about another interface is the user's
  if (name !== undefined && !docker.bridges.some((bridge) => bridge.name === name)) return false;
  return templates.some((template) => template.test(body));
}
