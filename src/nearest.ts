/** The known name that a mistyped one was probably meant to be. */

/** Longer words are no names. */
const LONGEST = 64;
/** Among more names than these one is near by chance. */
const MOST_NAMES = 10_000;

/** undefined when no name is near enough to be worth a guess. */
export function nearest(given: string, names: Iterable<string>): string | undefined {
  if (given.length > LONGEST) return undefined;
  const wanted = given.toLowerCase();
  let best: string | undefined;
  let far = Math.max(1, Math.floor(given.length / 3)) + 1;
  let left = MOST_NAMES;
  for (const name of names) {
    if (left-- === 0) break;
    if (Math.abs(name.length - given.length) >= far) continue;
    const steps = distance(wanted, name.toLowerCase(), far);
    if (steps < far && steps < name.length) [best, far] = [name, steps];
  }
  return best;
}

/** All of the names, the most alike first. */
export const nearestFirst = (given: string, names: readonly string[]): readonly string[] =>
  names
    .map((name) => [distance(given.toLowerCase(), name.toLowerCase(), Number.POSITIVE_INFINITY), name] as const)
    .sort(([a], [b]) => a - b)
    .map(([, name]) => name);

/** Levenshtein, two letters the wrong way round counting as one step; from `far` on it does not matter how far. */
function distance(a: string, b: string, far: number): number {
  let last: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isTurned = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const turned = isTurned ? (last[j - 2] ?? 0) + 1 : replaced;
      const steps = Math.min(replaced, turned, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
      least = Math.min(least, steps);
      next.push(steps);
    }
    // a turn looks two rows back
    if (least > far) return least;
    [last, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
