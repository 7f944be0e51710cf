/** Text from dumps, logs and other files is not trusted: what could steer a terminal or deceive a reader is shown escaped. */

/** C0 but for tab, DEL, C1; lone surrogates; marks that turn the reading direction; line separators. */
const UNSAFE = /[\0-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/gu;

/** A lone surrogate U+DC80..U+DCFF is a byte that is not UTF-8 (see `decode`), and shown as that byte. */
export const safe = (text: string): string =>
  text.replace(UNSAFE, (char) => {
    const code = char.charCodeAt(0);
    const byte = code >= 0xdc80 && code <= 0xdcff ? code - 0xdc00 : code;
    return byte <= 0xff ? `\\x${byte.toString(16).padStart(2, "0")}` : `\\u{${byte.toString(16)}}`;
  });
