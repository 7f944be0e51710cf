import { bind, type Rule, type Table, toolOf } from "../../model/index.ts";
import { USER_CHAIN } from "../../owners/index.ts";
import { chainAt, counted, ruleAt, takesAll } from "../analysis.ts";
import type { Check, Found } from "../define.ts";

export const check: Check = function* (analysis) {
  for (const table of analysis.tables) {
    const docker = table.name === "filter" ? analysis.docker(table.family) : null;
    // a file that holds nothing but DOCKER-USER is meant to be added to a running Docker
    if (!docker || docker.layout === "residue") continue;
    const user = table.chains.get(USER_CHAIN);
    if (!user) {
      if (docker.layout !== "L0" && docker.layout !== "L1a" && docker.layout !== "L1b") yield* expectations(table);
      continue;
    }
    const effective = user.rules.filter((rule) => !(takesAll(rule) && bind(rule).target?.name === "RETURN"));
    const at = chainAt(table, user);
    if (effective.length === 0 || !at || reaches(table, "FORWARD", USER_CHAIN)) continue;
    yield {
      ...at,
      message: "not-jumped",
      data: { rules: counted(effective.length, "rule") },
      related: effective.slice(0, 1).map(({ place }) => ({ place, message: "is not applied" })),
      confidence: "proven",
      fix: { safe: false, commands: [`${toolOf(table.family)} -I FORWARD -j ${USER_CHAIN}`] },
    };
  }
};

/** Rules that speak of DOCKER-USER where no such chain is; a jump to it is an undefined chain by itself. */
function* expectations(table: Table): Generator<Found, void> {
  for (const chain of table.chains.values()) {
    for (const [index, rule] of chain.rules.entries()) {
      if (!speaks(rule)) continue;
      return yield {
        ...ruleAt(table, chain, index + 1),
        message: "missing",
        data: {},
        confidence: "heuristic" as const,
      };
    }
  }
}
const speaks = (rule: Rule): boolean =>
  rule.text.includes(USER_CHAIN) &&
  bind(rule).matches.some(({ name, given }) => name === "comment" && JSON.stringify(given).includes(USER_CHAIN));

function reaches(table: Table, from: string, to: string): boolean {
  const seen = new Set([from]);
  for (const name of seen) {
    for (const rule of table.chains.get(name)?.rules ?? []) {
      const target = bind(rule).target?.name;
      if (target !== undefined && table.chains.has(target)) seen.add(target);
    }
  }
  return seen.has(to);
}
