/** `query`: which packets reach a verdict or a rule, for people and as JSON. */
import { type Packet, packetJson } from "../facts/index.ts";
import type { Asked, QueryAnswer } from "../proof/index.ts";
import { packetWords } from "./packet-words.ts";
import { ruleJson, ruleLine } from "./rule-words.ts";
import { cubeJson, cubeWords, packetArgv, replayArgv } from "./sets.ts";
import type { Style } from "./style.ts";
import { safe } from "./text.ts";

/** `files`: the dumps as they were named, for what replays a witness. */
export function queryJson(packet: Packet, answers: readonly QueryAnswer[], files: readonly string[]): object {
  return {
    version: 1,
    packet: packetJson(packet),
    answers: answers.map((each) => ({
      ...askedJson(each.asked),
      empty: each.isEmpty,
      packets: each.cubes.map((cube) => cubeJson(cube, packet.family)),
      more: each.more,
      witness: each.witness && { packet: packetJson(each.witness), argv: replayArgv(each.witness, files) },
      carriedBy: each.carriers.map(({ id, rule }) => ({
        id,
        rule: rule && ruleJson(rule),
      })),
      truncated: each.truncated,
    })),
  };
}
const askedJson = (asked: Asked): object =>
  "verdict" in asked ? { verdict: asked.verdict, rule: null } : { verdict: null, rule: nameOf(asked) };
const nameOf = ({ rule: { layer, table, chain, number } }: Extract<Asked, { rule: unknown }>): string =>
  `${layer === "bridge" ? "eb:" : ""}${table}:${chain}:rule:${number}`;

export function* queryPretty(packet: Packet, answers: readonly QueryAnswer[], style: Style): Iterable<string> {
  yield `  of the packets  ${packetWords(packet)}`;
  for (const each of answers) {
    yield "";
    yield* answerPretty(each, packet, style);
  }
  if (answers.some(({ truncated }) => truncated))
    yield style.yellow("There are more ways than were followed: what is not listed is not proven not to be there.");
}

function* answerPretty(each: QueryAnswer, { family }: Packet, style: Style): Iterable<string> {
  const { asked, isEmpty, cubes, more, witness, carriers } = each;
  const goal = "verdict" in asked ? asked.verdict : safe(nameOf(asked));
  if (isEmpty) {
    yield `${style.bold(goal)}  no packet ${"verdict" in asked ? "ends so" : "matches it"}`;
    return;
  }
  yield `${style.bold(goal)}  ${"verdict" in asked ? "these packets" : "these packets match it"}:`;
  for (const cube of cubes) yield `    ${cubeWords(cube, family)}`;
  if (more) yield style.dim("    and more");
  if (witness) yield `  for example   ${safe(packetArgv(witness).join(" "))}`;
  else yield style.yellow("  no single packet of these was confirmed by a walk");
  for (const [at, carrier] of carriers.entries())
    yield `  ${at === 0 ? "decided by" : "          "}    ${ruleLine(carrier, style)}`;
}
