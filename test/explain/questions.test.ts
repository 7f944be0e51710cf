/** Whatever the way itself asks has words, and says what would settle it. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { QUESTIONS } from "../../src/report/assumptions.ts";

test("every question that the walk asks is said in words", () => {
  const asked = readdirSync("src/path").flatMap((file) => {
    const text = readFileSync(`src/path/${file}`, "utf8");
    return [...text.matchAll(/\bassume\(\s*\w+,\s*"([^"]+)",\s*null\b/g)].map((match) => match[1] ?? "");
  });
  expect(asked.length).toBeGreaterThan(10);
  expect([...new Set(asked)].filter((fact) => !Object.hasOwn(QUESTIONS, fact))).toEqual([]);
});

test.each([
  ["ctstate", "first of its connection", "it is the first packet of its connection"],
  ["ctstate", "not first of its connection", "it is not the first packet of its connection"],
  ["ctorigsrc", "translated", "its connection is translated by this host"],
  ["inInterface", "eth0", "it comes in by eth0"],
  ["inInterface", "none: from this host", "a process of this host sends it"],
  ["destination", "behind eth0", "its destination is behind eth0"],
  ["macDestination", "the bridge's", "the frame is addressed to the bridge's MAC"],
  ["fdb", "learnt behind veth1", "the bridge has learnt the destination's MAC behind veth1"],
  ["port unreachable", "sent by udp", "no process has the port, and udp says so"],
  ["next hop", "routed by eth1", "of the route's next hops the kernel's hash takes the one by eth1"],
  ["route", "as before", "it leaves as before it was rewritten"],
  ["route", "by mark", "it is routed anew by mark"],
  ["sent by SYNPROXY", "no", "it is not sent by SYNPROXY"],
  ["vlanTag", "none", "the frame has no VLAN tag"],
  ["vlanTag", "of a VLAN", "the frame is of a VLAN"],
  ["bridge-nf-filter-vlan-tagged", "1", "IP tables see tagged frames (bridge-nf-filter-vlan-tagged 1)"],
  ["bridge-nf-call-iptables", "0", "IP tables do not see bridged frames (bridge-nf-call-iptables 0)"],
  ["vlanTag", "of VLAN 0", "the frame is of VLAN 0"],
  ["link", "a VLAN device", "for its VLAN the bridge has a VLAN device"],
])("%s, %s", (fact, taken, words) => {
  expect(QUESTIONS[fact]?.says(taken)).toBe(words);
});
