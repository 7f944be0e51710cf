import { match, type Value } from "../define.ts";
import { asked, bytesOf, flag, integer, oneOf, opaque, word } from "../values.ts";

/** include/uapi/linux/netfilter/xt_string.h XT_STRING_MAX_PATTERN_SIZE */
const MAX = 128;
/** The text itself; one char a byte. */
const plain: Value<string> = word(
  `a text of 1-${MAX} bytes`,
  ["foo", "GET/index.html", "$HOME"],
  (text) => {
    const bytes = bytesOf(text);
    return bytes.length > MAX || bytes === "" ? undefined : bytes;
  },
  (value) => value,
);
/** `GET |0d 0a| \| end`: hexadecimal between bars, and a backslash before a character that stands for itself. */
const withHex: Value<string> = word(
  `1-${MAX} bytes as text, or in hexadecimal between two |`,
  ["|0d0a|abc|00|", "foo", "|DEADbeef|"],
  (text) => readHex(bytesOf(text)),
  (value) => value,
);
function readHex(given: string): string | undefined {
  let bytes = "";
  let hex = false;
  for (let at = 0; at < given.length; ) {
    if (bytes.length >= MAX) return undefined;
    const bar = given[at] === "|";
    if (bar) {
      hex = !hex;
      while (hex && given[at + 1] === " ") at++;
      if (++at >= given.length) break;
    }
    if (hex) {
      const pair = /^[\da-f]{2}(?=.)/is.exec(given.slice(at, at + 3))?.[0];
      if (pair === undefined) return undefined;
      bytes += String.fromCharCode(Number.parseInt(pair, 16));
      at += given[at + 2] === " " ? 3 : 2;
      continue;
    }
    if (given[at] === "\\" && !bar && ++at >= given.length) return undefined;
    bytes += given[at++];
  }
  return bytes === "" ? undefined : bytes;
}
/** Bytes that do not print are printed in hexadecimal, and what ends with a backslash; `'` is not escaped here. */
function printed(bytes: string): readonly [option: string, text: string] {
  if (/^[ -~]*[ -[\]-~]$/.test(bytes)) return ["--string", `"${bytes.replace(/["\\]/g, "\\$&")}"`];
  return ["--hex-string", `"|${Buffer.from(bytes, "latin1").toString("hex")}|"`];
}

/** Bytes somewhere in the packet. net/netfilter/xt_string.c */
export const string = match({
  name: "string",
  families: ["ipv4", "ipv6"],
  options: {
    "--string": plain,
    "--hex-string": withHex,
    "--algo": oneOf(["bm", "kmp", "fsm"], { negatable: false, examples: ["bm", "kmp"] }),
    "--from": integer({ max: 65535, examples: ["0", "16", "0x20"] }),
    "--to": integer({ max: 65535, examples: ["64", "0x400", "65535"] }),
    "--icase": flag(),
  },
  needs: [["--string", "--hex-string"], ["--algo"]],
  excludes: [["--string", "--hex-string"]],
  check(given) {
    const bytes = given["--string"]?.value ?? given["--hex-string"]?.value ?? "";
    // lib/ts_fsm.c: the pattern is a list of 4-byte tokens
    if (given["--algo"]?.value === "fsm" && bytes.length % 4 > 0) return { option: "--algo", expected: "bm or kmp" };
    const [from, to] = [given["--from"]?.value ?? 0, given["--to"]?.value ?? 65535];
    return from > to ? { option: "--from", expected: `an offset of at most --to ${to}` } : null;
  },
  write(given) {
    const pattern = given["--string"] ?? given["--hex-string"];
    const algo = given["--algo"];
    if (!pattern || !algo) return null;
    const { "--from": from, "--to": to } = given;
    return [
      ...(pattern.negated ? ["!"] : []),
      ...printed(pattern.value),
      `--algo ${algo.value}`,
      ...(from && from.value > 0 ? [`--from ${from.value}`] : []),
      ...(to && to.value < 65535 ? [`--to ${to.value}`] : []),
      ...(given["--icase"] ? ["--icase"] : []),
    ];
  },
  means: (given) =>
    asked(given["--string"] ?? given["--hex-string"], (bytes) => {
      const [from, to] = [given["--from"]?.value ?? 0, given["--to"]?.value ?? 65535];
      const where = from === 0 && to === 65535 ? "" : ` at ${from}-${to}`;
      const how = given["--icase"] ? " in any case" : "";
      return opaque(`packet holds ${printed(bytes)[1]}${how}${where}`, "the packet's bytes");
    }),
});
