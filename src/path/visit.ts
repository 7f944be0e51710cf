/** A table being read by one packet: where it is, and the steps that it leaves behind. */
import type { Packet } from "../facts/index.ts";
import type { Chain, Meaning, Rule, Table } from "../model/index.ts";
import type { Hook, Layer } from "./journey.ts";
import { fork, type Kind, type Outcome, type Step, type Traveller, type World } from "./traveller.ts";

export interface Frame {
  readonly chain: Chain;
  /** The next rule to ask, 0-based. */
  next: number;
  /** The first rule asked since the last step in this chain, 0-based. */
  from: number;
  /** Jumps and gotos that led here without a return. */
  readonly depth: number;
}
export interface Visit {
  readonly traveller: Traveller;
  readonly layer: Layer;
  readonly hook: Hook;
  readonly table: Table;
  readonly base: Chain;
  /** The chain being read, above those to return to: a jump pushes, a goto replaces. */
  frames: Frame[];
  /** Already decided when it was forked. */
  readonly left?: Outcome | null;
}

export const frame = (chain: Chain, depth = 0): Frame => ({ chain, next: 0, from: 0, depth });

export const copy = (visit: Visit): Visit => ({
  ...visit,
  traveller: fork(visit.traveller),
  frames: visit.frames.map((each) => ({ ...each })),
});

/** TRACE prints through the logger of the family, if there is one (semantics 1.8, recording s16d). */
const isLogged = (family: Packet["family"], { host }: World): boolean =>
  host.json.sysctl?.[`net.netfilter.nf_log.${family === "ipv6" ? 10 : 2}`] !== "NONE";

/** TRACE's name for the rule whose turn it is. */
export const idOf = ({ layer, table }: Visit, { chain, next }: Frame): string =>
  `${layer === "bridge" ? "eb:" : ""}${table.name}:${chain.name}:rule:${next + 1}`;

export type OpenStep = Step & { action: string };
interface NewStep {
  readonly kind: Kind;
  readonly number: number;
  readonly rule: Rule | null;
  readonly seen: Packet;
  readonly meaning: Meaning | null;
  readonly printed: boolean;
}
export function addStep(
  visit: Visit,
  top: Frame,
  world: World,
  { kind, number, rule, seen, meaning, printed }: NewStep,
): OpenStep {
  const { traveller, layer, table } = visit;
  const isBridge = layer === "bridge";
  const prefix = isBridge ? (meaning?.logs ?? null) : null;
  const step: OpenStep = {
    id: `${isBridge ? "eb:" : ""}${table.name}:${top.chain.name}:${kind}:${number}`,
    layer,
    family: isBridge ? "bridge" : traveller.packet.family,
    table: table.name,
    backend: table.backend,
    chain: top.chain.name,
    kind,
    number,
    hook: visit.hook,
    printed: isBridge ? prefix !== null : printed && isLogged(traveller.packet.family, world),
    prefix,
    rule,
    action: "",
    seen,
    from: top.from + 1,
    rules: top.chain.rules,
    changes: traveller.pending,
  };
  traveller.pending = [];
  traveller.steps.push(step);
  return step;
}
