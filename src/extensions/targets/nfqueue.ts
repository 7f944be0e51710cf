import { type Effect, type Saver, target } from "../define.ts";
import { flag, integer, opaque, readInteger, word } from "../values.ts";

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

/**
 * A program decides; with `--queue-bypass` and no program the packet goes on with the next table (semantics 1.2).
 * net/netfilter/xt_NFQUEUE.c
 */
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
  does(given) {
    const queue: Effect = { does: "verdict", verdict: "QUEUE" };
    if (!given["--queue-bypass"]) return [queue];
    const range = given["--queue-balance"]?.value;
    const name = range ? `queues ${range.first}:${range.last ?? ""}` : `queue ${given["--queue-num"]?.value ?? 0}`;
    return [
      {
        does: "if",
        condition: opaque(`a program listens on ${name}`, "/proc/net/netfilter/nfnetlink_queue"),
        yes: [queue],
        no: [{ does: "verdict", verdict: "ACCEPT" }],
      },
    ];
  },
});
