/** Where the real tools and this project answer differently, and why that is right: what the rules' text does not tell. */
import type { Tool } from "../support/real-tools.ts";
import type { Compared, Verdict } from "./compare.ts";
import { ruleLine } from "./ours.ts";

export interface Known {
  readonly reason: string;
  readonly verdict: Verdict;
  readonly tools?: readonly Tool[];
  /** What the rule holds. */
  readonly rule: RegExp;
  /** What the tool says when it refuses. */
  readonly says?: RegExp;
  /** For what no pattern can tell. */
  fits?(compared: Compared): boolean;
}

const EBTABLES: readonly Tool[] = ["ebtables-nft"];
const refusal = "refused by the tool only";
/** What the kernel says of a thing that it does not have: nothing in legacy, ENOENT or EOPNOTSUPP in nf_tables. */
const SILENT = /line \d+ failed$|No such file or directory|Operation not supported/;

export const KNOWN: readonly Known[] = [
  {
    reason: "the running kernel lacks the module, as the tool says itself; other kernels have it",
    verdict: refusal,
    rule: /./,
    says: /missing kernel module\?/,
  },
  {
    reason:
      "what it names (accounting object, estimator, timer, pinned program, security context) is not there, or is with other settings",
    verdict: refusal,
    rule: /nfacct|rateest|RATEEST|IDLETIMER|--object-pin|SECMARK/,
    says: /bpf: failed|unknown option "--rateest|line \d+ failed$|No such file or directory|Invalid argument/,
  },
  {
    reason: "the running kernel has no bridge meta expressions (nft_meta_bridge), which --logical-in and -out need",
    verdict: refusal,
    tools: EBTABLES,
    rule: /--logical-/,
    says: SILENT,
  },
  {
    reason: "a service's name is looked up for the rule's protocol; /etc/services has this one for tcp alone",
    verdict: refusal,
    rule: /-m(?:atch)? multiport/,
    says: /invalid port\/service/,
  },
  {
    reason:
      "ebtables-nft 1.8.9 mixes up its watcher's flags: --nflog beside --nflog-range or -prefix is `twice`, and every ! behind it is its own",
    verdict: refusal,
    tools: EBTABLES,
    rule: /--nflog/,
    says: /Multiple use of same option|'!' makes no sense for the nflog watcher/,
  },
  {
    reason:
      "ebtables-nft 1.8.9 takes the words of stp's and some of arp's options from argv, where --stp-port=3 is one",
    verdict: refusal,
    tools: EBTABLES,
    rule: /--(?:stp|arp)-\S+=/,
    says: /Bad --stp-|Problem with specified ARP/,
  },
  {
    reason: "ebtables-nft 1.8.9 loses an option of a rule that has several matches; the rule is loaded without it",
    verdict: "text differs",
    tools: EBTABLES,
    rule: /(?: --\S+.*){2}/,
    fits: ({ ours, theirs }) => "saved" in theirs && isPartOf(theirs.saved.join("\n"), ours.lines.join("\n")),
  },
];

export const explain = (compared: Compared, verdict: Verdict): Known | null =>
  KNOWN.find(({ verdict: wanted, tools, rule, says, fits }) => {
    const { tool, theirs } = compared;
    if (wanted !== verdict || (tools && !tools.includes(tool)) || !rule.test(ruleLine(compared.rule))) return false;
    if (says && !("refused" in theirs && says.test(theirs.refused))) return false;
    return fits?.(compared) ?? true;
  }) ?? null;

/** The words of one, in order and with others between them, in the other. */
function isPartOf(part: string, whole: string): boolean {
  const words = whole.split(" ");
  let at = 0;
  return part.split(" ").every((word) => {
    at = words.indexOf(word, at) + 1;
    return at > 0;
  });
}
