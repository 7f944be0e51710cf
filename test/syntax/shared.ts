/** Sample dumps that lie beside the checkout, where they are there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

const beside = new URL("../../../shared/", import.meta.url);

export interface Sample {
  readonly name: string;
  readonly bytes: string;
}

export const layouts = list("layouts/", (file) => (file.endsWith(".save") ? file : null));
export const grammarRecordings = list("recordings/", (folder) =>
  folder.startsWith("g01-save-grammar-") ? `${folder}/grammar.txt` : null,
);

function list(folder: string, pick: (entry: string) => string | null): Sample[] {
  const at = new URL(folder, beside);
  if (!existsSync(at)) return [];
  const names = readdirSync(at).sort().map(pick);
  return names
    .filter((name) => name !== null)
    .map((name) => ({ name, bytes: readFileSync(new URL(name, at), "latin1") }));
}

/** The rules that the recordings show the tools to have saved, one a line. */
export function saved(recording: string): string {
  const rules = recording.matchAll(/^ {2}(?:legacy|nft) +((?:\[\d+:\d+\] )?-A .*)$/gm);
  return Array.from(rules, ([, rule]) => `${rule}\n`).join("");
}
