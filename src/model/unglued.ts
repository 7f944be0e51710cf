import type { Word } from "../syntax/index.ts";

/** ebtables' own ebtables-save leaves out the blank behind some targets: `-j mark … ACCEPT-c 0 0`, `-j chain-c 0 0`. */
export function unglued(words: readonly Word[]): Word[] {
  const [glued, packets, bytes] = words.slice(-3);
  const text = glued?.text.slice(0, -2) ?? "";
  const isGlued = glued && !glued.quoted && text !== "" && glued.text.endsWith("-c");
  if (!isGlued || !/^\d+$/.test(packets?.text ?? "") || !/^\d+$/.test(bytes?.text ?? "")) return [...words];
  const cut = glued.end - 2;
  return [
    ...words.slice(0, -3),
    { ...glued, text, end: cut },
    { ...glued, text: "-c", start: cut },
    ...words.slice(-2),
  ];
}
