/** Rules as they were typed, and the lines that the real tools saved (../shared/recordings/g01-save-grammar-*). */
import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/extensions/index.ts";
import { type Family, Host } from "../../src/facts/index.ts";
import { bind, loadDump, ruleText, ruleWith } from "../../src/model/index.ts";
import { decode, Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";
import { hasShared, sharedBytes } from "../support/shared.ts";

const FAMILIES: readonly (readonly [string, Family, string])[] = [
  ["ip4", "ipv4", "iptables"],
  ["ip6", "ipv6", "ip6tables"],
  ["eb", "bridge", "ebtables"],
];

interface Recorded {
  readonly typed: string;
  readonly saved: Map<Backend, string[]>;
  readonly refused: Map<Backend, string>;
}
function recorded(name: string): Recorded[] {
  const out: Recorded[] = [];
  for (const line of (hasShared ? sharedBytes(`recordings/g01-save-grammar-${name}/grammar.txt`) : "").split("\n")) {
    const answer = /^ {2}(legacy|nft) +(?:rc=\d+ (.*)|(?:\[\d+:\d+\] )?(-A .*)|\(nothing saved\))$/.exec(line);
    const last = out.at(-1);
    if (line.startsWith("IN  ")) out.push({ typed: line.slice(4), saved: new Map(), refused: new Map() });
    else if (answer && last) {
      const backend = answer[1] as Backend;
      if (answer[3] !== undefined) last.saved.set(backend, [...(last.saved.get(backend) ?? []), answer[3]]);
      else if (answer[2] !== undefined) last.refused.set(backend, answer[2]);
    } else if (last && line !== "") {
      // a line end inside quotes
      const [backend, lines] = [...last.saved].at(-1) ?? [];
      if (backend && lines) lines.push(`${lines.pop()}\n${line}`);
      else out[out.length - 1] = { ...last, typed: `${last.typed}\n${line}` };
    }
  }
  return out;
}

/** What ebtables-nft of 1.8.9 does not take and other releases and the legacy tool do. */
const OTHER_TOOLS = /^-t broute |^-t filter -c /;
/** Refused for what the machine lacks, not for what was typed: modules, sets, named objects, paths. */
const MACHINE =
  /No chain\/target\/match by that name|Operation not supported|No such file or directory|missing kernel module|Run `dmesg'|Invalid argument/;

describe.skipIf(!hasShared).each(FAMILIES)("%s", (name, family, tool) => {
  const cases = recorded(name).filter(({ saved, refused }) => saved.size + refused.size > 0);
  test("there are recordings", () => expect(cases.length).toBeGreaterThan(50));
  const backends: readonly Backend[] = family === "bridge" ? ["nft"] : ["legacy", "nft"];
  test.each(backends)("%s saves what we print", (backend) => {
    const wrong = cases.flatMap(({ typed, saved, refused }) => {
      const script = new Source("typed", `#!/bin/sh\n${tool}-${backend} ${typed}\n`);
      const { tables, problems } = loadDump(parse(script), new Host());
      const rules = tables.flatMap(({ chains }) => [...chains.values()].flatMap((chain) => chain.rules));
      const ours = rules.map((rule) =>
        ruleText(ruleWith(rule, { counters: null, saver: { backend, release: 10809 } })),
      );
      const printed = ours.map((text) => text.replace(/^\[\d+:\d+\] | -c \d+ \d+$/, ""));
      const theirs = saved.get(backend) ?? [];
      const why = refused.get(backend);
      if (why !== undefined) {
        const bad = problems.length > 0 || rules.some((rule) => bind(rule).problems.length > 0);
        return bad || MACHINE.test(why) || OTHER_TOOLS.test(typed) ? [] : [`${typed}\n  taken here, there ${why}`];
      }
      const same = printed.join("\n").trimEnd() === theirs.map(decode).join("\n").trimEnd();
      return same
        ? []
        : [
            `${typed}\n  theirs ${theirs.join("\n         ")}\n  ours   ${printed.join("\n         ")} ${problems.map(({ data }) => JSON.stringify(data))}`,
          ];
    });
    expect(wrong).toEqual([]);
  });
});
