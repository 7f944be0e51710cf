import { always } from "../../facts/index.ts";
import { match, type Value } from "../define.ts";
import { ebtPrefix, ebtTexts, flag, integer, isOldEbtables } from "../values.ts";

/** `unsaid` is not printed. */
const number = (max: number, unsaid: number, examples: readonly string[]): Value<number> => ({
  ...integer({ max, examples }),
  write: (value) => (value === unsaid ? null : [String(value)]),
});
const PREFIX = "--nflog-prefix";
const options = {
  "--nflog": { ...flag(), write: () => null },
  [PREFIX]: ebtPrefix(63),
  "--nflog-group": number(65535, 0, ["1", "5", "65535"]),
  "--nflog-range": number(0x7fffffff, 0, ["64", "0x40"]),
  "--nflog-threshold": number(65535, 1, ["2", "100"]),
};

/** Hands the frame to a listener and goes on; the kernel's log shows nothing. net/bridge/netfilter/ebt_nflog.c */
export const ebtNflog = match({
  name: "nflog",
  families: ["bridge"],
  implicit: "other",
  options,
  complete(given) {
    if (Object.keys(given).length === 0) return given;
    return { ...given, "--nflog-group": given["--nflog-group"] ?? { value: 1, negated: false, at: 0 } };
  },
  write(given, saver) {
    if (!isOldEbtables(saver)) return null;
    // ebtables' own tool forgets the blank behind the quote, and has one too many before the threshold
    const { [PREFIX]: prefix, ...others } = given;
    const texts = ebtTexts(options, others, saver).join(" ");
    const spaced = given["--nflog-range"]?.value ? texts : texts.replace("--nflog-threshold", " $&");
    return [(prefix?.value ? `${PREFIX} "${prefix.value}"` : "") + spaced].filter((text) => text !== "");
  },
  means: () => always,
  logs: () => null,
});
