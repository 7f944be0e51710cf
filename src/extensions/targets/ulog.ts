import { target } from "../define.ts";
import { integer, readInteger64, text, word } from "../values.ts";

const prefix = text({ min: 1, cut: 31, examples: ["foo", "bar-"] });
/** 64 bits are read, 32 of them printed. */
const bytes = word(
  "a number of bytes",
  ["100", "0x40", "0"],
  readInteger64,
  (value) => (value === 0n ? null : String(value % (1n << 32n))),
  { negatable: false },
);
const unlessOne = (value: typeof group) => ({
  ...value,
  write: (number: number) => (number === 1 ? null : [String(number)]),
});
const group = integer({ min: 1, max: 32 });

/** Copies packets to a netlink group, and goes on. net/ipv4/netfilter/ipt_ULOG.c, which the kernel had until 3.17. */
export const ULOG = target({
  name: "ULOG",
  families: ["ipv4"],
  options: {
    "--ulog-prefix": prefix,
    "--ulog-nlgroup": unlessOne(group),
    "--ulog-cprange": bytes,
    "--ulog-qthreshold": unlessOne(integer({ min: 1, max: 50 })),
  },
  check: (given) =>
    given["--ulog-prefix"]?.value.includes("\n")
      ? { option: "--ulog-prefix", expected: "a prefix without a line break" }
      : null,
  does: () => [{ does: "continue" }],
});
