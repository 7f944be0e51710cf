import type { Assumption, Path } from "../../../src/path/index.ts";

/** What no packet and no host facts settle: semantics section 6, class U, and why. A walk may fork on these alone. */
export const INHERENTLY_UNKNOWN: Readonly<Record<string, string>> = {
  statistic: "random, or a counter's state",
  limit: "a bucket's fill",
  hashlimit: "a bucket's fill",
  quota: "what was used up",
  rateest: "a rate",
  connlimit: "how many other connections there are",
  recent: "who came lately",
  osf: "a table of fingerprints",
  cpu: "which processor takes the packet",
  cluster: "a hash",
  HMARK: "a hash",
  NFQUEUE: "userspace decides",
  SYNPROXY: "whether a cookie was its own",
  TPROXY: "the sockets of the host",
  connbytes: "counters of the connection",
  string: "the whole packet",
  u32: "the whole packet",
  bpf: "the whole packet",
  connlabel: "what rules of earlier packets set",
  helper: "what a helper has seen",
  cgroup: "the sender's group",
  socket: "the sockets of the host",
};

/**
 * The same for single options of extensions that are known otherwise; for what no field states: bytes of headers, the
 * protocol of an error's connection; and for whether somebody answers whom the host has not asked yet.
 */
export const INHERENT_FACTS =
  /^(?:neighbour$|connection (?:expires in|is) |ct\w+port of an ICMP connection |counters of set |(?:hop-by-hop|destination-options|(?:segment )?routing) header |mobility type |ipcomp index |sctp chunks: |dccp (?:type|option) |AH (?:length|reserved) |reserved bits of the fragment header |what is read as tcp |a later fragment fits )/;

/**
 * Assumptions that nothing excuses, on ways that do not part from the kernel's by one that something does: what the
 * other answer to an open question would have led to is open too.
 */
export function unexcused(
  paths: readonly Path[],
  kernels: Path,
  isExcused: (assumption: Assumption) => boolean,
): Assumption[] {
  const parts = ({ fact, rule, taken }: Assumption) =>
    kernels.assumptions.some((each) => each.fact === fact && each.rule === rule && each.taken !== taken);
  return paths
    .filter(({ assumptions }) => !assumptions.some((each) => isExcused(each) && parts(each)))
    .flatMap(({ assumptions }) => assumptions.filter((each) => !isExcused(each)));
}
