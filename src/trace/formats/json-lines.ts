/**
 * Loggers that write an object a line: `journalctl -o json` (MESSAGE, systemd.journal-fields(7)), Docker's json-file
 * driver (log), and others that name the text msg or message.
 */
const NAMES = ["MESSAGE", "log", "msg", "message"] as const;

interface Unwrapped {
  readonly text: string;
  /** The object that the line is. */
  readonly entry: Readonly<Record<string, unknown>> | null;
}

/** The text that the line carries; the line itself where it is no object with one. */
export function unwrapped(line: string): Unwrapped {
  if (!line.startsWith("{")) return { text: line, entry: null };
  const entry = parse(line);
  const name = NAMES.find((each) => entry !== null && each in entry);
  const text = name === undefined ? undefined : entry?.[name];
  if (typeof text === "string") return { text: text.replace(/\r?\n$/, ""), entry };
  // journald writes what is not printable as numbers
  if (Array.isArray(text) && text.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256))
    return { text: String.fromCharCode(...text), entry };
  return { text: line, entry };
}

/** journald's microseconds, Docker's `time`, and what others call it. */
const TIMES = ["__REALTIME_TIMESTAMP", "time", "timestamp", "@timestamp"] as const;

/** When the line was written, in its own words. */
export function toldTime(entry: Unwrapped["entry"]): string | undefined {
  const time = TIMES.map((name) => entry?.[name]).find((each) => typeof each === "string" || typeof each === "number");
  return time === undefined ? undefined : String(time);
}

function parse(line: string): Record<string, unknown> | null {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}
