/** Sample dumps that lie beside the checkout, where they are there. */
import { sharedBytes, sharedFiles } from "../support/shared.ts";

export interface Sample {
  readonly name: string;
  readonly bytes: string;
}
const below = (folder: string, fits: (name: string) => boolean): Sample[] =>
  sharedFiles(folder, fits).map((path) => ({ name: path.slice(folder.length), bytes: sharedBytes(path) }));

export const layouts = below("layouts/", (file) => file.endsWith(".save"));
export const microSuite = below("micro-suite/", (file) => file.endsWith(".save"));
export const grammarRecordings = below("recordings/", (file) => file === "grammar.txt");

/** The rules that the recordings show the tools to have saved, one a line. */
export function saved(recording: string): string {
  const rules = recording.matchAll(/^ {2}(?:legacy|nft) +((?:\[\d+:\d+\] )?-A .*)$/gm);
  return Array.from(rules, ([, rule]) => `${rule}\n`).join("");
}
