/** Why each rule before a step was passed over: the same evaluation, run again when a report asks. */
import { evaluate, type Host, sentence } from "../facts/index.ts";
import { meaningOf } from "../model/index.ts";
import type { Step } from "./traveller.ts";

export interface PassedOver {
  readonly rule: string;
  readonly number: number;
  readonly because: string;
}

/** The last `most` rules before a step that did not match, with the reason; and how many there were. */
export function passedOver(step: Step, host: Host, most: number): { count: number; rules: PassedOver[] } {
  const last = step.rule ? step.number - 1 : step.rules.length;
  const count = Math.max(0, last - step.from + 1);
  const rules: PassedOver[] = [];
  for (let number = Math.max(step.from, last - most + 1); number <= last; number++) {
    const rule = step.rules[number - 1];
    if (!rule) continue;
    const answer = evaluate(meaningOf(rule, host).condition, step.seen);
    const id = `${step.layer === "bridge" ? "eb:" : ""}${step.table}:${step.chain}:rule:${number}`;
    rules.push({
      rule: id,
      number,
      because: answer.is === "no" ? sentence(answer, step.seen) : "assumed not to match",
    });
  }
  return { count, rules };
}
