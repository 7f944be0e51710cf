import { type Effect, type Given, type OptionTable, target, type Value } from "../define.ts";
import { cutName, flag, readInteger, word } from "../values.ts";

/** Case counts here; printed in the list's order. */
const events = (list: readonly string[]): Value<readonly string[]> =>
  word(
    `a list of ${list.join(", ")}`,
    [list[0] ?? "", list.slice(-2).reverse().join(",")],
    (given) => {
      const wanted = given.split(",");
      return wanted.every((name) => list.includes(name)) ? list.filter((name) => wanted.includes(name)) : undefined;
    },
    (value) => value.join(","),
    { negatable: false },
  );
const CT_EVENTS = "new related destroy reply assured protoinfo helper mark natseqinfo secmark".split(" ");

/** null: the packet's mark is the zone. */
const zone = word<number | null>(
  "a zone 0-65535, or mark",
  ["7", "0x10", "mark"],
  (given) => (given.toLowerCase() === "mark" ? null : readInteger(given, 65535)),
  (value) => String(value ?? "mark"),
  { negatable: false },
);
/** Others are taken where the kernel has a helper or a timeout policy of that name. */
const NO_NAME = ['""'];
const options = {
  "--notrack": flag(),
  "--helper": cutName(15, NO_NAME),
  "--timeout": cutName(31, NO_NAME),
  "--ctevents": events(CT_EVENTS),
  "--expevents": events(["new"]),
  "--zone": zone,
  "--zone-orig": zone,
  "--zone-reply": zone,
} satisfies OptionTable;

/** All three zone options write one place: the last number counts, mark and directions add up. Zone 0 is none. */
function zoneTexts(given: Given<typeof options>): readonly string[] {
  const { "--zone": both, "--zone-orig": original, "--zone-reply": reply } = given;
  const zones = [both, original, reply].flatMap((one) => (one ? [one] : [])).sort((a, b) => a.at - b.at);
  const isMark = zones.some(({ value }) => value === null);
  const number = zones.at(-1)?.value ?? 0;
  if (!isMark && number === 0) return [];
  const direction = original && !reply ? "-orig" : reply && !original ? "-reply" : "";
  return [`--zone${direction}`, isMark ? "mark" : String(number)];
}
/** The walk sees it from conntrack on. */
const untracked: Effect = { does: "attach", what: "untracked" };
const template: Effect = { does: "attach", what: "template" };

/** What conntrack shall do with the packet. net/netfilter/xt_CT.c; semantics 6.3. */
export const CT = target({
  name: "CT",
  families: ["ipv4", "ipv6"],
  options,
  placement: { tables: ["raw"] },
  // xt_ct_find_proto
  check: (given, _, { protocol }) => {
    const option = (["--helper", "--timeout"] as const).find((name) => given[name] && given[name].value !== "");
    if (option === undefined || (protocol && protocol.name !== "all" && !protocol.negated)) return null;
    return { option, expected: `-p with a protocol for ${option}` };
  },
  write(given, saver) {
    const texts = Object.entries(options).flatMap(([flag, value]: [string, Value<unknown>]) => {
      const one = flag.startsWith("--zone") ? undefined : given[flag as keyof typeof options];
      const words = one ? value.write(one.value, false, saver) : null;
      return words === null ? [] : [flag, ...words];
    });
    return [...texts, ...zoneTexts(given)];
  },
  does: (given) => [given["--notrack"] ? untracked : template],
});
/** The same as CT --notrack. net/netfilter/xt_CT.c */
export const NOTRACK = target({
  name: "NOTRACK",
  families: ["ipv4", "ipv6"],
  options: {},
  placement: { tables: ["raw"] },
  does: () => [untracked],
});
