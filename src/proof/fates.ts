/** What becomes of whom: ends with the rules that decided them, for some packets of all that were proved. */
import { type Field, isAbsent, type Packet, single, type ValueSet } from "../facts/index.ts";
import { NONE, type Node } from "../space/index.ts";
import type { End, Passed, Proof } from "./prove.ts";
import type { Decision } from "./reader.ts";

/** Packets that end the same way, by the decision of the same rule. */
export interface Fate {
  readonly end: End;
  /** The step that dropped or rejected them, else the last accepting IP filter step, else the bridge's, else null. */
  readonly decidedBy: string | null;
  readonly decision: Decision | null;
  readonly set: Node;
}

/** Every fate of packets in a set; those of what may go either way overlap. */
export function fatesIn(proof: Proof, set: Node): Fate[] {
  const { bdd } = proof.sets;
  return proof.ends.flatMap((end): Fate[] => {
    const own = bdd.and(end.set, set);
    if (own === NONE) return [];
    if (end.verdict !== "ACCEPT")
      return [{ end, decidedBy: end.decidedBy, decision: decisionOf(proof, end), set: own }];
    return acceptedBy(proof, end, own);
  });
}

const decisionOf = ({ decisions }: Proof, { decidedBy }: End): Decision | null =>
  decidedBy === null ? null : ([...decisions.values()].find(({ step }) => step.id === decidedBy) ?? null);

/** The last filter table of the IP layer tells, else the last of the bridge's. */
function acceptedBy({ decisions, sets: { bdd } }: Proof, end: End, set: Node): Fate[] {
  const out: Fate[] = [];
  let rest = set;
  const last = end.passed.toReversed();
  for (const { way } of [...last.filter(isIp), ...last.filter((each) => !isIp(each))]) {
    // a target that nobody knows may accept, and is no ACCEPT: then an earlier one tells
    let [named, unnamed]: [Node, Node] = [NONE, NONE];
    for (const decision of decisions.values()) {
      const { step, outcome } = decision;
      if (outcome !== "accept" || decision.way !== way) continue;
      const own = bdd.and(rest, decision.set);
      if (own === NONE) continue;
      if (step.action !== "ACCEPT") unnamed = bdd.or(unnamed, own);
      else {
        out.push({ end, decidedBy: step.id, decision, set: own });
        named = bdd.or(named, own);
      }
    }
    rest = bdd.or(bdd.minus(rest, named), unnamed);
  }
  return rest === NONE ? out : [...out, { end, decidedBy: null, decision: null, set: rest }];
}
const isIp = ({ layer }: Passed): boolean => layer === "ip";

/** The packets of which this one may be: of each field that is asked about it has one value, or nothing is known. */
export function holding({ sets, all }: Proof, packet: Packet): Node {
  let set = all;
  for (const [field, values] of Object.entries(packet.fields) as [Field, ValueSet][]) {
    const value = single(values);
    if (!sets.atoms.isCut(field) || (value === undefined && !isAbsent(values))) continue;
    set = sets.bdd.and(set, sets.term(sets.atoms.holding(field, value)));
  }
  return set;
}
