import { readMac, writeAddress, writeMac } from "../../facts/index.ts";
import { type Effect, type Given, target, type Value } from "../define.ts";
import { oneOf, readAddressOf, word } from "../values.ts";

/** A network's address without its mask; null: a host's name, which is what the tool prints for addresses that have one. */
interface Host {
  readonly text: string;
  readonly address: number | null;
}
const host: Value<Host> = word(
  "an IPv4 address",
  ["10.0.0.1", "192.168.7.254"],
  (text, family) => {
    if (/^[a-z][\w.-]*$/i.test(text)) return { text, address: null };
    const address = readAddressOf(text, family);
    return typeof address === "number" ? { text: writeAddress(address), address } : undefined;
  },
  ({ text }) => text,
  { negatable: false },
);
const mac: Value<number> = word("a MAC address", ["00:11:22:33:44:55", "2:0:0:0:0:1"], readMac, writeMac, {
  negatable: false,
});
const verdict = oneOf(["DROP", "ACCEPT", "CONTINUE"], { negatable: false });
const options = {
  "--mangle-ip-s": host,
  "--mangle-mac-s": mac,
  "--mangle-ip-d": host,
  "--mangle-mac-d": mac,
  // ACCEPT is meant anyway
  "--mangle-target": { ...verdict, write: (value: string) => (value === "ACCEPT" ? null : [value]) },
};

/** Rewrites addresses of an ARP packet. net/ipv4/netfilter/arpt_mangle.c */
export const mangle = target({
  name: "mangle",
  families: ["arp"],
  options,
  needs: [["--mangle-ip-s", "--mangle-mac-s", "--mangle-ip-d", "--mangle-mac-d"]],
  does(given) {
    const wanted = given["--mangle-target"]?.value ?? "ACCEPT";
    if (wanted !== "CONTINUE") return [{ does: "verdict", verdict: wanted === "DROP" ? "DROP" : "ACCEPT" }];
    return [...rewrites(given), { does: "continue" }];
  },
});
const rewrites = (given: Given<typeof options>): readonly Effect[] =>
  (
    [
      ["source", given["--mangle-ip-s"]],
      ["destination", given["--mangle-ip-d"]],
    ] as const
  ).flatMap(([field, one]): readonly Effect[] => {
    if (!one) return [];
    const { address } = one.value;
    if (address === null) return [{ does: "become", field, ranges: null }];
    return [{ does: "become", field, ranges: [[address, address + 1]] }];
  });
