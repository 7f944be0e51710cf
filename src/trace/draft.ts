/** How formats fill in what a line tells: a value that cannot be read is left out. */
import { readAddress, readMac } from "../facts/index.ts";
import type { Draft } from "./event.ts";

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
    assign(values, name, readAddress(text));
export const mac =
  (name: "macSource" | "macDestination"): Reader =>
  (values, text) =>
    assign(values, name, readMac(text));
