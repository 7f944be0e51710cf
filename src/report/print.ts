/** `print`: the dump again, canonical, as text or as its syntax in JSON. */

import type { Problem } from "../finding.ts";
import { bind, type Chain, type LoadedDump, type Rule, type Ruleset, ruleText, type Table } from "../model/index.ts";

/** `ruleset`: what is loaded after changes; null: each dump by itself. */
export function printJson(dumps: readonly LoadedDump[], ruleset: Ruleset | null): object {
  return {
    version: 1,
    tables: ruleset === null ? null : ruleset.tables.map(tableJson),
    dumps: dumps.map(({ dump, tables, problems }) => ({
      file: dump.source.name,
      tables: ruleset ? [] : tables.map(tableJson),
      problems: problems.map(problemJson),
    })),
  };
}

const tableJson = ({ family, backend, name, chains }: Table): object => ({
  family,
  backend,
  name,
  chains: [...chains.values()].map(chainJson),
});
const chainJson = ({ name, policy, builtin, rules }: Chain): object => ({
  name,
  builtin,
  policy,
  rules: rules.map((rule, at) => ruleJson(rule, at + 1)),
});

function ruleJson(rule: Rule, number: number): object {
  const { source, start } = rule.place;
  const { matches, target } = bind(rule);
  return {
    line: source.lineAt(start),
    number,
    text: rule.text,
    canonical: ruleText(rule),
    matches: matches.map(({ name, extension, given, carried }) => ({
      name,
      known: extension !== null,
      options: Object.entries(extension?.options ?? {}).flatMap(([flag, value]) => {
        const one = given[flag];
        return one
          ? [{ flag, negated: one.negated, words: value.write(one.value, one.negated, rule.saver) ?? [] }]
          : [];
      }),
      carried: carried.map(({ text }) => text),
    })),
    target: target && { how: target.how, name: target.name, known: target.extension !== null },
  };
}

const problemJson = ({ rule, data, place }: Problem): object => ({ rule, ...place.source.position(place.start), data });
