/** Which extensions are not drawn, and why. */

/** No random test on a machine like this one can judge them. */
const NEVER: readonly (readonly [reason: string, names: string])[] = [
  ["few kernels have it", "ipvs LED CLUSTERIP ULOG ulog"],
  ["what it names has to be made by a tool that is seldom there, or by a rule before it", "nfacct rateest osf"],
  ["it needs a security module that labels packets", "SECMARK CONNSECMARK"],
  ["what is walked carries IP", "arp stp 802_3 arpreply"],
  ["releases of the tool before 1.8.11 have no option for it", "bridge:string"],
];
/** The engine does not follow the kernel there yet. */
const NOT_YET: readonly (readonly [reason: string, names: string])[] = [
  ["its copies are packets of their own, which go the gateway's way: none of them is walked", "TEE"],
  ["no frame with a tag is sent", "vlan"],
];

export const NOT_DRAWN: ReadonlyMap<string, string> = new Map(
  [...NEVER, ...NOT_YET].flatMap(([reason, names]) =>
    names.split(" ").map((name) => [name.replace(":", " "), reason] as const),
  ),
);
