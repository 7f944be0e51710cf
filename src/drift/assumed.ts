/** Whether a packet's way was settled by what its lines print and the order of its conversation, or by a rule's number. */
import type { Field } from "../facts/index.ts";
import type { Path } from "../path/index.ts";

/** Facts that the lines themselves print: taking one of their values is reading, not assuming. */
const PRINTED: ReadonlySet<string> = new Set<Field | "fdb" | "fragments" | "multicast">([
  "fdb",
  "fragments",
  // INPUT has lines, or has not
  "multicast",
  "inInterface",
  "outInterface",
  "physdevIn",
  "physdevOut",
  "macSource",
  "macDestination",
  "source",
  "destination",
  "sourcePort",
  "destinationPort",
  "protocol",
  "ttl",
  "tos",
  "length",
]);

export const needsAssumption = ({ assumptions }: Path): boolean => assumptions.some(({ fact }) => !PRINTED.has(fact));
