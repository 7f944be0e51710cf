/** A rule as it is shown in a walk. */
import { type Rule, ruleBody } from "../model/index.ts";
import { safe } from "./text.ts";

/** Its text without its chain, which the step's id names; of a command, what it loads: its variables have values. */
export const ruleWords = (rule: Rule): string => {
  const written = /^(?:\[\d+:\d+\] )?-A \S+ ?(.*)$/s.exec(rule.text)?.[1];
  return (written ?? ruleBody(rule)) || "(every packet, no target)";
};
export const placeOf = ({ place }: Rule): string => safe(`${place.source.name}:${place.source.lineAt(place.start)}`);
