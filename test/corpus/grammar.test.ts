/** Rules as they were typed, and the lines that the real tools saved (../shared/recordings/g01-save-grammar-*). */
import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/extensions/index.ts";
import { hasShared, sharedBytes } from "../support/shared.ts";
import { differs, readTyped } from "../support/typed.ts";

/** Refused for what the machine lacked, not for what was typed: modules, sets, named objects, paths. */
const MACHINE =
  /No chain\/target\/match by that name|Operation not supported|No such file or directory|missing kernel module|Run `dmesg'|Invalid argument/;
/** What ebtables-nft of 1.8.9 does not take, and other releases and the legacy tool do. */
const OTHER_TOOLS = /^-t broute |^-t filter -c /;

describe.skipIf(!hasShared).each([
  ["ip4", "iptables", ["legacy", "nft"]],
  ["ip6", "ip6tables", ["legacy", "nft"]],
  ["eb", "ebtables", ["nft"]],
] as const)("%s", (name, tool, backends) => {
  const cases = hasShared ? readTyped(sharedBytes(`recordings/g01-save-grammar-${name}/grammar.txt`)) : [];
  test("there are recordings", () => expect(cases.length).toBeGreaterThan(50));
  test.each<Backend>(backends)("%s saves what we print", (backend) => {
    const fair = cases.filter(({ refused, typed }) => {
      const why = refused.get(backend);
      return why === undefined || !(MACHINE.test(why) || OTHER_TOOLS.test(typed));
    });
    expect(fair.flatMap((each) => differs(each, tool, backend) ?? [])).toEqual([]);
  });
});
