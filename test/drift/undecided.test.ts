/** A packet to which more ways are open than are walked: whether one of them prints its lines nobody has looked. */
import { expect, test } from "vitest";
import { Host } from "../../src/facts/index.ts";
import { driftOfLines, rulesetOf } from "../support/drifted.ts";

const host = new Host({ backend: { iptables: "legacy" } });
/** Each of these halves the packets by what no line tells; they print nothing, since the TRACE rule is behind them. */
const unknowns = (count: number) =>
  Array.from(
    { length: count },
    (_, at) => `-A PREROUTING -m bpf --bytecode "1,6 0 0 ${at + 1}" -j MARK --set-xmark ${1 << at}/${1 << at}\n`,
  );
const dump = (before: readonly string[]) => `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
${before.join("")}-A PREROUTING -j TRACE
COMMIT
`;
const PACKET =
  "IN=eth0 OUT= MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 SRC=192.0.2.1 DST=192.0.2.2 LEN=40 TOS=0x00 PREC=0x00 TTL=64 ID=1 PROTO=UDP SPT=5 DPT=6 LEN=20";
const lines = (count: number) => [`[1.0] TRACE: raw:PREROUTING:policy:${count + 3} ${PACKET}`];

test("is undecided, and no drift", () => {
  const summary = driftOfLines({ host, ruleset: rulesetOf(dump(unknowns(12)), host) }, lines(12));
  expect(summary).toMatchObject({ packets: 1, explained: 0, assumed: 0, undecided: 1, drifts: [] });
});

test("with few ways, all of them walked, it is drift", () => {
  const summary = driftOfLines({ host, ruleset: rulesetOf(dump(unknowns(3)), host) }, lines(3));
  expect(summary).toMatchObject({ packets: 1, explained: 0, undecided: 0, drifts: [{ count: 1 }] });
});
