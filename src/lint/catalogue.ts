/** Every lint rule that there is, and the presets that choose among them. */
import { nearest } from "../nearest.ts";
import type { Check, LintRule } from "./define.ts";
import { checks, lintRules, presets } from "./generated/catalogue.ts";

export const rules = (): readonly LintRule[] => lintRules;
export const presetNames = (): readonly string[] => Object.keys(presets);
/** undefined: there is no such preset. */
export const rulesOf = (preset: string): readonly LintRule[] | undefined => {
  const names = Object.hasOwn(presets, preset) ? presets[preset] : undefined;
  return names && lintRules.filter(({ name }) => names.includes(name));
};
export function checkOf(rule: LintRule): Check {
  const check = checks[rule.check];
  if (!check) throw new Error(`lint rule ${rule.name} asks for the check ${rule.check}, which is not there`);
  return check;
}

/** A rule by its name; else the name that was probably meant. */
export function ruleNamed(
  name: string,
): { readonly rule: LintRule } | { readonly rule: null; readonly nearest: string | null } {
  const rule = lintRules.find((each) => each.name === name);
  return rule ? { rule } : { rule: null, nearest: nearestRule(name) };
}

function nearestRule(name: string): string | null {
  const near = nearest(
    name,
    lintRules.map((rule) => rule.name),
  );
  if (near !== undefined) return near;
  const holding = lintRules.filter((rule) => name.length > 2 && rule.name.includes(name.toLowerCase()));
  return holding.length === 1 ? (holding[0]?.name ?? null) : null;
}
