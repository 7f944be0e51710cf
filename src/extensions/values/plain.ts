/** How any option value is read and written, and what it asks of a packet. */
import {
  all,
  always,
  any,
  type Condition,
  exactly,
  type Family,
  type Field,
  not,
  present,
  type Ranges,
  within,
} from "../../facts/index.ts";
import type { Word } from "../../syntax/index.ts";
import { BadValue, type One, type Saver, type Value } from "../define.ts";

/** A value that is a set of field values, and the text that iptables-save prints for it. */
export interface Written {
  readonly text: string;
  readonly ranges: Ranges;
}
/** What an extension may say about an option beyond the notation of its value. */
export interface More {
  readonly aliases?: readonly string[];
  readonly negatable?: boolean;
  readonly repeatable?: boolean;
  readonly examples?: readonly string[];
  readonly plain?: RegExp;
  names?(family: Family): readonly string[];
  hint?(text: string, family: Family): string | undefined;
  /** Printed in quotes: always (true) or where a character needs it (false); left out: never. */
  readonly quoted?: boolean;
}
/** What an option asks: its value, or anything but it. */
export type Asked<T> = Pick<One<T>, "value" | "negated">;
/** A value of one word. `read` gives undefined where the word is not one. Negatable unless `more` says otherwise. */
export function word<T>(
  expected: string | ((family: Family) => string),
  examples: readonly string[],
  read: (text: string, family: Family, flag: string) => T | undefined,
  write: (value: T, negated: boolean, saver: Saver) => string | null,
  more: More = {},
): Value<T> {
  return {
    arity: 1,
    negatable: true,
    examples,
    ...more,
    read([first], flag, family) {
      const given = first as Word;
      const value = read(given.text, family, flag);
      if (value === undefined) throw new BadValue(given, typeof expected === "string" ? expected : expected(family));
      return value;
    },
    write(value, negated, saver) {
      const text = write(value, negated, saver);
      return text === null ? null : [text];
    },
  };
}
export const written = (
  expected: string,
  examples: readonly string[],
  read: (text: string, family: Family) => Written | undefined,
  more?: More,
): Value<Written> => word(expected, examples, read, (value) => value.text, more);

/** The field is there and in (`!`: outside) the set; an option that was not given asks nothing. Absent is no either way. */
export function asks(field: Field, given: Asked<Written> | undefined): Condition {
  if (!given) return always;
  const inside = within(field, given.value.ranges, given.value.text);
  return given.negated ? all(present(field), not(inside)) : inside;
}
/** Like `asks`, for fields whose absence counts as a value of its own: `!` is then yes. */
export function compares(field: Field, given: Asked<Written> | undefined): Condition {
  if (!given) return always;
  const inside = within(field, given.value.ranges, given.value.text);
  return given.negated ? not(inside) : inside;
}
/** The field's value is one of these names of its list; names that are not in the list are somebody else's to ask. */
export function isOneOf(field: Field, list: readonly string[], wanted: readonly string[]): Condition {
  const at = list.flatMap((name, index) => (wanted.includes(name) ? [[index, index + 1] as const] : []));
  return within(field, at, wanted.join(","));
}
/** Later fragments carry no transport header: no in both polarities (semantics 6.2; xt_tcpudp.c). */
export const firstFragment = (...of: readonly Condition[]): Condition => all(FIRST, ...of);
const FIRST = within("fragmentOffset", [[0, 1]], "a first fragment");
export const laterFragment: Condition = within("fragmentOffset", [[1, 8192]], "a later fragment");

/** The transport header is cut off before so many bytes: the kernel's skb_header_pointer gives none. */
export const truncated = (bytes: number): Condition => TRUNCATED[bytes] as Condition;
/** By bytes, up to a tcp header's; made once, for there are many rules. */
const TRUNCATED = Array.from({ length: 21 }, (_, bytes) =>
  within("incomplete", [[0, bytes]], `one of fewer than ${bytes} bytes`),
);
/** Both ports of a transport that has some cannot be read. */
export const withoutPorts: Condition = all(
  within("protocol", exactly(6, 17, 33, 132, 136), "tcp, udp, dccp, sctp or udplite"),
  truncated(4),
);
const NOT_TRUNCATED = TRUNCATED.map(not);
/** What is asked of the first so many bytes of a transport header: no in both polarities without them. */
export const ofHeader = (bytes: number, ...of: readonly Condition[]): Condition =>
  firstFragment(NOT_TRUNCATED[bytes] as Condition, ...of);

/**
 * The same, as iptables-nft asks by itself: net/netfilter/nft_payload.c nft_payload_fast_eval reads what stands there,
 * of a later fragment its payload. Measured on Linux 6.18.
 */
export const atTransport = (bytes: number, text: string, ...of: readonly Condition[]): Condition =>
  any(ofHeader(bytes, ...of), all(laterFragment, opaque(`a later fragment fits ${text}`, "the fragment's bytes")));

/** Deterministic, but not modelled: what the packet's description does not hold. The key is canonical text. */
export const opaque = (key: string, settledBy: string): Condition => ({ is: "opaque", key, settledBy });
/** Stateful or random: may answer either way for the same packet. */
export const chance = (key: string, why: string): Condition => ({ is: "chance", key, why });
/** The condition as an option asks it: nothing where it was not given, the opposite with `!`. */
export const asked = <T>(given: Asked<T> | undefined, condition: (value: T) => Condition): Condition => {
  if (!given) return always;
  return given.negated ? not(condition(given.value)) : condition(given.value);
};

/** One name out of a list; `spellings`: other words for some of them. Case counts. */
export const oneOf = (
  list: readonly string[],
  more: More & { spellings?: Readonly<Record<string, string>>; anyCase?: boolean } = {},
): Value<string> => {
  const { spellings = {}, anyCase = false, ...rest } = more;
  const fold = (text: string) => (anyCase ? text.toLowerCase() : text);
  const byText = new Map([
    ...Object.entries(spellings).map(([from, to]) => [fold(from), to] as const),
    ...list.map((name) => [fold(name), name] as const),
  ]);
  return word(
    `one of ${list.join(", ")}`,
    list,
    (text) => byText.get(fold(text)),
    (value) => value,
    { names: () => list, ...rest },
  );
};

/** Any text. `max`: longer ones are refused, `cut`: only so many characters are kept, `min`: fewer are refused. */
export const text = (more: More & { max?: number; min?: number; cut?: number } = {}): Value<string> => {
  const { max = Number.POSITIVE_INFINITY, min = 0, cut = Number.POSITIVE_INFINITY, ...rest } = more;
  const length = (given: string) => Buffer.byteLength(given);
  const bound = max === Number.POSITIVE_INFINITY ? "a word" : `a word of at most ${max} bytes`;
  return word(
    min > 0 ? `${bound}, and at least ${min}` : bound,
    ["foo"],
    (given) => (length(given) > max || length(given) < min ? undefined : given.slice(0, cut)),
    (value) => value,
    { negatable: false, quoted: false, ...rest },
  );
};
/** Where there is an input device, and where an output device (include/uapi/linux/netfilter_ipv4.h's hooks; iptables.c). */
export const WITH_INPUT = { hooks: ["PREROUTING", "INPUT", "FORWARD"] };
export const WITH_OUTPUT = { hooks: ["FORWARD", "OUTPUT", "POSTROUTING"] };

/** An option without a word. */
export const flag = (more: More = {}): Value<true> => ({
  arity: 0,
  examples: [""],
  ...more,
  read: () => true,
  write: () => [],
});
