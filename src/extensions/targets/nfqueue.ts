import { type Saver, target } from "../define.ts";
import { flag, integer, readInteger, word } from "../values.ts";

interface Queues {
  readonly first: number;
  /** null: left open. */
  readonly last: number | null;
}
const queues = word<Queues>(
  "two queues first:last, the first being the lower one",
  ["1:5", ":5", "0x10:0x20"],
  (given) => {
    const [low, high, more] = given.split(":");
    const first = low === "" ? 0 : readInteger(low ?? "", 65535);
    const last = high === "" ? null : readInteger(high ?? "", 65535);
    if (more !== undefined || first === undefined || last === undefined) return undefined;
    // 65536 queues are more than the kernel counts; releases differ in what they make of an open end
    if (first >= (last ?? 65535) || (first === 0 && last === 65535)) return undefined;
    return { first, last };
  },
  ({ first, last }, _, saver: Saver) => `${first}:${last ?? (saver.release >= 10811 ? 65534 : 65535)}`,
  { negatable: false },
);

/** A program decides. net/netfilter/xt_NFQUEUE.c; semantics 6.3. */
export const NFQUEUE = target({
  name: "NFQUEUE",
  families: ["ipv4", "ipv6"],
  options: {
    "--queue-num": integer({ max: 65535, examples: ["0", "0x10", "65535"] }),
    "--queue-balance": queues,
    "--queue-bypass": flag(),
    "--queue-cpu-fanout": flag(),
  },
  excludes: [["--queue-num", "--queue-balance"]],
  together: { "--queue-cpu-fanout": ["--queue-balance"] },
  complete: (given) =>
    given["--queue-balance"] ? given : { "--queue-num": { value: 0, negated: false, at: 0 }, ...given },
  does: () => [{ does: "unknown", why: "the program that reads the queue decides" }],
});
