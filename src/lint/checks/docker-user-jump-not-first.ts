import { readPacket } from "../../facts/index.ts";
import { bind, type Chain, type Rule, ruleBody, toolOf } from "../../model/index.ts";
import { counted, ruleAt } from "../analysis.ts";
import type { Check } from "../define.ts";
import { find, type Met, meet } from "../reach.ts";

/** `friendly`: chains of other software that may stand before DOCKER-USER; `ufw-*` is a prefix. */
export const check: Check = function* (analysis, options) {
  const friendly = options["friendly"] as readonly string[];
  const isFriendly = (rule: Rule): boolean => {
    const name = bind(rule).target?.name ?? "";
    return friendly.some((each) => (each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : name === each));
  };
  for (const { table, docker, user } of analysis.userChains()) {
    const forward = table.chains.get("FORWARD");
    const index = forward?.rules.findIndex((rule) => bind(rule).target?.name === user.name) ?? -1;
    const jump = forward?.rules[index];
    if (!forward || !jump) continue;
    const earlier = forward.rules.slice(0, index).filter((rule) => !isFriendly(rule));
    if (earlier.length === 0) continue;
    const before: Chain = { ...forward, rules: forward.rules.slice(0, index) };
    const counts = (met: Met): boolean => !isFriendly((met.path[0] ?? met).rule);
    const names = docker.bridges.map(({ name }) => name);
    const toBridge = readPacket(table.family, { outInterface: names.join(",") });
    const accepting = find(meet(table, before, toBridge, analysis.host), (met) => met.ends === "accept" && counts(met));
    const anything = meet(table, before, readPacket(table.family, {}), analysis.host);
    const passing = find(anything, (met) => (met.ends === "accept" || met.ends === "unknown") && counts(met));
    const by = accepting && `${accepting.chain.name} rule ${accepting.number}`;
    const tool = toolOf(table.family);
    yield {
      ...ruleAt(table, forward, index + 1),
      message: accepting ? "accepts" : passing ? "earlier" : "harmless",
      data: {
        number: index + 1,
        earlier: `${counted(earlier.length, "rule")} ${earlier.length === 1 ? "runs" : "run"}`,
        bridge: names.length === 1 ? `${names[0]}` : "Docker's bridges",
        by: by ?? "",
        body: accepting ? ruleBody(accepting.rule) : "",
      },
      related: accepting
        ? [{ place: accepting.rule.place, message: `${by} can accept what DOCKER-USER would drop` }]
        : earlier.slice(0, 1).map(({ place }) => ({ place, message: "runs before DOCKER-USER" })),
      confidence: accepting ? "assumes" : "heuristic",
      fix: { safe: false, commands: [`${tool} -D FORWARD ${index + 1}`, `${tool} -I FORWARD 1 ${ruleBody(jump)}`] },
    };
  }
};
