/** What SYNPROXY's own packets carry before any hook. net/netfilter/nf_synproxy_core.c synproxy_send_tcp */
import { all, evaluate, exactly, isCtState, not, present, within } from "../facts/index.ts";
import { askedOnce, bind, someRule } from "../model/index.ts";
import { assume, fork, type Traveller, type World } from "./traveller.ts";

const [FIN, SYN, RST, ACK] = [1, 2, 4, 16];
const flags = (set: number) =>
  exactly(...Array.from({ length: 64 }, (_, each) => each).filter((each) => (each & (FIN | SYN | RST | ACK)) === set));
/** They have no socket. */
const nobodys = not(present("uidOwner"));
const isToServer = all(within("tcpFlags", flags(SYN), "SYN"), nobodys);
const isToClient = all(
  within("tcpFlags", flags(SYN | ACK), "SYN,ACK"),
  nobodys,
  isCtState("NEW", "RELATED", "ESTABLISHED"),
);
export const hasSynproxy = askedOnce((tables) => someRule(tables, (rule) => bind(rule).target?.name === "SYNPROXY"));

/**
 * A SYN to the server has a template in place of a connection, a SYN-ACK to the client the connection of the SYN that it
 * answers: rules in raw give them nothing else. `attached`: whether a SYN-ACK is SYNPROXY's; left out: not known. With a
 * source that is not this host's a SYN is.
 */
export function asSynproxySends(traveller: Traveller, world: World, attached: boolean | undefined): Traveller[] {
  const { packet, todo } = traveller;
  if (todo[0]?.at !== "route out" || !hasSynproxy(world.ruleset, packet.family)) return [traveller];
  if (evaluate(isToServer, packet).is !== "no") {
    const own = world.host.localAddresses(packet.family);
    const isForeign = own && evaluate(within("source", own, "an address of this host"), packet).is === "no";
    const isSure = isForeign && evaluate(isToServer, packet).is === "yes";
    return either(traveller, isSure ? true : undefined, { attached: "template" });
  }
  if (evaluate(isToClient, packet).is === "no") return [traveller];
  return either(traveller, attached, { tracked: true });
}

function either(traveller: Traveller, isSent: boolean | undefined, as: Partial<Traveller>): Traveller[] {
  if (isSent === false) return [traveller];
  const sent = { ...fork(traveller), ...as };
  if (isSent) return [sent];
  assume(sent, "sent by SYNPROXY", null, "yes");
  assume(traveller, "sent by SYNPROXY", null, "no");
  return [sent, traveller];
}
