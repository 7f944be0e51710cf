/** How formats fill in what a line tells: a value that cannot be read is left out. */
import { protocolNumber, readAddress, readMac } from "../facts/index.ts";
import { detached } from "../source.ts";
import type { Draft } from "./event.ts";

/** Texts whose values are remembered: the lines of a log name the same few again and again. */
const MOST_WORDS = 4096;
export function remembered<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let value = known.get(text);
    if (value === undefined && !known.has(text)) {
      const own = detached(text);
      value = read(own);
      if (known.size >= MOST_WORDS) known.clear();
      known.set(own, value);
    }
    return value as T;
  };
}
export const addressOf = remembered(readAddress);
export const macOf = remembered(readMac);
export const protocolOf = remembered(protocolNumber);

export type Reader = (values: Draft, text: string) => void;

export function assign<K extends keyof Draft>(values: Draft, key: K, value: Draft[K] | undefined): void {
  if (value !== undefined) values[key] = value as Draft[K];
}

/** Decimal, or hexadecimal behind `0x`. */
export const integer = (text: string): number | undefined =>
  /^(?:\d+|0x[\da-f]+)$/i.test(text) ? Number(text) : undefined;

export const number =
  (name: keyof Draft, more = 0): Reader =>
  (values, text) => {
    const value = integer(text);
    if (value !== undefined) Object.assign(values, { [name]: value + more });
  };
export const address =
  (name: "source" | "destination"): Reader =>
  (values, text) =>
    assign(values, name, addressOf(text));
export const mac =
  (name: "macSource" | "macDestination"): Reader =>
  (values, text) =>
    assign(values, name, macOf(text));
