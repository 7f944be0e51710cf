/** `diff`: packets that two rule-sets treat differently, for people and as JSON. */
import { type Packet, packetJson } from "../facts/index.ts";
import type { Difference, Differences, Outcome, Responsible } from "../proof/index.ts";
import { ruleJson, ruleLine } from "./rule-words.ts";
import { cubeJson, cubeWords, packetArgv, replayArgv } from "./sets.ts";
import type { Style } from "./style.ts";
import { safe } from "./text.ts";

/** What was asked of one family, and the dumps of both sides as they were named. */
export interface Compared {
  readonly packet: Packet;
  readonly found: Differences;
}

export function diffJson(
  compared: readonly Compared[],
  files: readonly [readonly string[], readonly string[]],
): object {
  return {
    version: 1,
    differences: compared.flatMap(({ packet, found }) =>
      found.differences.map((each) => ({
        family: packet.family,
        connections: each.isExisting ? "existing" : "opening",
        before: each.before && outcomeJson(each.before),
        after: each.after && outcomeJson(each.after),
        packets: each.cubes.map((cube) => cubeJson(cube, packet.family)),
        more: each.more,
        witness: each.witness && {
          packet: packetJson(each.witness),
          before: replayArgv(each.witness, files[0]),
          after: replayArgv(each.witness, files[1]),
        },
        rules: { before: each.oldRules.map(responsibleJson), after: each.newRules.map(responsibleJson) },
      })),
    ),
    truncated: compared.some(({ found }) => found.truncated),
  };
}
const outcomeJson = ({ verdict, how }: Outcome): object => ({ verdict, how: how === "" ? null : how });
const responsibleJson = ({ id, rule }: Responsible): object => ({ id, rule: rule && ruleJson(rule) });

export function* diffPretty(compared: readonly Compared[], style: Style): Iterable<string> {
  const all = compared.flatMap(({ packet, found }) => found.differences.map((each) => ({ packet, each })));
  for (const { packet, each } of all) {
    yield* differencePretty(each, packet, compared.length > 1, style);
    yield "";
  }
  if (compared.some(({ found }) => found.truncated))
    yield style.yellow("There are more ways than were followed: what is not listed is not proven to be the same.");
  const groups = `${all.length} group${all.length === 1 ? "" : "s"} of packets`;
  yield all.length === 0
    ? style.green("no difference: every packet ends the same way")
    : `${style.bold(groups)} that end otherwise`;
}

function* differencePretty(each: Difference, packet: Packet, isOneOfTwo: boolean, style: Style): Iterable<string> {
  const { before, after, isExisting, cubes, more, witness, oldRules, newRules } = each;
  const who = `${isOneOfTwo ? `${packet.family === "ipv6" ? "IPv6" : "IPv4"}, ` : ""}${isExisting ? "connections that exist already" : "new connections"}`;
  yield `${changed(before, after, style)}  ${style.dim(`(${who})`)}`;
  for (const cube of cubes) yield `    ${cubeWords(cube, packet.family)}`;
  if (more) yield style.dim("    and more");
  if (witness) yield `  for example  ${safe(packetArgv(witness).join(" "))}`;
  yield* side("before", oldRules, style);
  yield* side("now", newRules, style);
}

/** More rules than these are counted. */
const MOST_RULES = 6;
function* side(name: string, rules: readonly Responsible[], style: Style): Iterable<string> {
  for (const [at, rule] of rules.slice(0, MOST_RULES).entries())
    yield `  ${(at === 0 ? name : "").padEnd(11)}  ${ruleLine(rule, style)}`;
  if (rules.length > MOST_RULES) yield `  ${"".padEnd(11)}  and ${rules.length - MOST_RULES} more`;
}

function changed(before: Outcome | null, after: Outcome | null, style: Style): string {
  const one = (outcome: Outcome) => {
    const paint = outcome.verdict === "ACCEPT" ? style.green : style.red;
    return `${paint(style.bold(outcome.verdict))}${outcome.how === "" ? "" : ` ${safe(outcome.how)}`}`;
  };
  if (before && after) return `was ${one(before)}, now ${one(after)}`;
  return before ? `may be ${one(before)} no longer` : `may now be ${one(after as Outcome)} as well`;
}
