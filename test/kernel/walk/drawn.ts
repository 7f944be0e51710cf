/** Which extensions are not drawn, and why no random test can judge them on a machine like this one. */
const NEVER: readonly (readonly [reason: string, names: string])[] = [
  ["few kernels have it", "ipvs LED CLUSTERIP ULOG ulog"],
  ["what it names has to be made by a tool that is seldom there, or by a rule before it", "nfacct rateest osf"],
  ["it needs a security module that labels packets", "SECMARK CONNSECMARK"],
  ["what is walked carries IP", "arp stp 802_3 arpreply"],
];

export const NOT_DRAWN: ReadonlyMap<string, string> = new Map(
  NEVER.flatMap(([reason, names]) => names.split(" ").map((name) => [name, reason] as const)),
);
