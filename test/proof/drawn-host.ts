/** Rule-sets of every extension and packets, on a host with bridges, routes, sets and neighbours. */
import {
  anyPacket,
  everything,
  type Field,
  Host,
  type HostJson,
  type Packet,
  withFields,
} from "../../src/facts/index.ts";
import { oneOf, type Pick } from "../kernel/draw.ts";
import { drawBridgeTables } from "../kernel/walk/bridge-rules.ts";
import { type Aim, drawConversation, type Family } from "../kernel/walk/conversation.ts";
import { encode, frame } from "../kernel/walk/datagram.ts";
import { NOT_DRAWN } from "../kernel/walk/drawn.ts";
import { entered } from "../kernel/walk/entered.ts";
import { type DrawnTable, drawTables, dumpOf } from "../kernel/walk/rule-set.ts";
import { dockerLike } from "../kernel/walk/topology.ts";
import facts from "./docker-like.json" with { type: "json" };

/** The one that the facts were taken on. */
const TOPOLOGY = dockerLike(200);
export const HOST = new Host(facts as HostJson);
const TABLES = ["raw", "mangle", "nat", "filter", "security"];

/** What one field has to do with another is said of packets one by one: of many, both answers are taken to be possible. */
const ONLY_BOUNDED = ["SNPT", "DNPT", "eui64"];

/** Every packet; of what may decide its way the question says that any will do, so that none of it is left open. */
const DECIDING: readonly Field[] = ["ttl", "length", "dontFragment", "macDestination"];
const any = (family: Family): Packet =>
  withFields(anyPacket(family), Object.fromEntries(DECIDING.map((field) => [field, everything(field, family)])));
export const ANY: Readonly<Record<Family, Packet>> = { ipv4: any("ipv4"), ipv6: any("ipv6") };

export function drawAims(pick: Pick, family: Family): Aim[] {
  const aims: Aim[] = [];
  while (aims.length < 4)
    aims.push(...drawConversation(pick, TOPOLOGY, 0).aims.filter(({ datagram }) => datagram.family === family));
  return aims;
}

export function drawRules(pick: Pick, family: Family, aims: readonly Aim[]): DrawnTable[] {
  const wanted = {
    tables: TABLES.filter(() => pick(4) > 0),
    without: new Set([...NOT_DRAWN.keys(), ...ONLY_BOUNDED]),
  };
  return [...drawTables(pick, family, wanted, aims), ...drawBridgeTables(pick, aims, wanted.without)];
}

export function drawPacket(pick: Pick, aims: readonly Aim[], states: Packet["fields"] = {}): Packet {
  const { datagram, physdevIn, inInterface, macSource, macDestination } = oneOf(pick, aims);
  const wire = physdevIn ?? inInterface;
  const hex = frame(macSource ?? "02:00:00:00:00:09", macDestination ?? "02:00:00:00:00:08", encode(datagram));
  const sent =
    wire === null || macSource === null
      ? ({ by: "raw", family: datagram.family as Family, mark: oneOf(pick, [0, 0, 1, 5]), hex: "" } as const)
      : ({ by: "wire", wire, hex } as const);
  return withFields(anyPacket(datagram.family), { ...entered({ sent }, datagram, TOPOLOGY), ...states });
}

export const textOf = (tables: readonly DrawnTable[]): string =>
  (["ipv4", "ipv6", "bridge"] as const).map((family) => dumpOf(tables, family) ?? "").join("");
