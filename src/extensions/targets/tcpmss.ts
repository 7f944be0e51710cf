import { type One, target, type Value } from "../define.ts";
import { flag, readInteger, word } from "../values.ts";

const IP_HEADER = { ipv4: 20, ipv6: 40, bridge: 20, arp: 20 } as const;
const segment: Value<number> = word(
  (family) => `a number 0-${65535 - IP_HEADER[family]}`,
  ["1400", "0x500", "0"],
  (text, family) => readInteger(text, 65535 - IP_HEADER[family]),
  String,
  { negatable: false },
);

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
  options: { "--set-mss": segment, "--clamp-mss-to-pmtu": flag() },
  needs: [["--set-mss", "--clamp-mss-to-pmtu"]],
  placement: { protocols: ["tcp"] },
  check: (_, __, { saver, beside }) =>
    saver.backend === "legacy" && !beside("tcp").some((tcp) => asksSyn(tcp["--tcp-flags"]))
      ? { expected: "-m tcp --syn beside TCPMSS" }
      : null,
  placed: { "--clamp-mss-to-pmtu": { hooks: ["FORWARD", "OUTPUT", "POSTROUTING"] } },
  write(given) {
    const [set, clamp] = [given["--set-mss"], given["--clamp-mss-to-pmtu"]];
    // both fill the same field: what comes last stays
    return set && clamp ? (set.at > clamp.at ? ["--set-mss", String(set.value)] : ["--clamp-mss-to-pmtu"]) : null;
  },
  does: () => [{ does: "continue" }],
});
