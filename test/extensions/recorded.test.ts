/** Every extension's options in all their notations, typed into the real tools of 1.8.9 (test/recordings/). */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/extensions/index.ts";
import { differs, readTyped } from "../support/typed.ts";

/** Where the tool is more lenient than its user would want, or asks a resolver. */
const KNOWN: readonly (readonly [RegExp, string])[] = [
  [
    /-j SET .*(?:!|--exist --exist|--timeout 1 --timeout)/,
    "the tool drops ! and all but the last of two without a word",
  ],
  [/-j mangle (?:!|--mangle-ip-s \S+ --mangle-ip-s)|-j MARK !/, "as above"],
  [/localhost|--mangle-ip-s (?:127|0\.0)/, "a name, in or out, is the resolver's"],
  [/--h-length (?:0x6|x|6\/256)|-ieth7/, "arptables 1.8.9 takes words for what they are not"],
  [
    /--mangle-(?:ip|mac)-s \S+\/|-j MARK (?:--set-mark 1\/3|--set-mark 1000)?|ewmalog -1s/,
    "out of range, cut silently",
  ],
];

describe.each([
  ["ip4", "iptables", ["legacy", "nft"]],
  ["ip6", "ip6tables", ["legacy", "nft"]],
  ["eb", "ebtables", ["nft"]],
  ["arp", "arptables", ["nft"]],
] as const)("%s", (name, tool, backends) => {
  const cases = readTyped(readFileSync(new URL(`../recordings/${name}.txt`, import.meta.url), "latin1"));
  test("there are recordings", () => expect(cases.length).toBeGreaterThan(100));
  test.each<Backend>(backends)("%s saves what we print, and refuses what we refuse", (backend) => {
    const wrong = cases.flatMap((each) => differs(each, tool, backend) ?? []);
    const isKnown = (text: string) => KNOWN.some(([pattern]) => pattern.test(text.split("\n")[0] ?? ""));
    expect(wrong.filter((text) => !isKnown(text))).toEqual([]);
    expect(wrong.length).toBeLessThan(cases.length / (name === "arp" ? 8 : 100));
  });
});
