import { type Given, type One, target, type Value } from "../define.ts";
import { flag, readInteger, word } from "../values.ts";

const IP_HEADER = { ipv4: 20, ipv6: 40, bridge: 20, arp: 20 } as const;
const segment: Value<number> = word(
  (family) => `a number 0-${65535 - IP_HEADER[family]}`,
  ["1400", "0x500", "0"],
  (text, family) => readInteger(text, 65535 - IP_HEADER[family]),
  String,
  { negatable: false },
);

const options = { "--set-mss": segment, "--clamp-mss-to-pmtu": flag() };
/** Both options fill the same field: what comes last stays. */
const clamps = ({ "--set-mss": set, "--clamp-mss-to-pmtu": clamp }: Given<typeof options>): boolean =>
  clamp !== undefined && clamp.at > (set?.at ?? -1);
/** net/netfilter/xt_TCPMSS.c find_syn_match */
const SYN = 2;
const asksSyn = (flags: One<unknown> | undefined): boolean =>
  flags !== undefined && !flags.negated && ((flags.value as { compare: number }).compare & SYN) !== 0;

/**
 * Changes the maximum segment size of SYN packets, and goes on. net/netfilter/xt_TCPMSS.c: `--clamp-mss-to-pmtu` is for
 * FORWARD, OUTPUT and POSTROUTING; xtables' own tables also want a `-m tcp` that asks for SYN.
 */
export const TCPMSS = target({
  name: "TCPMSS",
  families: ["ipv4", "ipv6"],
  options,
  needs: [["--set-mss", "--clamp-mss-to-pmtu"]],
  placement: { protocols: ["tcp"] },
  check(given, _, { chain, saver, beside }) {
    if (clamps(given) && (chain === "PREROUTING" || chain === "INPUT"))
      return { option: "--clamp-mss-to-pmtu", expected: "it in FORWARD, OUTPUT and POSTROUTING only" };
    const isFree = saver.backend === "nft" || beside("tcp").some((tcp) => asksSyn(tcp["--tcp-flags"]));
    return isFree ? null : { expected: "-m tcp --syn beside TCPMSS" };
  },
  write: (given) =>
    clamps(given) ? ["--clamp-mss-to-pmtu"] : given["--set-mss"] ? [`--set-mss ${given["--set-mss"].value}`] : null,
  does: (given) => [{ does: "limit mss", most: clamps(given) ? null : (given["--set-mss"]?.value ?? null) }],
});
