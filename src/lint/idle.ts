/** Idle rules in words: which of them a lint rule may speak of, and what makes them idle. */
import type { Related } from "../finding.ts";
import type { Table } from "../model/index.ts";
import type { Idle, Path } from "../proof/index.ts";
import { type Analysis, takesAll } from "./analysis.ts";

/** More rules than these are counted. */
const MOST_NAMED = 4;

/** Dead rules that no other lint rule has the word on: duplicates, and what stands behind the end of DOCKER-USER. */
export function* deadIn(analysis: Analysis, table: Table): Generator<Idle, void> {
  const users = new Set([...analysis.userChains()].map(({ user }) => user));
  for (const idle of analysis.proof(table).dead()) {
    const { chain, number, rule, by } = idle;
    if (analysis.look(table, rule).isWrong || analysis.duplicates(table, chain).has(number)) continue;
    const [path] = by;
    const last = path?.at(-1)?.rule;
    if (users.has(chain) && by.length === 1 && path?.length === 1 && last && takesAll(last)) continue;
    yield idle;
  }
}

/** `rule 3`, `rules 1 and 2 together`; those of other chains in brackets. */
export function namesOf(by: readonly Path[]): string {
  const names = [...new Set(sorted(by).map(nameOf))];
  const shown = names.slice(0, MOST_NAMED);
  const more = names.length - shown.length;
  const list = more > 0 ? [...shown, `${more} more`] : shown;
  const last = list.pop() ?? "";
  return list.length === 0 ? `rule ${last}` : `rules ${list.join(", ")} and ${last} together`;
}
const nameOf = (path: Path): string => {
  const [first, ...rest] = path;
  const inside = rest.map(({ chain, number }) => `${chain.name} rule ${number}`);
  return inside.length === 0 ? String(first?.number) : `${first?.number} (${inside.join(", ")})`;
};
const sorted = (by: readonly Path[]): readonly Path[] =>
  [...by].sort((a, b) => (a[0]?.number ?? 0) - (b[0]?.number ?? 0));

export function relatedTo(by: readonly Path[], does: string): readonly Related[] {
  const rules = new Map(
    sorted(by)
      .map((path) => path.at(-1))
      .flatMap((last) => (last?.rule ? [[last.rule, last] as const] : [])),
  );
  return [...rules].map(([rule, { chain, number }]) => ({
    place: rule.place,
    message: `${chain.name} rule ${number} ${does}`,
  }));
}
export const plural = (by: readonly Path[]): boolean => new Set(by.map(nameOf)).size > 1;
