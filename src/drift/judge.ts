/** Packets that did not fit as they were read, judged again when all is known that the log tells. */
import type { Family, Host } from "../facts/index.ts";
import type { Rule, Ruleset } from "../model/index.ts";
import { needsAssumption } from "./assumed.ts";
import type { Case, Failure } from "./case.ts";
import { stepsOf } from "./compare.ts";
import { best, fitting } from "./fit.ts";
import type { Learned } from "./learned.ts";
import { isBrokenOff, isCutOff, lossNear, lossOf } from "./loss.ts";
import { wrongSums } from "./sums.ts";
import { maySilentlyEnd, supposedHosts } from "./supposed.ts";

interface Known {
  readonly ruleset: Ruleset;
  /** With what was learnt, and as it was given. */
  readonly host: Host;
  readonly given: Host;
  readonly learned: Learned;
  /** The log goes on up to this line at least: the first one of its last packet, or one of others. */
  readonly begun: number;
}
export interface Judged {
  explained: number;
  assumed: number;
  lost: number;
  undecided: number;
  readonly failures: readonly Failure[];
  readonly confirmed: Set<Rule>;
  readonly supposed: Set<string>;
}

/** `passed` gets those that are explained now. */
export function judge(open: readonly Case[], known: Known, passed: Case[]): Judged {
  const { ruleset, host } = known;
  const failures: Failure[] = [];
  const sum = { explained: 0, assumed: 0, lost: 0, undecided: 0 };
  const [confirmed, supposed] = [new Set<Rule>(), new Set<string>()];
  for (const of of open) {
    const fit = best(ruleset, host, of);
    const { path, divergence } = fit;
    if (!divergence) {
      // what later packets told of the host explains it
      passed.push(of);
      if (needsAssumption(path)) sum.assumed += of.count;
      else sum.explained += of.count;
      for (const { rule } of stepsOf(path)) if (rule) confirmed.add(rule);
      continue;
    }
    const brokenOff = isBrokenOff(divergence, of.events);
    const loss = brokenOff ? null : (lossOf(ruleset, host, of) ?? lossNear(of));
    if (maySilentlyEnd(divergence, host)) {
      sum.assumed += of.count;
      supposed.add("route");
    } else if (isSupposed(known, of, supposed)) sum.assumed += of.count;
    else if (fit.cut) sum.undecided += of.count;
    else if (loss?.proven || brokenOff) sum.lost += of.count;
    else {
      const isCut = isCutOff(divergence, of, known.begun);
      if (isCut) sum.lost++;
      if (isCut && of.count === 1) continue;
      const rest = isCut ? { ...of, count: of.count - 1 } : of;
      failures.push({ of: rest, divergence, assumed: !path || path.truncated || needsAssumption(path), loss });
    }
  }
  const sums = wrongSums(ruleset, host, failures, passed);
  if (sums.size > 0) supposed.add("a wrong checksum");
  for (const { of } of sums) sum.assumed += of.count;
  return { ...sum, failures: failures.filter((failure) => !sums.has(failure)), confirmed, supposed };
}

/** Whether a host that nobody told of would print these lines with this rule-set: then what differs is the host. */
function isSupposed({ ruleset, given, learned }: Known, of: Case, supposed: Set<string>): boolean {
  const family = of.entered.packet.family as Family;
  for (const { facts, host } of supposedHosts(given, learned, family, of.events)) {
    if (!fitting(ruleset, host, of)) continue;
    for (const fact of facts) supposed.add(fact);
    return true;
  }
  return false;
}
