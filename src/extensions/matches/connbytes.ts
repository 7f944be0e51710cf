import { all, always, any, type Condition, never, not, within } from "../../facts/index.ts";
import { match, type Value } from "../define.ts";
import { asked, fresh, isTemplate, oneOf, opaque, readInteger64, tracked, word } from "../values.ts";

interface Counts {
  readonly low: bigint;
  readonly high: bigint;
}
const MOST = 2n ** 64n - 1n;
/** extensions/libxt_connbytes.c: an upper end of 0 or of everything is not printed. */
const show = ({ low, high }: Counts): string => (high === 0n || high === MOST ? `${low}` : `${low}:${high}`);
const counts: Value<Counts> = word(
  "a number 0-18446744073709551615, or first:last",
  ["1000", "0:1000", "0x10:0x20", ":5", "5:"],
  (text) => {
    const [first = "", last = "", more] = text.split(":");
    const low = first === "" ? 0n : readInteger64(first);
    const high = last === "" ? MOST : readInteger64(last);
    return more !== undefined || low === undefined || high === undefined || low > high ? undefined : { low, high };
  },
  show,
);

/** A first packet is counted already, and is all that there is: one packet of its length (t08, and probed). */
function ofFirst({ low, high }: Counts, mode: string | undefined, direction: string | undefined): Condition {
  const counted = direction === "reply" ? 0n : 1n;
  if (mode === "packets" || counted === 0n) return low <= counted && counted <= high ? always : never;
  const [least, most] = [low, high].map((end) => Number(end > 0xffffn ? 0x10000n : end)) as [number, number];
  return within("length", [[least, most + 1]], show({ low, high }));
}

/** What a connection has carried so far. net/netfilter/xt_connbytes.c: without one, no in both polarities. */
export const connbytes = match({
  name: "connbytes",
  families: ["ipv4", "ipv6"],
  options: {
    "--connbytes": counts,
    "--connbytes-mode": oneOf(["packets", "bytes", "avgpkt"], { negatable: false }),
    "--connbytes-dir": oneOf(["original", "reply", "both"], { negatable: false }),
  },
  needs: [["--connbytes"], ["--connbytes-mode"], ["--connbytes-dir"]],
  complete(given) {
    const option = given["--connbytes"];
    // `!` exchanges the ends: with equal ones it is lost
    const isLost = option?.negated && option.value.low === option.value.high;
    return isLost ? { ...given, "--connbytes": { ...option, negated: false } } : given;
  },
  means(given) {
    const [direction, mode] = [given["--connbytes-dir"]?.value, given["--connbytes-mode"]?.value];
    return all(
      tracked,
      not(isTemplate),
      asked(given["--connbytes"], (range) =>
        any(
          all(fresh, ofFirst(range, mode, direction)),
          all(not(fresh), opaque(`connection's ${direction} ${mode} ${show(range)}`, "conntrack -L")),
        ),
      ),
    );
  },
});
