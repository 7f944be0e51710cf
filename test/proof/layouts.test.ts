/** What changed for packets from one release of Docker to the next; each golden file was read against the two dumps. */
import { describe, expect, test } from "vitest";
import { anyPacket, Host } from "../../src/facts/index.ts";
import { walk } from "../../src/path/index.ts";
import { diff, seenAs } from "../../src/proof/index.ts";
import { diffPretty } from "../../src/report/diff.ts";
import { HOST, layout, pairs } from "./layouts.ts";

const found = pairs();
const plain = new Proxy({}, { get: () => (text: string) => text }) as Parameters<typeof diffPretty>[1];

describe.skipIf(found.length === 0)(
  `neighbouring layouts${found.length === 0 ? ": ../shared/layouts is not there" : ""}`,
  () => {
    test.each(found)("$scenario: $old and $now", async ({ scenario, old, now }) => {
      const host = new Host(HOST);
      const [before, after] = [old, now].map((release) => ({ host, ruleset: layout(release, scenario, host) }));
      if (!before || !after) throw new Error("no layout");
      const packet = anyPacket("ipv4");
      const differences = diff(before, after, packet);
      expect(differences.truncated).toBe(false);
      await expect(`${[...diffPretty([{ packet, found: differences }], plain)].join("\n")}\n`).toMatchFileSnapshot(
        `./layouts/${scenario}-${old}-${now}.txt`,
      );
      for (const each of differences.differences) {
        const { witness } = each;
        if (!witness) throw new Error("a difference without a witness");
        for (const [world, outcome] of [
          [before, each.before],
          [after, each.after],
        ] as const)
          if (outcome)
            expect(walk(world, witness).paths.map(({ verdict }) => seenAs(verdict))).toContain(outcome.verdict);
      }
    });

    test.each([...new Set(found.flatMap(({ scenario, old, now }) => [`${old} ${scenario}`, `${now} ${scenario}`]))])(
      "%s does not differ from itself",
      (name) => {
        const [release = "", scenario = ""] = name.split(" ");
        const host = new Host(HOST);
        const [one, other] = [1, 2].map(() => ({ host, ruleset: layout(release, scenario, host) }));
        if (one && other) expect(diff(one, other, anyPacket("ipv4")).differences).toEqual([]);
      },
    );
  },
);
