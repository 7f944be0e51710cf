/** The least of a text that still fails: lines, then words, then characters are left out, large pieces first. */

/** A text that hangs takes seconds to try. */
const LONGEST_MS = 60_000;

export function shrunk(text: string, fails: (less: string) => boolean): string {
  const until = Date.now() + LONGEST_MS;
  return [/(?<=\n)/, /(?<=[ \t])/, /(?:)/].reduce((least, end) => without(least.split(end), fails, until), text);
}

function without(parts: readonly string[], fails: (less: string) => boolean, until: number): string {
  let left = parts;
  for (let size = left.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < left.length && Date.now() < until; ) {
      const less = left.toSpliced(at, size);
      if (fails(less.join(""))) left = less;
      else at += size;
    }
  }
  return left.join("");
}
