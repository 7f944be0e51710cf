import { always } from "../../facts/index.ts";
import { own } from "../../own.ts";
import { match, type Value } from "../define.ts";
import { asked, type NumberRange, ofHeader, opaque, rangeSet, readInteger, truncated, word } from "../values.ts";

const NAMES: Readonly<Record<string, number>> = {
  "binding-refresh-request": 0,
  brr: 0,
  "home-test-init": 1,
  hoti: 1,
  "careof-test-init": 2,
  coti: 2,
  "home-test": 3,
  hot: 3,
  "careof-test": 4,
  cot: 4,
  "binding-update": 5,
  bu: 5,
  "binding-acknowledgement": 6,
  ba: 6,
  "binding-error": 7,
  be: 7,
};
/** Any case; of several names that begin so the first (extensions/libip6t_mh.c name_to_type). */
function readType(text: string): number | undefined {
  const given = text.toLowerCase();
  const begun = Object.keys(NAMES).find((name) => name.startsWith(given));
  return own(NAMES, given) ?? (begun === undefined ? readInteger(text, 255) : NAMES[begun]);
}
const types: Value<NumberRange> = word(
  `a type 0-255, first:last, or one of ${Object.keys(NAMES).join(", ")}`,
  ["binding-update", "5", "brr:hoti", "3:", "HoT"],
  (text) => {
    const [first = "", last, more] = text.split(":");
    const low = first === "" && last !== undefined ? 0 : readType(first);
    const high = last === undefined ? low : last === "" ? 255 : readType(last);
    return more !== undefined || low === undefined || high === undefined || low > high ? undefined : { low, high };
  },
  // before 1.8.11 a range of everything was left out even behind `!`
  (range, negated, { release }) =>
    range.low === 0 && range.high === 255 && !(negated && release >= 10811) ? null : rangeSet(range).text,
);

/** The type in a mobility header. net/ipv6/netfilter/ip6t_mh.c */
export const mh = match({
  name: "mh",
  families: ["ipv6"],
  loadedBy: ["mh"],
  options: { "--mh-type": types },
  placement: { protocols: ["mobility-header"] },
  means: (given) =>
    ofHeader(
      6,
      asked(given["--mh-type"], (range) =>
        range.low === 0 && range.high === 255
          ? always
          : opaque(`mobility type in ${rangeSet(range).text}`, "the packet's mobility header"),
      ),
    ),
  dropsIf: () => truncated(6),
});
