/**
 * Sets as `ipset save` prints them: what is read, what is told of what cannot be, and what is in them. Types that the
 * recording host has are held against its kernel in test/extensions/facts.test.ts.
 */
import { describe, expect, test } from "vitest";
import { evaluate, type Field, Host, hostMistake, readIpsets, readPacket } from "../../src/facts/index.ts";

const SAVED = `create hosts hash:ip family inet hashsize 1024 maxelem 65536 timeout 300 counters comment bucketsize 12 initval 0x1
add hosts 10.0.0.1 timeout 299 packets 3 bytes 120 comment "a host, by hand"
add hosts 10.0.0.2-10.0.0.3 timeout 0 packets 0 bytes 0
create nets hash:net family inet hashsize 1024 maxelem 65536
add nets 10.0.0.0/8
add nets 10.1.0.0/16 nomatch
add nets 10.1.2.0/24
create cards hash:mac hashsize 1024 maxelem 65536
add cards 02:42:00:00:00:01
create pairs hash:net,net family inet hashsize 1024 maxelem 65536
add pairs 10.0.0.0/8,192.0.2.0/24
add pairs 10.1.0.0/16,192.0.2.0/25 nomatch
create six hash:net,port family inet6 hashsize 1024 maxelem 65536
add six fd00::/64,tcp:80
add six fd00::/64,ipv6-icmp:echo-request
create marks hash:ip,mark family inet markmask 0xffffffff hashsize 1024 maxelem 65536
add marks 10.0.0.1,0x00000001
create ports bitmap:port range 1-1024
add ports 22
create all list:set size 8
add all hosts
add all ports
`;
const asks = (name: string, directions: string, values: Partial<Record<Field, string | null>>, aside = false) => {
  const family = Object.values(values).some((text) => text?.includes("::")) ? "ipv6" : "ipv4";
  const told = new Host({ ipset: SAVED }).membersOf({ name, directions: directions.split(","), aside }, family);
  return typeof told === "string" ? told : evaluate(told, readPacket(family, values)).is;
};

test("every set is read, with nothing to tell", () => {
  const { sets, mistakes } = readIpsets(SAVED);
  expect(mistakes).toEqual([]);
  expect([...sets.keys()]).toEqual(["hosts", "nets", "cards", "pairs", "six", "marks", "ports", "all"]);
  expect(hostMistake({ ipset: SAVED })).toBeNull();
});

test.each<[string, string, Partial<Record<Field, string | null>>, string]>([
  ["hosts", "src", { source: "10.0.0.1" }, "yes"],
  ["hosts", "src", { source: "10.0.0.3" }, "yes"],
  ["hosts", "src", { source: "10.0.0.4" }, "no"],
  ["hosts", "src", {}, "unknown"],
  ["hosts", "dst", { source: "10.0.0.1", destination: "10.0.0.4" }, "no"],
  // the smallest network decides
  ["nets", "dst", { destination: "10.9.0.1" }, "yes"],
  ["nets", "dst", { destination: "10.1.0.1" }, "no"],
  ["nets", "dst", { destination: "10.1.2.1" }, "yes"],
  ["nets", "dst", { destination: "10.0.0.0/8" }, "unknown"],
  ["cards", "src", { macSource: "02:42:00:00:00:01" }, "yes"],
  ["cards", "dst", { macSource: "02:42:00:00:00:01", macDestination: "02:42:00:00:00:02" }, "no"],
  ["pairs", "src,dst", { source: "10.2.0.1", destination: "192.0.2.1" }, "yes"],
  ["pairs", "src,dst", { source: "10.1.0.1", destination: "192.0.2.1" }, "no"],
  ["pairs", "src,dst", { source: "10.1.0.1", destination: "192.0.2.200" }, "yes"],
  ["pairs", "dst,src", { source: "192.0.2.1", destination: "10.2.0.1" }, "yes"],
  // fewer directions than the type has parts: in none (ip_set_core.c ip_set_test)
  ["pairs", "src", { source: "10.2.0.1" }, "no"],
  ["six", "src,dst", { source: "fd00::1", protocol: "tcp", destinationPort: "80" }, "yes"],
  ["six", "src,dst", { source: "fd00::1", protocol: "udp", destinationPort: "80" }, "no"],
  ["six", "src,dst", { source: "fd00::1", protocol: "ipv6-icmp", icmpType: "128/0" }, "yes"],
  // a set of the other family
  ["six", "src,dst", { source: "10.0.0.1", protocol: "tcp", destinationPort: "80" }, "no"],
  ["ports", "dst", { protocol: "udp", destinationPort: "22" }, "yes"],
  ["ports", "dst", { protocol: "sctp", destinationPort: "22" }, "no"],
  ["ports", "dst", { protocol: "udp", fragmentOffset: "8" }, "no"],
  // one byte of the header is there, and no port to be read: measured on 6.18 (hash:net,port)
  ["ports", "dst", { protocol: "udp", incomplete: "1" }, "no"],
  ["all", "src", { source: "10.0.0.1", protocol: "icmp" }, "yes"],
  ["all", "src", { source: "10.0.0.9", protocol: "tcp", sourcePort: "22" }, "yes"],
  ["all", "src", { source: "10.0.0.9", protocol: "tcp", sourcePort: "23" }, "no"],
])("%s %s of %o: %s", (name, directions, values, expected) => {
  expect(asks(name, directions, values)).toBe(expected);
});

test("--return-nomatch asks for the exceptions", () => {
  expect(asks("nets", "src", { source: "10.1.0.1" }, true)).toBe("yes");
  expect(asks("nets", "src", { source: "10.1.2.1" }, true)).toBe("no");
  expect(asks("nets", "src", { source: "10.9.0.1" }, true)).toBe("no");
});

test("what is not evaluated says what would settle it", () => {
  expect(asks("marks", "src,src", { source: "10.0.0.1" })).toBe(
    "ipset test marks (sets of type hash:ip,mark are not evaluated)",
  );
  expect(asks("gone", "src", { source: "10.0.0.1" })).toBe("ipset save (what was given has no set gone)");
});

describe("what cannot be read is told with its place", () => {
  test.each([
    ["create a\n", 1, 9, "the type of the set, such as hash:ip", "the end of the line"],
    ["create a hash:ip\nadd b 10.0.0.1\n", 2, 5, "the name of a set that was created above", '"b"'],
    ["create a hash:ip\nadd a 10.0.0.256\n", 2, 7, "an entry of hash:ip (ipv4)", '"10.0.0.256"'],
    ["create a hash:ip\nadd a fd00::1\n", 2, 7, "an entry of hash:ip (ipv4)", '"fd00::1"'],
    ["create a hash:ip,port\nadd a 10.0.0.1\n", 2, 7, "an entry of hash:ip,port (ipv4)", '"10.0.0.1"'],
    [
      "create a hash:ip,port\nadd a 10.0.0.1,tcp:70000\n",
      2,
      7,
      "an entry of hash:ip,port (ipv4)",
      '"10.0.0.1,tcp:70000"',
    ],
    ["create a hash:ip\ncreate a hash:ip\n", 2, 8, "a name that no set above has", '"a"'],
    ["# a comment\n\n  flush a\n", 3, 3, "create or add, as ipset save prints them", '"flush"'],
  ])("%j", (text, line, column, expected, found) => {
    expect(readIpsets(text).mistakes).toEqual([{ line, column, expected, found }]);
    expect(hostMistake({ ipset: text })).toBe(`ipset, line ${line}: expected ${expected}, found ${found}`);
  });
});

test("large sets are read and asked at once", () => {
  const lines = Array.from({ length: 50_000 }, (_, i) => `add big 10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
  const host = new Host({ ipset: `create big hash:ip\n${lines.join("\n")}\n` });
  const told = host.membersOf({ name: "big", directions: ["src"], aside: false }, "ipv4");
  expect(typeof told !== "string" && evaluate(told, readPacket("ipv4", { source: "10.0.195.79" })).is).toBe("yes");
  expect(typeof told !== "string" && evaluate(told, readPacket("ipv4", { source: "10.0.195.80" })).is).toBe("no");
});
