/** An extension whose options are being read from a rule's words. */
import type { MatchExtension, TargetExtension } from "../extensions/index.ts";
import type { Word } from "../syntax/index.ts";

export interface Open {
  readonly name: string;
  readonly extension: MatchExtension | TargetExtension | null;
  /** Where it is named; null for options that need no `-m`. */
  readonly word: Word | null;
  readonly given: Record<string, { value: unknown; negated: boolean; at: number; again?: unknown[] }>;
  /** The words of its options, by option. */
  readonly flags: Record<string, Word>;
  readonly carried: Word[];
}
export const open = (name: string, extension: Open["extension"], word: Word | null): Open => ({
  name,
  extension,
  word,
  given: {},
  flags: {},
  carried: [],
});
