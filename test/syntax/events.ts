/** What a grammar reports, as a list that can be compared. */
import { LINE_KINDS, type Sink } from "../../src/syntax/sink.ts";

const NAMES = [...LINE_KINDS, "word", "quoted", "counters"] as const;

/** The events of one reading, each as `name start end`. */
export function events(parse: (input: string, options: { sink: Sink }) => unknown, input: string): string[] {
  const seen: string[] = [];
  const report = (name: string) => (start: number, end: number) => void seen.push(`${name} ${start} ${end}`);
  const sink = Object.fromEntries(NAMES.map((name) => [name, report(name)])) as unknown as Sink;
  parse(input, { sink });
  return seen;
}

/** Whole numbers below `limit`, the same sequence for the same seed. */
export function sequence(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    // The low bits of such a generator repeat early: the high ones are used.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
