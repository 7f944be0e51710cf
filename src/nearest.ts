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
