/** Every lint rule that there is, and the presets that choose among them. */
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
  return rule ? { rule } : { rule: null, nearest: nearest(name) };
}

function nearest(name: string): string | null {
  const ranked = lintRules
    .map((rule) => ({ name: rule.name, far: distance(name.toLowerCase(), rule.name) }))
    .sort((a, b) => a.far - b.far);
  const [best] = ranked;
  if (best && best.far <= Math.max(2, name.length / 3)) return best.name;
  const holding = lintRules.filter((rule) => name.length > 2 && rule.name.includes(name.toLowerCase()));
  return holding.length === 1 ? (holding[0]?.name ?? null) : null;
}

/** Levenshtein. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
