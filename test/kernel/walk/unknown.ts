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

/** The same for single options of extensions that are known otherwise; and for bytes of headers that no field states. */
export const INHERENT_FACTS =
  /^(?:connection expires in |counters of set |(?:hop-by-hop|destination-options|routing) header |mobility type |ipcomp index |sctp chunks: |dccp (?:type|option) |AH (?:length|reserved) |reserved bits of the fragment header |what is read as tcp |a later fragment fits )/;
