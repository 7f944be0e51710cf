/** The known name that a mistyped one was probably meant to be. */

/** undefined when no name is near enough to be worth a guess. */
export function nearest(given: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let far = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const name of names) {
    if (Math.abs(name.length - given.length) >= far) continue;
    const steps = distance(given.toLowerCase(), name.toLowerCase());
    if (steps < far && steps < name.length) [best, far] = [name, steps];
  }
  return best;
}

/** All of the names, the most alike first. */
export const nearestFirst = (given: string, names: readonly string[]): readonly string[] =>
  names
    .map((name) => [distance(given.toLowerCase(), name.toLowerCase()), name] as const)
    .sort(([a], [b]) => a - b)
    .map(([, name]) => name);

/** Levenshtein, two letters the wrong way round counting as one step. */
function distance(a: string, b: string): number {
  let last: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isTurned = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const turned = isTurned ? (last[j - 2] ?? 0) + 1 : replaced;
      next.push(Math.min(replaced, turned, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    [last, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
