/** A rule as it is shown in a walk. */
import { type Rule, ruleBody } from "../model/index.ts";
import type { Style } from "./style.ts";
import { safe } from "./text.ts";

/** Its text without its chain, which the step's id names; of a command, what it loads: its variables have values. */
export const ruleWords = (rule: Rule): string => {
  const written = /^(?:\[\d+:\d+\] )?-A \S+ ?(.*)$/s.exec(rule.text)?.[1];
  return (written ?? ruleBody(rule)) || "(every packet, no target)";
};
export const placeOf = ({ place }: Rule): string => safe(`${place.source.name}:${place.source.lineAt(place.start)}`);
/** As every JSON names it: where it stands, and its text there. */
export const ruleJson = ({ place: { source, start }, text }: Rule) => ({
  file: source.name,
  line: source.lineAt(start),
  text,
});

/** A rule that decides, by TRACE's name for it; null: no rule, the chain's end. */
export function ruleLine({ id, rule }: { readonly id: string; readonly rule: Rule | null }, style: Style): string {
  const words = rule ? `${safe(ruleWords(rule))}  ${style.dim(placeOf(rule))}` : style.dim("the end of the chain");
  return `${safe(id)}  ${words}`;
}
