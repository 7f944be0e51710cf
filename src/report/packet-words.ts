/** A packet, or one of its fields, in words. */
import {
  after,
  type Field,
  fields,
  type Packet,
  packetJson,
  type ValueSet,
  wordedFields,
  writeValues,
} from "../facts/index.ts";
import { safe } from "./text.ts";

/** In the words that `explain` takes. */
export function packetWords(packet: Packet): string {
  const json = packetJson(packet);
  const words = wordedFields.flatMap((field) => {
    const text = json[field];
    return text === undefined ? [] : [`${fields[field].word} ${safe(text ?? "none")}`];
  });
  return words.length === 0 ? "(nothing stated)" : words.join(" ");
}

/** Names that can be said one by one: any interface, or any but some, is not known. */
export const isNamed = ({ ranges }: ValueSet): boolean =>
  ranges.every(([low, high]) => after(low) === high || (low !== "" && high === `${low}\uffff`));

/** A name, where there is one, and it is known. */
export function named({ fields: of }: Packet, field: Field): string | undefined {
  const set = of[field];
  return !set || set.absent || !isNamed(set) ? undefined : safe(writeValues(field, set.ranges));
}
