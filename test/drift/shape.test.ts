/** Packets of one shape are walked once: that must say of each what a walk of its own would. */
import { describe, expect, test, vi } from "vitest";
import { DriftFold } from "../../src/drift/index.ts";
import { Shapes } from "../../src/drift/shape.ts";
import { Host } from "../../src/facts/index.ts";
import type { TracedPacket } from "../../src/trace/index.ts";
import { recordedWorld, rulesetOf } from "../support/drifted.ts";
import { packetsOf } from "../trace/recordings.ts";
import { messagesOf } from "./losses/losses.ts";
import { NAMES } from "./mutations/recordings.ts";
import { copier } from "./repeat.ts";

const host = new Host({ backend: { iptables: "legacy" } });
const rules = (...lines: readonly string[]) =>
  rulesetOf(
    `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
${lines.map((line) => `${line}\n`).join("")}COMMIT
`,
    host,
  );
const packet = (sport: number, dport: number, length = 600, more = ""): TracedPacket => {
  const line = `IN=eth0 OUT= MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 SRC=192.0.2.1 DST=192.0.2.2 LEN=${length} TOS=0x00 PREC=0x00 TTL=64 ID=${sport} PROTO=UDP SPT=${sport} DPT=${dport} LEN=${length - 20}`;
  return packetsOf(`[1.0] TRACE: filter:INPUT:policy:9 ${line} ${more}\n`)[0] as TracedPacket;
};

describe("shapes", () => {
  const shapes = new Shapes(
    rules("-A INPUT -p udp -m udp --dport 53 -j DROP", "-A INPUT -p udp -m udp --sport 2000:2999"),
    host,
  );
  const key = (...of: Parameters<typeof packet>) => shapes.of(packet(...of), null).key;

  test("ports that no rule tells apart, ids, and lengths are one shape", () => {
    expect(key(40000, 53)).toBe(key(50123, 53));
    expect(key(40000, 9999)).toBe(key(50123, 7777));
    expect(key(40000, 53, 700)).toBe(key(40000, 53, 1400));
    expect(shapes.of(packet(40000, 9999), null).ports).toEqual([40000, 9999]);
  });

  test.each([
    ["a port that a rule names", [40000, 53], [40000, 54]],
    ["a range that a rule names", [2500, 9999], [3000, 9999]],
    ["two ports that are one", [4000, 4000], [4000, 4001]],
    ["a mark", [40000, 53, 600, "MARK=0x1"], [40000, 53, 600, "MARK=0x2"]],
    ["a header that may be cut off", [40000, 53, 40], [40000, 53, 30]],
  ] as const)("%s makes another one", (_, one, other) => {
    const [a, b] = [one, other] as unknown as Parameters<typeof packet>[];
    expect(key(...(a ?? [0, 0]))).not.toBe(key(...(b ?? [0, 0])));
  });

  test("where ports are reckoned with, each is one by itself", () => {
    const shifted = rulesetOf(
      "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -m udp --dport 5000:5100 -j DNAT --to-destination 192.0.2.9:6000-6100/5000\nCOMMIT\n",
      host,
    );
    const of = (port: number) => new Shapes(shifted, host).of(packet(40000, port), null).key;
    expect(of(5001)).not.toBe(of(5002));
  });

  test("a length that a rule asks for", () => {
    const asking = new Shapes(rules("-A INPUT -m length --length 1000:1100"), host);
    const of = (length: number) => asking.of(packet(40000, 53, length), null).key;
    expect(of(999)).not.toBe(of(1000));
    expect(of(1000)).toBe(of(1100));
    expect(of(1100)).not.toBe(of(1101));
  });
});

const SOME = [
  "s06-external-to-published-brnf1",
  "s11-icmp-errors",
  "s16a-interleaved",
  "t01c-targets",
  "t02b-zoo-plain-ct",
];

describe.skipIf(NAMES.length === 0)(
  "recordings again and again, with other ports and ids (../shared/recordings)",
  () => {
    test.each(SOME)("%s", (name) => {
      const world = recordedWorld(name, (source) => !/ip6?tables-save\.nft/.test(source.name));
      const [copy, messages] = [copier(), messagesOf(name)];
      const lines = [0, 1, 2].flatMap((at) => copy(messages, at)).map((message) => `[1.0] ${message}\n`);
      const packets = packetsOf(lines.join(""));
      const said = () => {
        const fold = new DriftFold(world.ruleset, world.host);
        const says = packets.map((each) => fold.add(each)?.says);
        const { explained, assumed, lost, coverage } = fold.summary();
        return { says, explained, assumed, lost, coverage };
      };
      const once = said();
      let walks = 0;
      const { of } = Shapes.prototype;
      const each = vi.spyOn(Shapes.prototype, "of").mockImplementation(function (this: Shapes, ...given) {
        const shape = of.apply(this, given);
        return { ...shape, key: `${shape.key} ${walks++}` };
      });
      expect(once).toEqual(said());
      each.mockRestore();
    });
  },
);
