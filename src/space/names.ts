/** Which interface names can be: a stretch of names in order may hold none, and no set may count on one of it. */

/** net/core/dev.c dev_valid_name: no slash, colon or space, at most 15 bytes; here printable ASCII only. */
const MOST = 15;
const isAllowed = (char: string): boolean => char > " " && char <= "~" && char !== "/" && char !== ":";
const NEXT: readonly string[] = Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at)).filter(isAllowed);
const FIRST = NEXT[0] as string;

/** The least name that is not below `low`; undefined: there is none. */
export function firstName(low: string): string | undefined {
  const wrong = [...low].findIndex((char) => !isAllowed(char));
  if (low.length > 0 && wrong < 0 && low.length <= MOST) return low;
  const at = wrong < 0 || wrong > MOST ? MOST : wrong;
  const kept = low.slice(0, at);
  const least = at < MOST && at < low.length ? NEXT.find((char) => char >= (low[at] as string)) : undefined;
  if (least) return kept + least;
  return low === "" ? FIRST : raise(kept);
}

/** The least name above all that begin so. */
function raise(text: string): string | undefined {
  for (let at = text.length - 1; at >= 0; at--) {
    const next = NEXT.find((char) => char > (text[at] as string));
    if (next) return text.slice(0, at) + next;
  }
  return undefined;
}

/** A name of [low, high) that reads well, if there is one. */
export function nameWithin(low: string, high: string): string | undefined {
  const first = firstName(low);
  if (first === undefined || first >= high) return undefined;
  const stem = low.replace(/[\0\uffff].*$/s, "");
  const nice = ["eth0", "ens0", "if0", `${stem}0`, `${stem}a`].find(
    (name) => name >= low && name < high && firstName(name) === name,
  );
  return nice ?? first;
}
