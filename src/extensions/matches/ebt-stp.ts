import { all, type Condition, not, within } from "../../facts/index.ts";
import { own } from "../../own.ts";
import { match, type One, type OptionTable, type Value } from "../define.ts";
import { ebtMacMask, integerRange, isOldEbtables, type NumberRange, opaque, readInteger, word } from "../values.ts";

/** A byte by number, 0 octal and 0x hexadecimal, or one of these names in any case. */
const named = (names: Readonly<Record<string, number>>): Value<number> =>
  word(
    `a number 0-255, ${Object.keys(names).join(" or ")}`,
    ["2", "0x80", ...Object.keys(names)],
    (text) => readInteger(text, 255) ?? own(names, text.toLowerCase()),
    (value) => Object.keys(names).find((name) => names[name] === value) ?? String(value),
  );
/** ebtables' own tool prints a blank behind these. */
function range(max: number): Value<NumberRange> {
  const value = integerRange({ max });
  return {
    ...value,
    write: (given, negated, saver) =>
      value.write(given, negated, saver)?.map((text) => (isOldEbtables(saver) ? `${text} ` : text)) ?? null,
  };
}
const UINT16 = 0xffff;
const options = {
  "--stp-type": named({ config: 0, tcn: 0x80 }),
  "--stp-flags": named({ "topology-change": 1, "topology-change-ack": 0x80 }),
  "--stp-root-prio": range(UINT16),
  "--stp-root-addr": ebtMacMask(),
  "--stp-root-cost": range(0xffffffff),
  "--stp-sender-prio": range(UINT16),
  "--stp-sender-addr": ebtMacMask(),
  "--stp-port": range(UINT16),
  "--stp-msg-age": range(UINT16),
  "--stp-max-age": range(UINT16),
  "--stp-hello-time": range(UINT16),
  "--stp-forward-delay": range(UINT16),
};
/** Frames that cannot begin as a BPDU does, 42:42:03. */
const OTHERS = within(
  "frameProtocol",
  [
    [0x0800, 0x0801],
    [0x0806, 0x0807],
    [0x86dd, 0x86de],
  ],
  "IPv4, ARP or IPv6",
);
const SAVER = { backend: "nft", release: 10811 } as const;

/** Spanning tree's BPDUs, which carry no IP packet. net/bridge/netfilter/ebt_stp.c */
export const ebtStp = match({
  name: "stp",
  families: ["bridge"],
  implicit: "other",
  options,
  means: (given) =>
    all(
      not(OTHERS),
      ...Object.entries(options as OptionTable).map(([option, value]): Condition => {
        const one = given[option as keyof typeof options] as One<unknown> | undefined;
        if (!one) return all();
        const text = value.write(one.value, false, SAVER)?.join(" ");
        const wanted = opaque(`${option.slice(2)} is ${text}`, "the frame's BPDU");
        return one.negated ? not(wanted) : wanted;
      }),
    ),
});
