/** Lines that a log lacks: the rest of the packet's lines are those of a predicted way, in their order. */
import type { Host } from "../facts/index.ts";
import type { Ruleset } from "../model/index.ts";
import type { Step } from "../path/index.ts";
import type { TraceEvent } from "../trace/index.ts";
import type { Case, Failure, Loss } from "./case.ts";
import { type Divergence, eventId, idOfPrefix, isLineOf, printedSteps, tableOf } from "./compare.ts";
import { hasTraceRule } from "./instrumentation.ts";
import { walkEntered } from "./predict.ts";

/** The way that lacks fewest lines; null: none prints these and more. */
export function lossOf(ruleset: Ruleset, host: Host, of: Case): Loss | null {
  const traces = hasTraceRule(ruleset, of.entered.packet.family);
  let least: Loss | null = null;
  for (const path of walkEntered({ ruleset, host }, of.entered).paths) {
    const loss = lackedBy(printedSteps(path, traces, of.events), of);
    if (loss && loss.missing.length > 0 && (!least || loss.missing.length < least.missing.length)) least = loss;
  }
  return least;
}

/**
 * Lines are missing beside the packet's or between them, and no way prints the rest: one that is lost may have told two
 * packets apart, or what a packet is. So near a gap nothing is drift for sure.
 */
export function lossNear({ events, gapBefore, gapAfter }: Case): Loss | null {
  const isInside = events.at(0)?.gaps !== events.at(-1)?.gaps;
  return gapBefore || gapAfter || isInside ? { missing: [], proven: false } : null;
}

/** More than this share of the packets that should have a line lack it: they went another way. */
const RARE = 0.2;

/**
 * Lines are lost here and there. What several packets lack, and not just a few of those that should have it, is no
 * loss: they went another way than the dump predicts, all of them or for some time.
 */
export function lossesOnly(failures: readonly Failure[], passed: readonly Case[]): Failure[] {
  const [having, lacking] = [new Map<string, number>(), new Map<string, number>()];
  const count = (map: Map<string, number>, id: string, more: number) => map.set(id, (map.get(id) ?? 0) + more);
  for (const { events, count: packets } of [...passed, ...failures.map(({ of }) => of)])
    for (const name of new Set(events.map(nameOf))) count(having, name, packets);
  for (const { loss, of } of failures)
    for (const name of new Set(loss?.missing.map(stepName))) count(lacking, name, of.count);
  const isOften = (step: Step): boolean => {
    const id = stepName(step);
    const lack = lacking.get(id) ?? 0;
    return lack > 1 && lack > RARE * (lack + (having.get(id) ?? 0));
  };
  return failures.map((failure) => (failure.loss?.missing.some(isOften) ? { ...failure, loss: null } : failure));
}

/** Whether these are few of those that should have the line. */
export function isRare(name: string, lacking: readonly Case[], passed: readonly Case[]): boolean {
  const sum = (cases: readonly Case[]) => cases.reduce((count, each) => count + each.count, 0);
  const having = passed.filter(({ events }) => events.some((event) => nameOf(event) === name));
  return sum(lacking) <= RARE * (sum(lacking) + sum(having));
}

/** What a line and the step that prints it are both called: monitors print no numbers. */
const nameOf = (event: TraceEvent): string =>
  event.nft ? `${tableOf(event).table} ${tableOf(event).chain}` : eventId(event);
export const stepName = ({ id, layer, backend, prefix, table, chain }: Step): string => {
  if (layer === "bridge") return prefix === null ? `eb:${table} ${chain}` : idOfPrefix(prefix);
  return backend === "nft" ? `${table} ${chain}` : id;
};

function lackedBy(steps: readonly Step[], { events, gapBefore, gapAfter }: Case): Loss | null {
  const missing: Step[] = [];
  let [at, proven] = [0, true];
  for (const step of steps) {
    const event = events[at];
    if (event && isLineOf(step, event)) {
      at++;
      continue;
    }
    missing.push(step);
    const before = events[at - 1];
    const gap = !before ? gapBefore : !event ? gapAfter : (event.gaps ?? 0) > (before.gaps ?? 0);
    proven &&= gap;
  }
  return at === events.length ? { missing, proven } : null;
}

/**
 * The log ends while the packet may still be on its way: no packet has begun since its last line, and nothing else was
 * logged (`begun`).
 */
export const isCutOff = ({ seen }: Divergence, { last }: Case, begun: number): boolean =>
  seen === null && last.line >= begun;

/** xtables-monitor dies over rules that it cannot print, in the middle of a line (semantics 2, recording t05d). */
export function isBrokenOff({ seen }: Divergence, events: readonly TraceEvent[]): boolean {
  const last = events.at(-1);
  const isCut = last?.layer === "ip" && last.kind === "rule" && last.nft?.words === "iptables" && last.nft.rule === "";
  return seen === null && isCut === true;
}
