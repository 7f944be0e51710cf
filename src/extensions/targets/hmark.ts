import { type Effect, type Given, type OptionTable, target } from "../define.ts";
import { hex, integer, maskLengthOf, tracked, word } from "../values.ts";

/** What each word of --hmark-tuple stands for: that option with a full mask. ct has none. */
const PARTS = {
  ct: "--hmark-tuple",
  src: "--hmark-src-prefix",
  dst: "--hmark-dst-prefix",
  sport: "--hmark-sport-mask",
  dport: "--hmark-dport-mask",
  proto: "--hmark-proto-mask",
  spi: "--hmark-spi-mask",
} as const;
type Part = keyof typeof PARTS;
const NAMES = Object.keys(PARTS) as Part[];

/** Beginnings of the words count, the first of the list wins: `s` is src (extensions/libxt_HMARK.c hmark_parse). */
const tuple = word<readonly Part[]>(
  `a list of ${NAMES.join(", ")}`,
  ["src,dst", "src,dst,sport,dport,proto", "ct"],
  (given) => {
    const parts = given
      .toLowerCase()
      .split(",")
      .map((text) => (text === "" ? undefined : NAMES.find((name) => name.startsWith(text))));
    return parts.includes(undefined) ? undefined : NAMES.filter((name) => parts.includes(name));
  },
  // the others are printed as options of their own
  (value) => (value.includes("ct") ? "ct" : null),
  { negatable: false },
);
const prefix = word(
  (family) => `a prefix length 0-${family === "ipv6" ? 128 : 32}`,
  ["24", "0", "32"],
  maskLengthOf,
  String,
  { negatable: false },
);
const port = integer({ max: 65535, print: (value) => hex(value, 4) });
const spi = integer({ print: (value) => hex(value, 8) });
const options = {
  "--hmark-src-prefix": prefix,
  "--hmark-dst-prefix": prefix,
  "--hmark-sport-mask": port,
  "--hmark-dport-mask": port,
  "--hmark-spi-mask": spi,
  "--hmark-sport": port,
  "--hmark-dport": port,
  "--hmark-spi": spi,
  "--hmark-proto-mask": integer({ max: 65535, print: (value) => hex(value, 2) }),
  "--hmark-rnd": integer({ print: (value) => hex(value, 8) }),
  "--hmark-mod": integer({ min: 1 }),
  "--hmark-offset": integer(),
  "--hmark-tuple": tuple,
} satisfies OptionTable;
type Options = Given<typeof options>;

/** The words of --hmark-tuple as the options that they stand for. */
const named = (given: Options) =>
  (given["--hmark-tuple"]?.value ?? []).filter((part) => part !== "ct").map((part) => PARTS[part]);
const full = (option: string, six: boolean): number => {
  if (option.endsWith("-prefix")) return six ? 128 : 32;
  return option === "--hmark-spi-mask" ? 0xffffffff : 0xffff;
};

/** The mark becomes a hash of the packet, or of its connection if it has one, within bounds. net/netfilter/xt_HMARK.c */
export const HMARK = target({
  name: "HMARK",
  families: ["ipv4", "ipv6"],
  options,
  needs: [
    ["--hmark-mod"],
    ["--hmark-rnd"],
    Object.keys(options).filter((option) => !/-(?:rnd|mod|offset)$/.test(option)),
  ],
  excludes: [
    ["--hmark-spi", "--hmark-sport"],
    ["--hmark-spi", "--hmark-dport"],
  ],
  check(given) {
    const tupleAt = given["--hmark-tuple"]?.at ?? 0;
    const parts = named(given);
    const twice = parts.find((option) => (given[option]?.at ?? 0) > tupleAt);
    if (twice !== undefined) return { option: twice, expected: `${twice} once: --hmark-tuple names it too` };
    const has = (option: (typeof parts)[number]): boolean => option in given || parts.includes(option);
    const both = has("--hmark-spi-mask") && (has("--hmark-sport-mask") || has("--hmark-dport-mask"));
    return both ? { expected: "only one of spi and ports, which are the same bytes of the packet" } : null;
  },
  complete(given, family) {
    const at = given["--hmark-tuple"]?.at ?? 0;
    const masks = named(given).map((option) => [
      option,
      { value: full(option, family === "ipv6"), negated: false, at },
    ]);
    return { ...given, ...Object.fromEntries(masks) };
  },
  does(given) {
    const [offset, modulus] = [given["--hmark-offset"]?.value ?? 0, given["--hmark-mod"]?.value ?? 1];
    const end = offset + modulus;
    const hashed: Effect = { does: "become", field: "mark", ranges: end > 2 ** 32 ? null : [[offset, end]] };
    if (!given["--hmark-tuple"]?.value.includes("ct")) return [hashed];
    return [{ does: "if", condition: tracked, yes: [hashed], no: [{ does: "continue" }] }];
  },
});
