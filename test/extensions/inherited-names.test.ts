/** Words that every JavaScript object has a property of: they are words like any other. */
import { expect, test } from "vitest";
import { BadValue, type MatchExtension, matches, type TargetExtension, targets } from "../../src/extensions/index.ts";
import { Host, readPacket } from "../../src/facts/index.ts";
import { loadDump, printDump } from "../../src/model/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";

const INHERITED = [...Object.getOwnPropertyNames(Object.prototype), "prototype", "length", "name"];
const word = (text: string) => ({ text, start: 0, end: text.length, quoted: false });

const options = [...matches, ...targets].flatMap((extension: MatchExtension | TargetExtension) =>
  Object.entries(extension.options).map(([option, value]) => ({
    name: `${extension.name} ${option}`,
    option,
    value,
    extension,
  })),
);

test.each(options)("$name", ({ option, value, extension }) => {
  for (const family of extension.families) {
    for (const text of INHERITED) {
      for (const given of [
        text,
        text.toLowerCase(),
        `${text},${text}`,
        `${text}/${text}`,
        `${text}:${text}`,
        `1/${text}`,
        `1:${text}`,
      ]) {
        const words = [given, "1"].slice(0, Math.max(1, value.arity)).map(word);
        try {
          const written = value.write(value.read(words, option, family), false, { backend: "legacy", release: 10811 });
          for (const each of written ?? []) expect(each, given).not.toMatch(/function|object Object|undefined|NaN/);
        } catch (error) {
          if (!(error instanceof BadValue)) throw error;
        }
      }
    }
  }
});

test.each(INHERITED)("%s as a table, chain, match, target, option and command", (name) => {
  const load = (text: string) => loadDump(parse(new Source("names", text)), new Host());
  const dump = `*filter\n:INPUT ACCEPT [0:0]\n:${name} - [0:0]\n-A INPUT -m ${name} -j ${name}\nCOMMIT\n`;
  expect(printDump(load(dump))).toBe(dump);
  expect(load(dump).problems).toEqual([]);
  expect(load(dump.replace("filter", name)).problems).toHaveLength(1);
  expect(load(dump.replace("-m", "-j ACCEPT")).rules).toHaveLength(1);
  expect(load(`iptables -t ${name} -A INPUT -j ACCEPT\n`).problems).toHaveLength(1);
  expect(load(`iptables --${name}\niptables ${name}\n${name}\n${name}=1\n$${name} -A x\n`).ruleset.tables).toEqual([]);
  for (const field of ["protocol", "destinationPort", "icmpType", "mark"] as const)
    expect(() => readPacket("ipv4", { [field]: name })).toThrow(/expected/);
});
