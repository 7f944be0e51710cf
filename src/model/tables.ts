/** Tables while commands change them. */
import type { Backend } from "../extensions/index.ts";
import type { Family } from "../facts/index.ts";
import type { Advice, Place } from "../finding.ts";
import type { Word } from "../syntax/index.ts";
import type { Chain, Rule, Table } from "./ruleset.ts";

/** Why the tool would refuse; `word` is what is wrong, where one word is. */
export class Refused extends Error {
  readonly word: Word | null;
  readonly advice: Advice;
  constructor(reason: string, word: Word | null = null, advice: Advice = {}) {
    super(reason);
    this.word = word;
    this.advice = advice;
  }
}

export interface OpenChain {
  readonly name: string;
  policy: string | null;
  readonly builtin: boolean;
  place: Place | null;
  rules: Rule[];
}
export interface OpenTable {
  readonly family: Family;
  readonly backend: Backend;
  readonly name: string;
  place: Place | null;
  readonly chains: Map<string, OpenChain>;
}
export interface TableKey {
  readonly family: Family;
  readonly backend: Backend;
  readonly name: string;
}

export const closed = ({ chains, ...table }: OpenTable): Table => ({
  ...table,
  chains: new Map<string, Chain>(chains),
});
