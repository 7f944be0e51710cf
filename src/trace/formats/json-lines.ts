/**
 * Loggers that write an object a line: `journalctl -o json` (MESSAGE, systemd.journal-fields(7)), Docker's json-file
 * driver (log), and others that name the text msg or message.
 */
const NAMES = ["MESSAGE", "log", "msg", "message"] as const;

/** The text that the line carries; the line itself where it is no object with one. */
export function unwrapped(line: string): string {
  if (!line.startsWith("{")) return line;
  const object = parse(line);
  const name = NAMES.find((each) => object !== null && each in object);
  const text = name === undefined ? undefined : object?.[name];
  if (typeof text === "string") return text.replace(/\r?\n$/, "");
  // journald writes what is not printable as numbers
  if (Array.isArray(text) && text.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256))
    return String.fromCharCode(...text);
  return line;
}

function parse(line: string): Record<string, unknown> | null {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}
