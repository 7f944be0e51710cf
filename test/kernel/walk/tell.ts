/** A failure as a test case: dumps, what was sent, the command that walks the packet, and what the kernel printed. */
import { fieldNames, rowOf } from "../../../src/facts/index.ts";
import type { Case } from "./case.ts";
import type { Action } from "./conversation.ts";
import type { Disagreement } from "./judge.ts";
import { type DrawnTable, dumpOf } from "./rule-set.ts";
import type { Result } from "./session.ts";

const FILES = { ipv4: "iptables.save", ipv6: "ip6tables.save", bridge: "ebtables.save" } as const;

export function told(of: Case, disagreement: Disagreement): string {
  const used = of.tables.filter((table) => isUsed(table));
  const dumps = (["ipv4", "ipv6", "bridge"] as const).flatMap((family) => {
    const text = dumpOf(used, family);
    return text === undefined ? [] : [`${FILES[family]}:\n${text}`];
  });
  return [
    disagreement.why,
    ...dumps,
    ...of.actions.map((action, at) => `action ${at}: ${sentence(action)}`),
    `packet of action ${disagreement.action}: ${words(disagreement.packet)}`,
    "the kernel:",
    ...disagreement.lines.map((line) => `  ${line}`),
    "predicted:",
    ...disagreement.steps.map((step) => `  ${step}`),
  ].join("\n");
}

const isUsed = ({ chains }: DrawnTable): boolean =>
  chains.some(({ policy, rules }) => policy === "DROP" || policy === null || rules.length > 0);

function sentence(action: Action): string {
  if (action.kind === "answer") return `answer to ${action.to}: ${JSON.stringify(action.answer)}`;
  const { body, ...datagram } = action.datagram;
  const how =
    action.kind === "send"
      ? `${action.from} > ${action.to} by ${action.wire}`
      : `of this host, mark ${action.mark}, uid ${action.uid}`;
  return `${how}: ${JSON.stringify({ ...datagram, body: `${body.length / 2} bytes` })}`;
}

/** As the command line takes it. */
function words(packet: string): string {
  const json = JSON.parse(packet) as Record<string, string | null>;
  return fieldNames
    .filter((name) => json[name] !== undefined)
    .map((name) => `${rowOf(name).word} ${json[name] ?? "none"}`)
    .join(" ");
}

/** What was compared, and how often each extension decided a rule. */
export function summary({ cases, packets, lines, failures, tally, never, refused }: Result): string {
  const matches = [...tally.matches].sort().map(([name, { matched, failed }]) => `${name} ${matched}+${failed}`);
  const targets = [...tally.targets].sort().map(([name, count]) => `${name} ${count}`);
  return [
    `${cases} cases, ${packets} packets, ${lines} lines compared: ${failures.length} disagreements`,
    `matches, as often as they held + as often as they ended a rule: ${matches.join(", ")}`,
    `targets: ${targets.join(", ")}`,
    `decided no rule: ${never.join(", ") || "none"}`,
    `${refused.size} rules refused by the tools or the kernel`,
  ].join("\n");
}
