/** iptables' own words for a packet, as command line options: made from the field table. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { BadField, type Family, type Field, type Packet, readPacket, rowOf, wordedFields } from "../facts/index.ts";
import { badUsage } from "./exit-codes.ts";

/** For options that make sense once only: twice is a mistake, not a correction. */
export const once = (value: string, previous: unknown): string => {
  if (previous !== undefined) throw new InvalidArgumentError("It is given twice.");
  return value;
};

const optionOf = (field: Field): Option => {
  const { word, alias, says, kind } = rowOf(field);
  const flags = alias ? `${word}, ${alias} <value>` : `${word} <value>`;
  return new Option(flags, `${says}: ${kind.expects}`)
    .argParser(once)
    .helpGroup("Packet, as it enters (none: known to be absent):");
};

export function addPacketWords(command: Command): Command {
  command.addOption(
    new Option("-4, --ipv4", "an IPv4 packet").helpGroup("Packet, as it enters (none: known to be absent):"),
  );
  command.addOption(
    new Option("-6, --ipv6", "an IPv6 packet").helpGroup("Packet, as it enters (none: known to be absent):"),
  );
  for (const field of wordedFields) command.addOption(optionOf(field));
  return command;
}

/** The packet that the options describe; null when they describe none. */
export function packetOf(options: Readonly<Record<string, unknown>>, fallback: Family): Packet | null {
  const values: Partial<Record<Field, string | null>> = {};
  for (const field of wordedFields) {
    const value = options[optionOf(field).attributeName()];
    if (typeof value === "string") values[field] = value === "none" ? null : value;
  }
  if (options["ipv4"] && options["ipv6"]) throw badUsage("-4 and -6 exclude each other");
  const stated = options["ipv6"] ? "ipv6" : options["ipv4"] ? "ipv4" : null;
  if (Object.keys(values).length === 0 && stated === null) return null;
  const looksSix = [values.source, values.destination].some((text) => text?.includes(":"));
  try {
    return readPacket(stated ?? (looksSix ? "ipv6" : fallback), values);
  } catch (error) {
    if (error instanceof BadField) throw badUsage(error.message);
    throw error;
  }
}
