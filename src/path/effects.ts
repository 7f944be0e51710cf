/** What targets do: to the packet, its connection, and its way. */
import type { Effect } from "../extensions/index.ts";
import { evaluate, knownValue, only, type Packet, prefixRange, refine } from "../facts/index.ts";
import { translate } from "./nat.ts";
import { exchanged, mapPrefix } from "./prefix.ts";
import { rejectWith, replyTo } from "./replies.ts";
import { copyBits, replace, rewrite, setBits, step } from "./rewrite.ts";
import { isCutOff, limitMss, stripOptions } from "./tcp-options.ts";
import type { Change, Outcome, Walking } from "./traveller.ts";
import type { OpenStep, Visit } from "./visit.ts";

/** A part of the packet for which it is settled what a target does, and what had to be taken for it. */
export interface Way {
  readonly packet: Packet;
  readonly taken: readonly (readonly [fact: string, answer: "yes" | "no"])[];
}

/** Every way that a target can take with a packet; one, with nothing taken, where all is settled. */
export function waysOf(effects: readonly Effect[], packet: Packet): readonly Way[] {
  let ways: readonly Way[] = [{ packet, taken: [] }];
  for (const effect of effects) {
    if (effect.does === "if")
      ways = ways.flatMap((way) => [true, false].flatMap((wanted) => branch(effect, way, wanted)));
  }
  return ways;
}
function branch(effect: Extract<Effect, { does: "if" }>, way: Way, wanted: boolean): Way[] {
  return refine(effect.condition, { packet: way.packet, facts: [] }, wanted).flatMap(({ packet, facts }) => {
    const taken = [...way.taken, ...facts.map((fact) => [fact, wanted ? "yes" : "no"] as const)];
    return waysOf(wanted ? effect.yes : effect.no, packet).map((inner) => ({
      packet: inner.packet,
      taken: [...taken, ...inner.taken],
    }));
  });
}

export const OUTCOMES = { ACCEPT: "accept", DROP: "drop", QUEUE: "queue", STOLEN: "stolen" } as const;

/** Runs a target; null: the packet goes on in this table. */
export function runAll(effects: readonly Effect[], visit: Visit, open: OpenStep, world: Walking): Outcome | null {
  for (const effect of effects) {
    const outcome = run(effect, visit, open, world);
    if (outcome) return outcome;
  }
  return null;
}

function run(effect: Effect, visit: Visit, open: OpenStep, world: Walking): Outcome | null {
  const { traveller } = visit;
  const tell = (changes: readonly Change[]): null => {
    open.changes = [...open.changes, ...changes];
    return null;
  };
  switch (effect.does) {
    case "verdict":
      return OUTCOMES[effect.verdict];
    case "reject": {
      const answer = rejectWith(effect.with);
      const reply = answer && replyTo(traveller, answer, visit.hook === "INPUT", world);
      if (reply) traveller.replies.push(reply);
      return "reject";
    }
    case "return":
      visit.frames.pop();
      return null;
    case "trace":
      traveller.traced = true;
      return null;
    case "set":
      return tell(setOf(effect, visit, open));
    case "copy":
      return tell(copyBits(traveller, open.seen, effect));
    case "step":
      return tell(step(traveller, effect.field, effect.by));
    case "become":
      return tell(replace(traveller, effect.field, effect.ranges));
    case "limit mss":
      if (isCutOff(traveller.packet)) return "drop";
      return tell(limitMss(traveller, effect.most));
    case "strip":
      if (isCutOff(traveller.packet)) return "drop";
      return tell(stripOptions(traveller, effect.options));
    case "redirect":
      return tell(replace(traveller, "macDestination", ownMac(visit, world)));
    case "map prefix":
      return mapped(effect, visit, tell);
    case "attach":
      // a packet that has a connection keeps it, as does one that has a template or is untracked (xt_CT.c xt_ct_target)
      if (!traveller.tracked) traveller.attached ??= effect.what;
      return null;
    case "touch":
      traveller.packet = { ...traveller.packet, touched: [...(traveller.packet.touched ?? []), effect.what] };
      return null;
    case "if": {
      const settled = evaluate(effect.condition, open.seen).is === "yes";
      return runAll(settled ? effect.yes : effect.no, visit, open, world);
    }
    case "translate":
      return translate(traveller, effect, visit.hook, world, tell) ? "accept" : "drop";
    default:
      return null;
  }
}

/** A connection's mark is not there where the hook shows none: in raw. */
function setOf(effect: Extract<Effect, { does: "set" }>, { traveller }: Visit, { seen }: OpenStep): Change[] {
  const { field, value, mask, shift } = effect;
  const hidden = field === "ctmark" && seen.fields.ctmark !== traveller.packet.fields.ctmark;
  return hidden ? [] : setBits(traveller, field, value, mask, shift);
}

/** net/bridge/netfilter/ebt_redirect.c */
function ownMac({ traveller, hook }: Visit, { host }: Walking) {
  const port = hook === "BROUTING" ? traveller.packet.fields.physdevIn?.ranges[0]?.[0] : undefined;
  const mac = port === undefined ? host.bridge(traveller.bridge ?? "")?.mac : host.macOfDevice(String(port));
  return mac === undefined ? null : ([[mac, mac + 1]] as const);
}

/** The ones' complement sum of an address's words is the address modulo this. */
const WORD = 0xffffn;
const WRONG = 1;
function mapped(
  { field, from, to }: Extract<Effect, { does: "map prefix" }>,
  { traveller }: Visit,
  tell: (changes: readonly Change[]) => null,
): Outcome | null {
  const address = knownValue(traveller.packet, field);
  if (typeof address !== "bigint") {
    const range = prefixRange(to[0] as bigint, exchanged(from, to));
    return tell(replace(traveller, field, range ? [range] : null));
  }
  const next = mapPrefix(address, from, to);
  if (next === null) return "drop";
  // the difference is that of the prefixes named, whatever the address had
  if (next % WORD !== address % WORD) rewrite(traveller, "checksum", only(WRONG), "target");
  return tell(rewrite(traveller, field, { absent: false, ranges: [[next, next + 1n]] }, "target"));
}
