/** Logs that mean no good: no crash, no packet that was not there, and nothing lost silently. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TraceReader } from "../../src/trace/index.ts";

const LINE =
  "TRACE: raw:PREROUTING:policy:2 IN=eth0 OUT= MAC=02:42:ff:27:17:4d:02:42:c0:a8:00:02:08:00 SRC=10.0.0.1 DST=10.0.0.2 LEN=28 TOS=0x00 PREC=0x00 TTL=64 ID=1 PROTO=2 ";
const LOGGED = "IN=eth0 OUT= MAC= SRC=10.0.0.1 DST=10.0.0.2 LEN=28 TOS=0x00 PREC=0x00 TTL=64 ID=1 PROTO=2 ";

function read(...chunks: readonly string[]) {
  const reader = new TraceReader();
  const events = [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()];
  const { lines, unread, foreign } = reader;
  return { events, lines, unread, foreign };
}

describe("what imitates a trace line", () => {
  // recording t03b: LOG prints its prefix, 29 characters at most, and IN= right behind it
  test.each([
    ["TRACE: filter:FORWARD:rule:1"],
    ["TRACE: filter:FORWARD:rule:6"],
    ["x TRACE: a:b:policy:1 "],
    ["TRACE: 2 1c870bb9 a:b:policy:"],
    ["trace id 1c870bb9 ip a b rule "],
  ])("a LOG line with the prefix %j", (prefix) => {
    const { events, lines } = read(`[ 1.5] ${prefix}${LOGGED}\n`);
    expect([events, lines]).toEqual([[], 0]);
  });
  test("a packet that a monitor would print, from a LOG rule, makes no packet", () => {
    expect(read(`[ 1.5] PACKET: 2 1c870bb9 ${LOGGED}\n`).events).toEqual([]);
  });
});

test("a line of 10 MB is none, and the next one is read", () => {
  const long = "x".repeat(1 << 20);
  const { events, foreign } = read("TRACE: ", ...Array(10).fill(long), `\n${LINE}\n`);
  expect(events).toMatchObject([{ line: 2, id: "raw:PREROUTING:policy:2" }]);
  expect(foreign).toBe(1);
});

test("NUL bytes before a line leave it unread, inside a field too", () => {
  expect(read(`\0\0\0${LINE}\n`)).toMatchObject({ events: [], unread: 1 });
  expect(read(`${LINE.replace("SRC=10.0.0.1", "SRC=10.0\0.1")}\n`)).toMatchObject({ events: [], unread: 1 });
});

test("half a line at the end, cut anywhere, is whole, unread or another line: never another packet", () => {
  const whole = read(`${LINE}\n`).events[0];
  for (let at = 1; at < LINE.length; at++) {
    const { events, unread, foreign } = read(LINE.slice(0, at));
    expect(events.length + unread + foreign).toBe(1);
    if (events[0]) expect(events[0]).toMatchObject({ id: whole?.layer === "ip" ? whole.id : "" });
  }
});

test("bytes of any kind, in chunks of any kind: every line is read, unread, foreign or blank", () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => String.fromCharCode(...bytes)),
    fc.constantFrom(LINE, "\n", "TRACE: ", "PACKET: 2 1c870bb9 ", " MAC source = ", "trace id ", "{", '"log":"', "\r"),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (chunks) => {
      const { lines, unread, foreign } = read(...chunks);
      const text = chunks.join("");
      const spoken = text.split("\n").filter((line) => /\S/.test(line)).length;
      // a torn line's remainder belongs to the line before it
      expect(lines + unread + foreign).toBeLessThanOrEqual(spoken);
      expect(lines).toBeLessThanOrEqual(text.split(LINE.slice(0, 20)).length - 1);
    }),
    { numRuns: 300 },
  );
});
