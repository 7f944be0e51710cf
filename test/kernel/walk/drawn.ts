/** Which extensions are not drawn, and why. */

/** No random test on a machine like this one can judge them. */
const NEVER: readonly (readonly [reason: string, names: string])[] = [
  ["few kernels have it", "ipvs LED CLUSTERIP ULOG"],
  ["what it names has to be made by a tool that is seldom there, or by a rule before it", "nfacct rateest RATEEST osf"],
  ["it is of the whole machine, not of one network namespace", "IDLETIMER"],
  ["it needs a security module that labels packets", "SECMARK CONNSECMARK"],
  ["a hash, a counter or another process decides", "cluster HMARK quota hashlimit connlimit recent connbytes cpu"],
];
/** The engine does not follow the kernel there yet. */
const NOT_YET: readonly (readonly [reason: string, names: string])[] = [
  [
    "not modelled: a fork where all is known",
    "devgroup addrtype connmark conntrack connlabel CONNMARK realm rpfilter policy socket time owner helper cgroup set SET string u32 bpf eui64 sctp TTL HL CT NOTRACK TEE TPROXY SYNPROXY NFQUEUE QUEUE",
  ],
  ["generated packets and translations are still being made exact", "DNAT SNAT MASQUERADE REDIRECT NETMAP SNPT DNPT"],
];

export const NOT_DRAWN: ReadonlyMap<string, string> = new Map(
  [...NEVER, ...NOT_YET].flatMap(([reason, names]) => names.split(" ").map((name) => [name, reason] as const)),
);
