/** Where a log says itself that it lacks lines: systemd.journal-fields(7), sd_journal_get_seqnum(3), and loggers' words. */
import { expect, test } from "vitest";
import { readTrace } from "../../src/trace/index.ts";

const LINE =
  "TRACE: raw:PREROUTING:policy:2 IN=eth0 OUT= MAC= SRC=10.0.0.1 DST=10.0.0.2 LEN=28 TOS=0x00 PREC=0x00 TTL=64 ID=1 PROTO=2 ";
/** How many gaps lie before the last line. */
function gaps(lines: readonly string[]): number {
  const { events } = readTrace(lines.map((line) => `${line}\n`).join(""));
  return events.at(-1)?.gaps ?? 0;
}
const kernel = (at: number, more: object = {}) =>
  JSON.stringify({ __SEQNUM: String(at), __SEQNUM_ID: "ab", _TRANSPORT: "kernel", MESSAGE: LINE, ...more });
const other = (at: number) => kernel(at, { _TRANSPORT: "journal", MESSAGE: "Started a service." });
const cursor = (at: number, transport = "kernel") =>
  JSON.stringify({ __CURSOR: `s=ab;i=${at.toString(16)};b=cd;m=1;t=2;x=3`, _TRANSPORT: transport, MESSAGE: LINE });

test.each<[string, readonly string[], number]>([
  ["whole", [other(7), kernel(8), kernel(9)], 0],
  ["one entry is missing", [other(7), kernel(8), kernel(10)], 1],
  ["one is missing before a line, one after it", [other(7), kernel(9), kernel(11)], 2],
  ["the kernel's entries alone: what is between them may be anybody's", [kernel(7), kernel(9)], 0],
  ["another series begins: a reboot, or another host", [other(7), kernel(90, { __SEQNUM_ID: "cd" })], 0],
  ["before systemd 254: the cursor has the number", [cursor(9, "syslog"), cursor(10), cursor(12)], 1],
  ["the cursor counts in hexadecimal", [cursor(15, "syslog"), cursor(16)], 0],
])("the journal's numbers: %s", (_, lines, expected) => {
  expect(gaps(lines)).toBe(expected);
});

const SAID = [
  "Nov 25 12:00:00 web1 systemd-journald[281]: Missed 97 kernel messages",
  "Nov 25 12:00:00 web1 systemd-journald[281]: /dev/kmsg buffer overrun, some messages lost.",
  "Nov 25 12:00:00 web1 rsyslogd: imklog: 406 messages lost due to rate-limiting (20000 allowed within 300 seconds)",
  "Nov 25 12:00:00 web1 rsyslogd-2177: imjournal: 406 messages lost due to rate-limiting",
  JSON.stringify({ SYSLOG_IDENTIFIER: "systemd-journald", MESSAGE: "Missed 97 kernel messages" }),
  "** 12 printk messages dropped **",
];
test.each(SAID)("%s", (said) => {
  expect(gaps([LINE, said, LINE])).toBe(1);
});

test.each([
  // a service's and a process's own messages
  "Nov 25 12:00:00 web1 systemd-journald[281]: Suppressed 97 messages from nginx.service",
  "Nov 25 12:00:00 web1 rsyslogd: imuxsock[pid: 51, name: x]: 488 messages lost due to rate-limiting",
  // a LOG rule's prefix
  "Nov 25 12:00:00 web1 kernel: x systemd-journald: Missed 9 kernel messagesIN=eth0 OUT= SRC=10.0.0.1 DST=10.0.0.2",
  JSON.stringify({ SYSLOG_IDENTIFIER: "kernel", MESSAGE: "Missed 97 kernel messages" }),
])("no proof: %s", (said) => {
  expect(gaps([LINE, said, LINE])).toBe(0);
});
