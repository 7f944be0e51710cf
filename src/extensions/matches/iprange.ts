import { all, writeAddress } from "../../facts/index.ts";
import { match, type Value } from "../define.ts";
import { addressRange, asks, readAddressOf, type Written } from "../values.ts";

const forward = addressRange();
/** A range that runs backwards is taken, with a warning, and holds no address. */
const range: Value<Written> = {
  ...forward,
  read(words, flag, family) {
    const [first = "", last = first, more] = (words[0]?.text ?? "").split("-");
    const [low, high] = [readAddressOf(first, family), readAddressOf(last, family)];
    const isBackwards = more === undefined && low !== undefined && high !== undefined && low > high;
    return isBackwards
      ? { text: `${writeAddress(low)}-${writeAddress(high)}`, ranges: [] }
      : forward.read(words, flag, family);
  },
};

/** Addresses from one to another. net/netfilter/xt_iprange.c */
export const iprange = match({
  name: "iprange",
  families: ["ipv4", "ipv6"],
  options: { "--src-range": range, "--dst-range": range },
  needs: [["--src-range", "--dst-range"]],
  means: (given) => all(asks("source", given["--src-range"]), asks("destination", given["--dst-range"])),
});
