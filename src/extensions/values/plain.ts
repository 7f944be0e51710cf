/** How any option value is read and written, and what it asks of a packet. */
import { all, always, type Condition, type Field, not, present, type Ranges, within } from "../../facts/index.ts";
import type { Word } from "../../syntax/index.ts";
import { BadValue, type One, type Value } from "../define.ts";

/** A value that is a set of field values, and the text that iptables-save prints for it. */
export interface Written {
  readonly text: string;
  readonly ranges: Ranges;
}
export interface More {
  readonly aliases?: readonly string[];
  readonly negatable?: boolean;
}
/** A value of one word. `read` gives undefined where the word is not one. */
export function word<T>(
  expected: string,
  read: (text: string) => T | undefined,
  write: (value: T, negated: boolean) => string | null,
  more: More = {},
): Value<T> {
  return {
    arity: 1,
    negatable: true,
    ...more,
    read([first]) {
      const given = first as Word;
      const value = read(given.text);
      if (value === undefined) throw new BadValue(given, expected);
      return value;
    },
    write(value, negated) {
      const text = write(value, negated);
      return text === null ? null : [text];
    },
  };
}
export const written = (expected: string, read: (text: string) => Written | undefined, more?: More): Value<Written> =>
  word(expected, read, (value) => value.text, more);

/** The field is there and in (`!`: outside) the set; an option that was not given asks nothing. Absent is no either way. */
export function asks(field: Field, given: One<Written> | undefined): Condition {
  if (!given) return always;
  const inside = within(field, given.value.ranges, given.value.text);
  return given.negated ? all(present(field), not(inside)) : inside;
}
/** Like `asks`, for fields whose absence counts as a value of its own: `!` is then yes. */
export function compares(field: Field, given: One<Written> | undefined): Condition {
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
export const firstFragment = (...of: readonly Condition[]): Condition =>
  all(within("fragmentOffset", [[0, 1]], "a first fragment"), ...of);

/** Names out of a fixed list, printed in the list's order. */
export const names = (list: readonly string[], more?: More): Value<readonly string[]> =>
  word(
    `a list of ${list.join(", ")}`,
    (text) => {
      const given = text.split(",").map((name) => name.toUpperCase());
      return given.every((name) => list.includes(name)) ? list.filter((name) => given.includes(name)) : undefined;
    },
    (value) => value.join(","),
    more,
  );
export const oneOf = (list: readonly string[], more?: More): Value<string> =>
  word(
    `one of ${list.join(", ")}`,
    (text) => (list.includes(text) ? text : undefined),
    (value) => value,
    more,
  );

/** Any text; `limit` is where the tool cuts or refuses it. */
export const text = (more: More & { quoted?: boolean } = {}): Value<string> => ({
  ...word<string>(
    "a word",
    (given) => given,
    (value) => value,
    { negatable: false, ...more },
  ),
  quoted: more.quoted ?? false,
});
export const flag = (more: More = {}): Value<true> => ({
  arity: 0,
  ...more,
  read: () => true,
  write: () => [],
});
export const number = (max: number, more?: More): Value<number> =>
  word(
    `a number 0-${max}`,
    (given) => (/^(\d+|0x[0-9a-f]+)$/i.test(given) && Number(given) <= max ? Number(given) : undefined),
    String,
    { negatable: false, ...more },
  );

export interface Masked {
  readonly value: number;
  readonly mask: number;
}
/** `0x1/0xff`; printed in hex, the mask only when it is not full. */
export const masked = (more: More & { always?: boolean } = {}): Value<Masked> =>
  word(
    "a value 0-0xffffffff, or value/mask",
    (given) => {
      const parts = given.split("/");
      if (parts.length > 2 || parts.some((part) => !/^(\d+|0x[0-9a-f]+)$/i.test(part) || Number(part) > 0xffffffff))
        return undefined;
      return { value: Number(parts[0]), mask: parts[1] === undefined ? 0xffffffff : Number(parts[1]) };
    },
    ({ value, mask }) =>
      `0x${value.toString(16)}${mask === 0xffffffff && !more.always ? "" : `/0x${mask.toString(16)}`}`,
    more,
  );
