/** To whom a frame is, hook by hook: test/extensions/kernel-probes has what Linux 6.18 counted; recordings t07. */
import { expect, test } from "vitest";
import { Host, readPacket, single } from "../../src/facts/index.ts";
import { seenAt } from "../../src/path/seen.ts";
import type { Traveller } from "../../src/path/traveller.ts";

const HOST = new Host({
  link: [
    { ifname: "br0", address: "02:00:00:00:00:01", linkinfo: { info_kind: "bridge" } },
    { ifname: "v1", address: "02:00:00:00:00:a1", master: "br0" },
  ],
});
const NAMES = ["host", "broadcast", "multicast", "otherhost"];
type Way = Partial<Pick<Traveller, "bridge" | "bridged" | "fromHost">>;
function type(
  layer: "ip" | "bridge",
  hook: "PREROUTING" | "FORWARD" | "OUTPUT" | "POSTROUTING",
  way: Way,
  values: object,
) {
  const packet = readPacket("ipv4", { physdevIn: "v1", source: "10.0.0.2", ...values });
  const traveller = { bridge: null, brnf: false, bridged: false, fromHost: false, packet, ...way } as Traveller;
  const seen = seenAt(traveller, layer, hook, "mangle", HOST);
  const value = single(seen.fields.pktType);
  return value === undefined ? "unsaid" : NAMES[Number(value)];
}
const ON_BRIDGE = { bridge: "br0" };
const GROUP = { destination: "224.0.0.9" };
const ONE = { destination: "10.0.0.9" };

test.each([
  ["to the bridge", "bridge", "PREROUTING", ON_BRIDGE, { macDestination: "02:00:00:00:00:01" }, "host"],
  ["to the port", "bridge", "PREROUTING", ON_BRIDGE, { macDestination: "02:00:00:00:00:a1" }, "host"],
  ["to a neighbour", "bridge", "PREROUTING", ON_BRIDGE, { macDestination: "02:00:00:00:00:03" }, "otherhost"],
  [
    "bridged on",
    "bridge",
    "POSTROUTING",
    { ...ON_BRIDGE, bridged: true },
    { macDestination: "02:00:00:00:00:03" },
    "otherhost",
  ],
  ["routed, then out by a bridge", "bridge", "POSTROUTING", {}, { macDestination: "02:00:00:00:00:03" }, "host"],
  [
    "this host's own broadcast",
    "bridge",
    "OUTPUT",
    { fromHost: true },
    { macDestination: "ff:ff:ff:ff:ff:ff" },
    "host",
  ],
  ["this host's own", "ip", "OUTPUT", { fromHost: true }, GROUP, "host"],
  ["routed", "ip", "FORWARD", {}, ONE, "host"],
  ["routed, a group", "ip", "FORWARD", {}, GROUP, "unsaid"],
  ["bridged", "ip", "FORWARD", { ...ON_BRIDGE, bridged: true }, ONE, "unsaid"],
  ["by the loopback", "ip", "PREROUTING", {}, { ...ONE, inInterface: "lo" }, "host"],
  ["by any other device", "ip", "PREROUTING", {}, { ...ONE, inInterface: "eth0" }, "unsaid"],
] as const)("%s: %s %s", (_, layer, hook, way, values, expected) => {
  expect(type(layer, hook, way, values)).toBe(expected);
});
