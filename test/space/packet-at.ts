/** One packet of a cell, as the walk has it: each field that any question is about has one value, or is not there. */
import { absent, type Field, only, type Packet, type ValueSet } from "../../src/facts/index.ts";
import type { Atoms } from "../../src/space/index.ts";

export function packetAt(atoms: Atoms, point: ArrayLike<number>): Packet {
  const fields: Partial<Record<Field, ValueSet>> = {};
  const assumed: Record<string, boolean> = {};
  for (const [at, { field, of, key }] of atoms.dimensions.entries()) {
    if (of === "opaque") assumed[key] = point[at] === 1;
    else if (field && !(field in fields)) {
      const value = atoms.example(field, (dimension) => point[dimension] ?? 0);
      fields[field] = value === undefined ? absent : only(value);
    }
  }
  return { family: atoms.family, fields, assumed };
}
