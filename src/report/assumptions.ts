/** What a walk took for granted, in words, and what would settle it. */
import type { Effect } from "../extensions/index.ts";
import { all, type Condition, type Field, fieldNames, fields, rowOf } from "../facts/index.ts";
import { type Meaning, meaningOf, type Rule } from "../model/index.ts";
import type { Assumption, World } from "../path/index.ts";
import { ruleWords } from "./rule-words.ts";

const OUT: Readonly<Record<string, string>> = {
  forwarded: "it is forwarded",
  "to this host": "it is for this host",
  "from the beginning": "it goes by the stated device from the beginning: its socket is bound to it",
  "after OUTPUT": "it is rerouted by the stated device after OUTPUT",
};

const VLAN: Readonly<Record<string, string>> = { none: "no VLAN tag", tagged: "a VLAN tag" };

/** Questions of the way itself, which no rule asks. */
export const QUESTIONS: Readonly<Record<string, { says(taken: string): string; settledBy: string | null }>> = {
  ctstate: { says: (taken) => `it is ${taken.replace("first", "the first packet")}`, settledBy: "--ctstate" },
  ctorigsrc: {
    says: (taken) => `its connection is ${taken} by this host`,
    settledBy: "--ctorigsrc, --ctorigdst",
  },
  inInterface: {
    says: (taken) => (taken.startsWith("none") ? "a process of this host sends it" : `it comes in by ${taken}`),
    settledBy: "-i",
  },
  outInterface: {
    says: (taken) => OUT[taken] ?? `it leaves by ${taken}`,
    settledBy: "-o, or the host's routes (--host)",
  },
  destination: {
    says: (taken) => `its destination is ${taken === "local" ? "this host" : taken}`,
    settledBy: "-d",
  },
  source: { says: (taken) => `its source is ${taken === "martian" ? "a martian" : taken}`, settledBy: "-s" },
  dontFragment: {
    says: (taken) => `it ${taken === "1" ? "must not" : "may"} be fragmented`,
    settledBy: null,
  },
  "next hop": {
    says: (taken) => `of the route's next hops the kernel's hash takes the one ${taken.replace("routed ", "")}`,
    settledBy: "-o",
  },
  route: {
    says: (taken) => (taken === "as before" ? "it leaves as before it was rewritten" : `it is routed anew ${taken}`),
    settledBy: "the host's routes (--host)",
  },
  rp_filter: { says: (taken) => `rp_filter is ${taken}`, settledBy: "the host's sysctl (--host)" },
  route_localnet: { says: (taken) => `route_localnet is ${taken}`, settledBy: "the host's sysctl (--host)" },
  "port unreachable": {
    says: (taken) =>
      taken === "sent by udp" ? "no process has the port, and udp says so" : "a rule or the routing sends the error",
    settledBy: "the packet that the error is about, before it in a log (--log)",
  },
  "sent by SYNPROXY": {
    says: (taken) => `it is ${taken === "yes" ? "" : "not "}sent by SYNPROXY`,
    settledBy: "the packet that SYNPROXY has answered, before it in a log (--log)",
  },
  fragments: {
    says: (taken) => (taken.startsWith("the last") ? `it is ${taken}` : "others of its packet are still to come"),
    settledBy: null,
  },
  multicast: { says: (taken) => `its multicast group is ${taken}`, settledBy: null },
  macDestination: { says: (taken) => `the frame is addressed to ${taken} MAC`, settledBy: "--mac-destination" },
  neighbour: {
    says: (taken) => `whom the host asks for the MAC ${taken}`,
    settledBy: "the host's neighbour table (--host)",
  },
  fdb: {
    says: (taken) =>
      taken.startsWith("learnt")
        ? `the bridge has ${taken.replace("learnt", "learnt the destination's MAC")}`
        : "the bridge has not learnt the destination's MAC: the frame is flooded to every port",
    settledBy: "the host's fdb (--host)",
  },
  "bridge-nf-call-iptables": {
    says: (taken) =>
      `IP tables ${taken === "1" ? "see" : "do not see"} bridged frames (bridge-nf-call-iptables ${taken})`,
    settledBy: "the host's sysctl (--host)",
  },
  "bridge-nf-filter-vlan-tagged": {
    says: (taken) =>
      `IP tables ${taken === "1" ? "see" : "do not see"} tagged frames (bridge-nf-filter-vlan-tagged ${taken})`,
    settledBy: "the host's sysctl (--host)",
  },
  vlanTag: {
    says: (taken) => `the frame ${taken.startsWith("of") ? "is" : "has"} ${VLAN[taken] ?? taken}`,
    settledBy: "--vlan-tag",
  },
  link: { says: (taken) => `for its VLAN the bridge has ${taken}`, settledBy: "the host's devices (--host)" },
  accept_source_route: { says: (taken) => `accept_source_route is ${taken}`, settledBy: "the host's sysctl (--host)" },
};
const isField = (fact: string): fact is Field => (fieldNames as readonly string[]).includes(fact);
const saidOf = (fact: string): string => (Object.hasOwn(fields, fact) ? rowOf(fact as Field).says : fact);

/** `ctstate does not match at filter:FORWARD:rule:3 (-o docker0 … -j ACCEPT)` */
export function assumptionWords({ fact, rule, taken }: Assumption, world: World): string {
  if (rule === null && taken.startsWith("routed by ") && !QUESTIONS[fact]) return `its ${saidOf(fact)} has it ${taken}`;
  if (rule === null) return QUESTIONS[fact]?.says(taken) ?? `${saidOf(fact)}: ${taken}`;
  const asked = ruleOf(rule, world);
  const answer = ANSWERS[taken] ?? (fact.startsWith("target ") ? `does ${taken}` : `is ${taken}`);
  return `${saidOf(fact)} ${answer} at ${rule}${asked ? ` (${ruleWords(asked)})` : ""}`;
}
const ANSWERS: Readonly<Record<string, string>> = {
  yes: "matches",
  no: "does not match",
  dropped: "is one that drops the packet",
  "not dropped": "is none that drops the packet",
};

/** The packet word or host fact that would settle it; null: nothing stated would, and why. */
export function settledBy({ fact, rule }: Assumption, world: World): { by: string | null; why: string } {
  const why = `${saidOf(fact)}: nothing that is stated settles it`;
  if (rule === null && QUESTIONS[fact]) return { by: QUESTIONS[fact].settledBy, why };
  if (isField(fact)) return { by: fields[fact].word, why };
  const asked = rule === null ? undefined : ruleOf(rule, world);
  const leaf = asked && leafOf(asks(meaningOf(asked, world.host)), fact);
  if (leaf?.is === "opaque") return { by: leaf.settledBy, why };
  return { by: null, why: leaf?.is === "chance" ? `${fact}: ${leaf.why}` : why };
}

/** What a rule's matches ask, and its target. */
const asks = ({ condition, action }: Meaning): Condition =>
  action.kind === "effects" ? all(condition, ...action.effects.flatMap(askedBy)) : condition;
const askedBy = (effect: Effect): readonly Condition[] =>
  effect.does === "if" ? [effect.condition, ...[...effect.yes, ...effect.no].flatMap(askedBy)] : [];

function leafOf(condition: Condition, key: string): Condition | undefined {
  if (condition.is === "all" || condition.is === "any")
    return condition.of.map((part) => leafOf(part, key)).find((leaf) => leaf !== undefined);
  if (condition.is === "not" || condition.is === "until") return leafOf(condition.of, key);
  return (condition.is === "opaque" || condition.is === "chance") && condition.key === key ? condition : undefined;
}

/** By its id; ipv4 and ipv6 chains of a host may share names, and then also what they ask. */
function ruleOf(id: string, { ruleset }: World): Rule | undefined {
  const [, eb, table, chain = "", number] = /^(eb:)?([^:]+):(.*):[a-z]+:(\d+)$/s.exec(id) ?? [];
  return ruleset.tables
    .filter(({ family, name }) => name === table && (family === "bridge") === (eb !== undefined))
    .map(({ chains }) => chains.get(chain)?.rules[Number(number) - 1])
    .find((rule) => rule !== undefined);
}
