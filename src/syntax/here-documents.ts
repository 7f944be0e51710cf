/** Here-documents of a shell script: text that stands between its lines and is no command. */

export interface HereDocument {
  /** Where its `<<` stands. */
  readonly at: number;
  /** Its text: from, to. */
  readonly from: number;
  readonly to: number;
  /** Behind the line that ends it. */
  readonly end: number;
  /** Its word has no quotes: variables in the text are replaced. */
  readonly expands: boolean;
  /** `<<-`: tabs at the beginning of its lines are none of it. */
  readonly dropsTabs: boolean;
}

interface Begun {
  readonly at: number;
  readonly word: string;
  readonly expands: boolean;
  readonly dropsTabs: boolean;
}

const MARK = /<<<|<<(-?)[ \t]*((?:"[^"\n]*"|'[^'\n]*'|\\.|[^ \t\r\n;&|<>()"'\\])+)/y;

export function hereDocuments(bytes: string): readonly HereDocument[] {
  if (!bytes.includes("<<")) return [];
  const found: HereDocument[] = [];
  const special = /[\n<#\\'"(]/g;
  let begun: Begun[] = [];
  for (let match = special.exec(bytes); match; match = special.exec(bytes)) {
    const { 0: char, index: at } = match;
    if (char === "\n") {
      for (const each of begun) {
        const document = endOf(bytes, each, special.lastIndex);
        found.push(document);
        special.lastIndex = document.end;
      }
      begun = [];
    } else if (char === "<") {
      MARK.lastIndex = at;
      const [whole = char, dash, word] = MARK.exec(bytes) ?? [];
      if (word !== undefined) {
        const expands = !/["'\\]/.test(word);
        begun.push({ at, word: word.replace(/\\(.)|["']/g, "$1"), expands, dropsTabs: dash === "-" });
      }
      special.lastIndex = at + whole.length;
    } else special.lastIndex = skip(bytes, char, at);
  }
  return found;
}

/** Where it ends, what no here-document can begin in: a comment, quotes, arithmetic, an escaped character. */
function skip(bytes: string, char: string, at: number): number {
  const behind = (text: string) => {
    const end = bytes.indexOf(text, at + 1);
    return end < 0 ? bytes.length : end + (text === "\n" ? 0 : text.length);
  };
  if (char === "\\") return at + 2;
  if (char === "'") return behind("'");
  if (char === "#") return /[ \t\r\n;&|()]/.test(bytes[at - 1] ?? "\n") ? behind("\n") : at + 1;
  if (char === "(") return bytes[at + 1] === "(" ? Math.min(behind("))"), behind("\n")) : at + 1;
  const inside = /["\\]/g;
  inside.lastIndex = at + 1;
  for (let match = inside.exec(bytes); match; match = inside.exec(bytes)) {
    if (match[0] === '"') return inside.lastIndex;
    inside.lastIndex++;
  }
  return bytes.length;
}

function endOf(bytes: string, { word, ...rest }: Begun, from: number): HereDocument {
  for (let start = from; start < bytes.length; ) {
    const stop = bytes.indexOf("\n", start);
    const end = stop < 0 ? bytes.length : stop;
    const line = bytes.slice(start, end).replace(/\r$/, "");
    if ((rest.dropsTabs ? line.replace(/^\t+/, "") : line) === word)
      return { ...rest, from, to: start, end: stop < 0 ? end : end + 1 };
    start = end + 1;
  }
  return { ...rest, from, to: bytes.length, end: bytes.length };
}

/** The script with blanks in their place, so that every offset stays. */
export function blanked(bytes: string, documents: readonly HereDocument[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { from, end } of documents) {
    parts.push(bytes.slice(at, from), bytes.slice(from, end).replace(/[^\n]/g, " "));
    at = end;
  }
  return parts.join("") + bytes.slice(at);
}
