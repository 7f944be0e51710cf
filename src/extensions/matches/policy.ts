import { all, always, type Condition, never, not } from "../../facts/index.ts";
import { type Given, match, type One, type Saver, type Value } from "../define.ts";
import { flag, hex, hostMask, integer, oneOf, opaque, optionText } from "../values.ts";

const element = {
  "--reqid": integer({ negatable: true, repeatable: true }),
  "--spi": integer({ negatable: true, repeatable: true, print: hex }),
  "--proto": oneOf(["ah", "esp", "ipcomp"], {
    repeatable: true,
    spellings: { "51": "ah", "50": "esp", "108": "ipcomp" },
    examples: ["esp", "ah", "ipcomp", "50"],
  }),
  "--mode": oneOf(["transport", "tunnel"], { repeatable: true }),
  "--tunnel-dst": hostMask({ repeatable: true }),
  "--tunnel-src": hostMask({ repeatable: true }),
};
const options = {
  "--dir": oneOf(["in", "out"], { negatable: false }),
  "--pol": oneOf(["ipsec", "none"], { negatable: false }),
  "--strict": flag(),
  ...element,
  "--next": flag({ repeatable: true }),
};
type Options = Given<typeof options>;
type Element = Readonly<Record<string, readonly One<unknown>[]>>;

const every = (one: One<unknown> | undefined): readonly One<unknown>[] => (one ? [one, ...(one.again ?? [])] : []);
const nexts = (given: Options): readonly number[] => every(given["--next"]).map(({ at }) => at);
/** The options of each element, which `--next` divides. */
function elementsOf(given: Options): readonly Element[] {
  const ends = [...nexts(given), Number.POSITIVE_INFINITY];
  return ends.map((end, index) => {
    const start = ends[index - 1] ?? Number.NEGATIVE_INFINITY;
    const own = (flag: string) => every(given[flag as keyof Options]).filter(({ at }) => at > start && at < end);
    return Object.fromEntries(Object.keys(element).map((flag) => [flag, own(flag)]));
  });
}
const isTransport = (part: Element): boolean => {
  const [mode] = part["--mode"] ?? [];
  return mode === undefined || (mode.value === "tunnel") === mode.negated;
};

/** What IPsec did, or is to do, with the packet: nothing where the host has none. net/netfilter/xt_policy.c */
export const policy = match({
  name: "policy",
  families: ["ipv4", "ipv6"],
  options,
  needs: [["--dir"]],
  together: { "--next": ["--strict"] },
  check(given, _, { chain }) {
    // xt_policy.c policy_mt_check: what comes in has no way out yet
    const misplaced = given["--dir"]?.value === "in" ? /^(?:OUTPUT|POSTROUTING)$/ : /^(?:INPUT|PREROUTING)$/;
    if (misplaced.test(chain))
      return {
        option: "--dir",
        expected: `--dir ${chain.startsWith("IN") || chain.startsWith("PRE") ? "in" : "out"} in ${chain}`,
      };
    const elements = elementsOf(given);
    if (elements.length > 4) return { option: "--next", expected: "at most 4 elements" };
    for (const part of elements) {
      const twice = Object.keys(part).find((flag) => (part[flag]?.length ?? 0) > 1);
      if (twice !== undefined) return { option: twice, expected: `${twice} once before --next` };
      const tunnel = ["--tunnel-src", "--tunnel-dst"].find((flag) => part[flag]?.length);
      // of elements behind `--pol none` nothing is looked at
      if (tunnel !== undefined && isTransport(part) && given["--pol"]?.value !== "none")
        return { option: tunnel, expected: `--mode tunnel with ${tunnel}` };
    }
    if (!given["--strict"]) return null;
    if (given["--pol"]?.value === "none") return { option: "--strict", expected: "--pol ipsec with --strict" };
    const isEmpty = (part: Element) => Object.values(part).every((ones) => ones.length === 0);
    if (!elements.some(isEmpty)) return null;
    return { option: given["--next"] ? "--next" : "--strict", expected: `one of ${Object.keys(element).join(", ")}` };
  },
  complete: (given) => ({ "--pol": { value: "ipsec", negated: false, at: 0 }, ...given }),
  write: (given, saver) => [
    ...(given["--dir"] ? [`--dir ${given["--dir"].value}`] : []),
    ...(given["--pol"] ? [`--pol ${given["--pol"].value}`] : []),
    ...partsOf(given, saver),
  ],
  means(given, host): Condition {
    if (host.hasIpsec === false) return given["--pol"]?.value === "none" ? always : never;
    const direction = `ipsec policy ${given["--dir"]?.value}`;
    const parts = partsOf(given, { backend: "legacy", release: 10811 });
    const settledBy = "ip xfrm state, ip xfrm policy";
    const secured = opaque(direction, settledBy);
    if (given["--pol"]?.value === "none") return not(secured);
    return parts.length === 0 ? secured : all(secured, opaque([direction, ...parts].join(" "), settledBy));
  },
});
/** What follows `--pol`: nothing after `none`. */
function partsOf(given: Options, saver: Saver): readonly string[] {
  const parts = given["--pol"]?.value === "none" ? [] : elementsOf(given);
  return [
    ...(given["--strict"] ? ["--strict"] : []),
    ...parts.flatMap((part, at) => [
      ...(at > 0 ? ["--next"] : []),
      ...Object.entries(part).flatMap(([flag, ones]) =>
        ones.flatMap((one) => optionText(flag, element[flag as keyof typeof element] as Value<unknown>, one, saver)),
      ),
    ]),
  ];
}
