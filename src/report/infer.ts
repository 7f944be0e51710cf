/** `infer`: the rule-set that a log implies, as save files with what is certain and what is a guess beside each rule. */
import type { Inferred, InferredChain, InferredRule } from "../drift/index.ts";
import { safe } from "./text.ts";

const TOOLS = { ipv4: "iptables", ipv6: "ip6tables" } as const;

export function inferJson({ lines, packets, tables }: Inferred): object {
  return { version: 1, lines, packets, tables };
}

/** One family's, as the save tool of that family prints it; loadable, comments aside. */
export function* inferSave({ packets, tables }: Inferred, family: keyof typeof TOOLS): Iterable<string> {
  yield `# The least rule-set that prints this log's ${packets} packets (${TOOLS[family]}).`;
  yield "# Numbers, jumps and order are the log's; what a rule asks for is the plainest guess that fits.";
  for (const { name, chains, loadedLater } of tables.filter((table) => table.family === family)) {
    if (loadedLater)
      yield `# ${safe(name)}: packets passed its place before its first line: it was loaded while the log was written`;
    yield `*${safe(name)}`;
    for (const chain of chains) yield `:${safe(chain.name)} ${chain.policy ?? "-"} [0:0]`;
    for (const chain of chains) {
      if (chain.rules.length > 0 || chain.policySeen) yield `# ${safe(chainText(chain))}`;
      for (const rule of chain.rules) {
        yield `# ${safe(`${chain.name} ${rule.number}: ${ruleText(rule)}`)}`;
        yield safe(rule.text);
      }
    }
    yield "COMMIT";
  }
}

function chainText({ name, rules, whole, policy, policySeen }: InferredChain): string {
  const count = `${rules.length} ${rules.length === 1 ? "rule" : "rules"}`;
  const size = whole ? `exactly ${count}` : `at least ${count}`;
  if (policy === null) return `${name}: ${size}`;
  return `${name}: ${size}; ${policySeen ? `policy ${policy} seen` : "its policy was not seen"}`;
}

function ruleText({ matched, passedOver, certain, guess }: InferredRule): string {
  const counts = `matched ${matched}, passed over by ${passedOver}`;
  return `${counts}; certain: ${certain}${guess === null ? "" : `; guessed: ${guess}`}`;
}
