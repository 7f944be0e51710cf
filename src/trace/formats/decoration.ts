/** What loggers put before the kernel's message. Measured: semantics 1.7, recording f01-line-prefixes. */
const BRACKET = String.raw`\[[^\]]{0,40}\]`;
const DATE = [
  String.raw`[A-Z][a-z]{2} +\d+ \d\d:[\d:.]+`,
  String.raw`(?:[A-Z][a-z]{2} )?\d{4}-\d\d-\d\d[T ][\d:.,]+(?:[+-][\d:]+|Z| [A-Z]{3,5})?`,
  String.raw`\d+\.\d+`,
].join("|");
/** Facility and level by name (dmesg -x), by number, and the version of RFC 5424. */
const LEVEL = String.raw`(?:[a-z]+ *:[a-z]+ *: ?)?(?:<\d+>)?(?:1 )?`;
const DECORATION = new RegExp(
  [
    String.raw`^(?:\d+,\d+,\d+,[^;]{0,80};` /* /dev/kmsg */,
    String.raw`|\s*"msg": "` /* dmesg -J */,
    `|${LEVEL}(?:(?:${DATE}|${BRACKET}) ?)?` /* dmesg, syslog */,
    String.raw`(?:[^\s:]+ (?:kernel(?:: ?| - - - )(?:${BRACKET} ?)?|(?:xtables-monitor|nft)(?:\[\d+\])?: ?))?)`,
  ].join(""),
);

/** The kernel's message alone. A LOG prefix is part of the message, so no `TRACE: ` inside one is mistaken for a line's start. */
export function undecorated(line: string): string {
  if (line.startsWith("TRACE: ")) return line;
  const decoration = DECORATION.exec(line)?.[0] ?? "";
  return line.slice(decoration.length, decoration.endsWith('"') && line.endsWith('"') ? -1 : undefined);
}

/** Of /dev/kmsg microseconds (Documentation/ABI/testing/dev-kmsg). What is behind `<` or `+` in a bracket is a difference. */
const TIMES = [/^\d+,\d+,(\d+),/, new RegExp(`^${LEVEL}(${DATE})`), /\[ *([^\]<+]*?) *(?:<[^\]]*)?\]/];

/** When a line was printed, in its own words; null: it does not say. */
export function timeOf(line: string): string | null {
  const decoration = DECORATION.exec(line)?.[0] ?? "";
  for (const time of TIMES) {
    const text = time.exec(decoration)?.[1];
    if (text) return text;
  }
  return null;
}
