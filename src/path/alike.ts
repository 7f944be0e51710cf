/** Ways to their end, and those of them that do not differ: they are one. */
import { both, type Packet } from "../facts/index.ts";
import { type Assumption, type Loss, nameOf, type Step, type Verdict } from "./traveller.ts";

/** One way that the unknown facts could fall. */
export interface Path {
  readonly verdict: Verdict;
  /** The step that dropped or rejected it, else the last accepting IP filter step, else the bridge's, else null. */
  readonly decidedBy: string | null;
  readonly assumptions: readonly Assumption[];
  readonly lost: Loss | null;
  /** Copies of a flooded frame: from where they part on. */
  readonly branches: readonly Path[];
  readonly generated: readonly Path[];
  readonly truncated: boolean;
  readonly steps: readonly Step[];
  /** What is known of the packet at the end, narrowed by the assumptions. */
  readonly packet: Packet;
}
/**
 * Ways that print the same lines and end the same are one where they differ in one answer only, and both answers are
 * there: then it did not matter. Others stay apart, each with what it assumes.
 */
export function merge(paths: readonly Path[]): Path[] {
  const groups = new Map<string, Path[]>();
  for (const path of paths) {
    const key = JSON.stringify([path.verdict, path.lost, signature(path)]);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    let next = path;
    for (let at = 0; at < group.length; at++) {
      const assumptions = asOne((group[at] as Path).assumptions, next.assumptions);
      if (!assumptions) continue;
      next = { ...either(group[at] as Path, next), assumptions };
      group.splice(at, 1);
      at = -1;
    }
    group.push(next);
  }
  return [...groups.values()].flat();
}

/** One way for two that print the same: of each packet is known what both say. */
function either(one: Path, other: Path): Path {
  const steps = one.steps.map((step, at) => {
    const seen = both(step.seen, (other.steps[at] as Step).seen);
    return seen === step.seen ? step : { ...step, seen };
  });
  const branches = one.branches.map((branch, at) => either(branch, other.branches[at] as Path));
  return { ...one, steps, branches, packet: both(one.packet, other.packet) };
}

const CONTRARY: Readonly<Record<string, string>> = {
  yes: "no",
  "first of its connection": "not first of its connection",
  translated: "not translated",
  "sent by a rule": "sent by udp",
};
/**
 * One list for two: what they share, if they are equal but for the two answers to one question; the longer, if it holds
 * the other (what it adds followed there from the facts); else null.
 */
function asOne(a: readonly Assumption[], b: readonly Assumption[]): readonly Assumption[] | null {
  if (a.length !== b.length) {
    const [short, long] = a.length < b.length ? [a, b] : [b, a];
    return short.every((one) => long.some((other) => isSame(one, other))) ? long : null;
  }
  let odd = -1;
  for (const [at, one] of a.entries()) {
    const other = b[at] as Assumption;
    if (isSame(one, other)) continue;
    if (one.fact !== other.fact || one.rule !== other.rule) return null;
    const contrary = CONTRARY[one.taken] === other.taken || CONTRARY[other.taken] === one.taken;
    if (odd >= 0 || !contrary) return null;
    odd = at;
  }
  return odd < 0 ? a : a.filter((_, at) => at !== odd);
}

const isSame = (a: Assumption, b: Assumption): boolean => a.fact === b.fact && a.rule === b.rule && a.taken === b.taken;

function signature(path: Path): unknown {
  const devices = (step: Step) =>
    ["inInterface", "outInterface", "physdevIn", "physdevOut"].map((field) =>
      nameOf(step.seen, field as "inInterface"),
    );
  return [path.steps.map((step) => [step.id, ...devices(step)]), path.branches.map(signature)];
}
