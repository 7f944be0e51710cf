/** How an option may be written: aliases, unambiguous beginnings, `--option=word`; and the words after it. */
import type { OptionTable, Value } from "../../src/extensions/index.ts";
import type { Family } from "../../src/facts/index.ts";
import { chance, oneOf, type Pick } from "./draw.ts";

interface Spelling {
  readonly flag: string;
  /** What joins the option and its word into one; null: they are two. */
  readonly joined: string | null;
}

/** iptables/xshared.c: the options that are there without any extension. */
const COMMON = `--append --delete --check --insert --replace --list --list-rules --flush --zero --new-chain
  --delete-chain --rename-chain --policy --source --destination --src --dst --protocol --in-interface --jump --table
  --match --numeric --out-interface --verbose --wait --wait-interval --exact --fragments --version --help
  --line-numbers --modprobe --set-counters --goto --ipv4 --ipv6 --concurrent --init-table --atomic-file
  --atomic-init --atomic-save --atomic-commit`.split(/\s+/);

export function drawSpelling(
  pick: Pick,
  option: string,
  { aliases = [], shorthands = {}, arity }: Value<unknown>,
  loaded: readonly { readonly options: OptionTable }[],
): Spelling {
  const others = [...aliases, ...Object.keys(shorthands)];
  const flag = others.length > 0 && chance(pick, 25) ? oneOf(pick, others) : option;
  const isLong = flag.startsWith("--");
  // glued to its option an interface's name begins with that option's: iptables/xshared.c takes both for it
  const mayJoin = arity === 1 && option !== "-i" && option !== "-o";
  const joined = mayJoin && chance(pick, 5) ? (isLong ? "=" : "") : null;
  if (!isLong || flag in shorthands || !chance(pick, 6)) return { flag, joined };
  const start = flag.slice(0, flag.length - 1 - pick(3));
  const all = [...COMMON, ...loaded.flatMap(({ options }) => spellings(options))];
  const isClear = start.length > 5 && all.every((each) => each === flag || !each.startsWith(start));
  return { flag: isClear ? start : flag, joined };
}
const spellings = (options: OptionTable): string[] =>
  Object.entries(options).flatMap(([option, { aliases = [], shorthands = {} }]) => [
    option,
    ...aliases,
    ...Object.keys(shorthands),
  ]);

const SIX = /^\[?(?:[\da-f]{0,4}:){2,}/i;
const FOUR = /^\d+\.\d+\.\d+\.\d+/;
const MAC = /^(?:[\da-f]{2}:){5}[\da-f]{2}(?:\/|$)/i;

/** One of the value's examples; of addresses mostly one of the family. */
export function drawExample(pick: Pick, { examples, arity }: Value<unknown>, family: Family): string[] {
  if (arity === 0) return [];
  const six = examples.filter((each) => SIX.test(each) && !MAC.test(each));
  const four = examples.filter((each) => FOUR.test(each));
  const wrong = four.length > 0 && six.length > 0 ? (family === "ipv6" ? four : six) : [];
  const fitting = chance(pick, 2) ? examples : examples.filter((each) => !wrong.includes(each));
  const example = oneOf(pick, fitting);
  const quoted = /^"(.*)"$/.exec(example);
  if (arity > 1) return example.split(" ");
  return [quoted?.[1] ?? example];
}

/** A rule's words as iptables-restore reads them. */
export const restoreText = (words: readonly string[]): string =>
  words.map((word) => (/^[^\s"\\'#]+$/.test(word) ? word : `"${word.replace(/["\\]/g, "\\$&")}"`)).join(" ");
