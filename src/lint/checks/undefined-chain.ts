import { bind, isForeign, isTarget, nearTarget } from "../../model/index.ts";
import { ruleAt } from "../analysis.ts";
import type { Check } from "../define.ts";

/** A file with more unknown names than these was not mistyped: it is a part of something. */
const MOST_HINTS = 100;

/** `externalChains`: chains that other software makes, which files for `--noflush` may name; `ufw-*` is a prefix. */
export const check: Check = function* (analysis, options) {
  const external = options["externalChains"] as readonly string[];
  const isExternal = (name: string): boolean =>
    external.some((each) => (each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : name === each));
  let hints = MOST_HINTS;
  for (const table of analysis.tables) {
    for (const chain of table.chains.values()) {
      for (const [index, rule] of chain.rules.entries()) {
        const { target: name, isGoto } = analysis.look(table, rule);
        if (name === null || table.chains.has(name) || isExternal(name)) continue;
        if (!isGoto && (isTarget(table.family, name) || isForeign(name))) continue;
        const { target } = bind(rule);
        if (!target) continue;
        const isMisused = isGoto && isTarget(table.family, target.name);
        const near = isMisused || hints-- <= 0 ? undefined : nearTarget(table.family, target.name, table.chains.keys());
        const at = ruleAt(table, chain, index + 1);
        const { start, end } = target.word;
        // a word of a script may be a variable's
        const isWritten = at.place.source.text(start, end) === target.name;
        const place = { source: at.place.source, start, end };
        yield {
          ...at,
          ...(isWritten ? { place } : {}),
          ...(isWritten && near !== undefined ? { fix: { safe: false, replacement: near } } : {}),
          ...(isMisused ? { help: `targets are reached by -j: -j ${target.name}` } : {}),
          ...(near !== undefined ? { help: helpFor(target.name, near) } : {}),
          message: isGoto ? "goto" : "jump",
          data: { target: target.name, table: table.name, meant: near === undefined ? "" : ` (did you mean ${near}?)` },
          confidence: "proven",
        };
      }
    }
  }
};

const helpFor = (name: string, near: string): string =>
  name.toLowerCase() === near.toLowerCase()
    ? "capitals count in the names of chains and targets"
    : `correct the name, or declare the chain: \`:${name} - [0:0]\``;
