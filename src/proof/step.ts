/** The step that a decision of a table is, as a walk would leave it behind. */
import type { Packet } from "../facts/index.ts";
import type { Chain, Meaning, Rule } from "../model/index.ts";
import type { Step, Where } from "../path/index.ts";

/** A rule of a chain, or its end. `index` counts from 0. */
export interface Place {
  readonly chain: Chain;
  readonly index: number;
  readonly rule: Rule | null;
  readonly meaning: Meaning | null;
}
export const endOf = (chain: Chain): Place => ({ chain, index: chain.rules.length, rule: null, meaning: null });

export function stepOf({ layer, hook, table, base }: Where, place: Place, seen: Packet): Step {
  const { chain, index, rule, meaning } = place;
  const isBridge = layer === "bridge";
  const isRule = rule !== null && (isBridge || !meaning?.bare);
  const kind = isRule ? "rule" : rule === null || chain === base ? "policy" : "return";
  return {
    id: `${isBridge ? "eb:" : ""}${table.name}:${chain.name}:${kind}:${index + 1}`,
    layer,
    family: isBridge ? "bridge" : seen.family,
    table: table.name,
    backend: table.backend,
    chain: chain.name,
    kind,
    number: index + 1,
    hook,
    printed: !isBridge || (meaning?.logs ?? null) !== null,
    prefix: isBridge ? (meaning?.logs ?? null) : null,
    rule,
    action: rule === null ? (chain.policy ?? "ACCEPT") : nameOf(meaning),
    seen,
    from: index + 1,
    rules: chain.rules,
    changes: [],
  };
}

const nameOf = (meaning: Meaning | null): string =>
  meaning?.action.kind === "effects"
    ? meaning.action.name
    : meaning && "chain" in meaning.action
      ? meaning.action.chain
      : "";
