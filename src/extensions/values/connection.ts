/** Connections and associations: whether a packet has one, what names it, and by how much of an address they are grouped. */
import {
  all,
  always,
  type Condition,
  CT_STATES,
  CT_STATUS,
  type Family,
  never,
  readAddress,
  within,
} from "../../facts/index.ts";
import type { Saver, Value } from "../define.ts";
import { integerRange, type NumberRange, rangeSet, readInteger } from "./number.ts";
import { type Asked, compares, isOneOf, word } from "./plain.ts";

/** The packet has a connection: neither invalid nor untracked. */
export const tracked: Condition = isOneOf("ctstate", CT_STATES, ["NEW", "RELATED", "ESTABLISHED"]);

/** What CT attaches in raw in place of a connection: nothing is counted or labelled there (nf_ct_tmpl_alloc). */
export const isTemplate: Condition = within("ctTemplate", [[1, 2]], "one");

/** Its first packet, which no hook has let out yet. */
export const fresh: Condition = all(
  isOneOf("ctstate", CT_STATES, ["NEW"]),
  within("ctstatus", [[0, 2 ** CT_STATUS.indexOf("CONFIRMED")]], "not CONFIRMED"),
);

const isEvery = ({ low, high }: NumberRange): boolean => low === 0 && high === 0xffffffff;
/** The index of an IPsec association; `! 0:4294967295` is printed since 1.8.11 (extensions/libxt_esp.c). */
export function spis(): Value<NumberRange> {
  const range = integerRange({ examples: ["256", "0x100:0x1ff", ":4096", "4096:"] });
  const isPrinted = (negated: boolean, { release }: Saver) => negated && release >= 10811;
  return {
    ...range,
    write: (value, negated, saver) =>
      isEvery(value) && !isPrinted(negated, saver) ? null : range.write(value, negated, saver),
  };
}
/** Of a packet that has the header. */
export const spiIs = (field: "ahSpi" | "espSpi", given: Asked<NumberRange> | undefined): Condition =>
  given && isEvery(given.value)
    ? given.negated
      ? never
      : always
    : compares(field, given && { ...given, value: rangeSet(given.value) });

export const addressBits = (family: Family): number => (family === "ipv6" ? 128 : 32);
/**
 * `24` or `255.255.255.0`. libxtables/xtoptions.c xtopt_parse_plen: a mask with holes has no length, which
 * `holes` stands in for; undefined refuses it.
 */
export const prefixLength = (holes?: (family: Family) => number): Value<number> =>
  word(
    (family) => `a prefix length 0-${addressBits(family)}, or a netmask`,
    ["24", "0", "0x10", "255.255.255.0", "ffff:ffff::"],
    (text, family) => {
      const bits = addressBits(family);
      const length = readInteger(text, bits);
      if (length !== undefined) return length;
      const mask = readAddress(text);
      if (mask === undefined || (typeof mask === "bigint") !== (family === "ipv6")) return undefined;
      const binary = mask.toString(2).padStart(bits, "0");
      return /^1*0*$/.test(binary) ? binary.lastIndexOf("1") + 1 : holes?.(family);
    },
    String,
    { negatable: false },
  );
