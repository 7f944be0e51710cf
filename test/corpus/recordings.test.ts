/** Every dump that the recordings hold prints back byte for byte. */
import { describe, expect, test } from "vitest";
import { Host } from "../../src/facts/index.ts";
import { loadDump, printDump } from "../../src/model/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";
import { hasShared, sharedBytes, sharedFiles } from "../support/shared.ts";

describe.skipIf(!hasShared).each(["iptables-save", "ip6tables-save", "ebtables-save"])("%s", (tool) => {
  const dumps = sharedFiles("recordings/", (name) => name.startsWith(tool))
    .map((name) => ({ name, bytes: sharedBytes(name) }))
    .filter(({ bytes }) => bytes !== "");
  test("there are recordings", () => expect(dumps.length).toBeGreaterThan(15));
  test("as they were saved", () => {
    const wrong = dumps.flatMap(({ name, bytes }) => {
      const printed = printDump(loadDump(parse(new Source(name, bytes)), new Host())).split("\n");
      const at = bytes.split("\n").findIndex((line, i) => line !== printed[i]);
      return at < 0 ? [] : [`${name}:${at + 1}\n  saved   ${bytes.split("\n")[at]}\n  printed ${printed[at]}`];
    });
    expect(wrong).toEqual([]);
  });
});
