/** A shell's words: quotes, escapes and variables taken away, as far as they can be without running anything. */

/** What a word becomes: several words where an unquoted variable holds blanks, or what is not known of it. */
export type Expanded = { readonly words: readonly string[] } | { readonly unknown: string };

const VARIABLE = /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})/;
/** Anything else that a shell would compute: the command in it is not run here. */
const COMPUTED = /^(?:`[^`\n]*`|\$\{[^}]*\}|\$[@*#?$!0-9-])/;

/** What values may make of a word: a longer one is no argument (MAX_ARG_STRLEN, include/uapi/linux/binfmts.h). */
export const MOST_TEXT = 1 << 17;

/** `$(date)`, `$((1 + 2))`: up to the bracket that closes it. */
function substitution(text: string): string | undefined {
  if (!text.startsWith("$(")) return undefined;
  let depth = 0;
  for (const { 0: part, index } of text.matchAll(/"[^"\n]*"|'[^'\n]*'|[()]/g)) {
    if (part === "(") depth++;
    else if (part === ")" && --depth === 0) return text.slice(0, index + 1);
  }
  return undefined;
}

/** `variables`: those whose value is plain from the text before. */
export function expand(raw: string, variables: ReadonlyMap<string, string>): Expanded {
  const words: string[] = [];
  let word: string | null = null;
  let length = 0;
  const add = (text: string) => (word = (word ?? "") + text);
  let doubled = false;
  for (let at = 0; at < raw.length; ) {
    const char = raw[at] as string;
    const rest = raw.slice(at);
    if (char === '"') {
      doubled = !doubled;
      add("");
      at++;
    } else if (char === "'" && !doubled) {
      const end = raw.indexOf("'", at + 1);
      add(raw.slice(at + 1, end));
      at = end + 1;
    } else if (char === "\\") {
      const next = raw[at + 1] ?? "";
      // in double quotes only these can be escaped; an escaped line end is nothing
      if (next !== "\n") add(doubled && !/["\\$`]/.test(next) ? `\\${next}` : next);
      at += 2;
    } else if (char === "$" || char === "`") {
      const [whole, plain, braced] = VARIABLE.exec(rest) ?? [];
      const name = plain ?? braced;
      const computed = name === undefined ? (COMPUTED.exec(rest)?.[0] ?? substitution(rest)) : undefined;
      if (computed !== undefined) return { unknown: computed };
      // bash reads escapes in such quotes, other shells do not
      const own = doubled ? undefined : /^\$(?:'[^']*'|"[^"]*")/.exec(rest)?.[0];
      if (own !== undefined) return { unknown: own };
      if (name === undefined || whole === undefined) {
        add(char);
        at++;
        continue;
      }
      const value = variables.get(name);
      length += value?.length ?? 0;
      if (value === undefined || length > MOST_TEXT) return { unknown: `$${name}` };
      at += whole.length;
      if (doubled) add(value);
      else {
        const parts = value.split(/[ \t\n]+/);
        parts.forEach((part, i) => {
          if (i > 0 && word !== null) {
            words.push(word);
            word = null;
          }
          if (part !== "") add(part);
        });
      }
    } else {
      add(char);
      at++;
    }
  }
  if (word !== null) words.push(word);
  return { words };
}

/** The text of a here-document: there quotes are characters like any other, and words stay together. */
export function expandText(
  raw: string,
  variables: ReadonlyMap<string, string>,
): { text: string } | { unknown: string } {
  const parts: string[] = [];
  // each line of it holds words of its own
  let left = MOST_TEXT + raw.length;
  for (let at = 0; at < raw.length; ) {
    const special = raw.slice(at).search(/[$`\\]/);
    if (special < 0) return { text: parts.join("") + raw.slice(at) };
    parts.push(raw.slice(at, (at += special)));
    const rest = raw.slice(at);
    const escaped = /^\\([$`\\\n])/.exec(rest)?.[1];
    const [whole, plain, braced] = VARIABLE.exec(rest) ?? [];
    const name = plain ?? braced;
    if (escaped !== undefined) {
      if (escaped !== "\n") parts.push(escaped);
      at += 2;
    } else if (name !== undefined && whole !== undefined) {
      const value = variables.get(name);
      left -= value?.length ?? 0;
      if (value === undefined || left < 0) return { unknown: `$${name}` };
      parts.push(value);
      at += whole.length;
    } else {
      const computed = COMPUTED.exec(rest)?.[0] ?? substitution(rest);
      if (computed !== undefined) return { unknown: computed };
      parts.push(rest[0] as string);
      at++;
    }
  }
  return { text: parts.join("") };
}
