/** A frame comes in by a bridge port: whether it is taken, and whether IP tables see it. net/bridge/br_input.c br_handle_frame */
import { type Bridge, isAbsent, isGroupMac, knownValue, narrow, only } from "../facts/index.ts";
import { PARTS } from "./journey.ts";
import { assume, fork, lose, nameOf, type Traveller, type World } from "./traveller.ts";
import { switchesOf, taggedOrNot } from "./vlan.ts";

/** The frame that enters: which bridge, by which port, and whether IP tables see it. */
export function enterBridge(traveller: Traveller, bridge: Bridge | undefined, world: World): Traveller[] {
  const { packet } = traveller;
  const name = bridge?.name ?? nameOf(packet, "inInterface") ?? "";
  traveller.bridge = name;
  traveller.packet = { ...packet, fields: { ...packet.fields, inInterface: only(name) } };
  if (bridge && packet.fields.physdevIn === undefined && bridge.ports.length > 0) {
    const ports = {
      absent: false,
      ranges: bridge.ports.map(({ name: port }) => [port, `${port}\0`] as const).sort((a, b) => (a[0] < b[0] ? -1 : 1)),
    };
    traveller.packet = narrow(traveller.packet, "physdevIn", ports) ?? traveller.packet;
  }
  traveller.todo = [...PARTS.frameIn];
  if (isAbsent(packet.fields.physdevIn)) {
    traveller.brnf = false;
    return [traveller];
  }
  const source = knownValue(packet, "macSource");
  // br_input.c br_handle_frame, before any hook
  if (typeof source === "number" && (source === 0 || isGroupMac(source)))
    return [lose(traveller, "a bridge takes no frame whose source MAC is of no host")];
  return taggedOrNot(traveller).flatMap((each) => shownOrNot(each, bridge, world));
}

function shownOrNot(traveller: Traveller, bridge: Bridge | undefined, world: World): Traveller[] {
  const switches = switchesOf(traveller, bridge, world);
  traveller.brnf = switches.every(([, on]) => on === true);
  const open = switches.filter(([, on]) => on === undefined);
  if (open.length === 0 || switches.some(([, on]) => on === false)) return [traveller];
  return [true, false].map((on) => {
    const branch = fork(traveller);
    branch.brnf = on;
    for (const [name] of open) assume(branch, name, null, on ? "1" : "0");
    return branch;
  });
}
