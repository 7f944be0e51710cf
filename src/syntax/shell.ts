/** A shell's words: quotes, escapes and variables taken away, as far as they can be without running anything. */

/** What a word becomes: several words where an unquoted variable holds blanks, or what is not known of it. */
export type Expanded = { readonly words: readonly string[] } | { readonly unknown: string };

const VARIABLE = /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})/;
/** Anything else that a shell would compute: the command in it is not run here. */
const COMPUTED = /^(?:\$\([^()\n]*\)|`[^`\n]*`|\$\{[^}]*\}|\$[@*#?$!0-9-])/;

/** `variables`: those whose value is plain from the text before. */
export function expand(raw: string, variables: ReadonlyMap<string, string>): Expanded {
  const words: string[] = [];
  let word: string | null = null;
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
      const computed = name === undefined ? COMPUTED.exec(rest)?.[0] : undefined;
      if (computed !== undefined) return { unknown: computed };
      if (name === undefined || whole === undefined) {
        add(char);
        at++;
        continue;
      }
      const value = variables.get(name);
      if (value === undefined) return { unknown: `$${name}` };
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
