/** Addresses that mean the same on every host. */
import type { Family } from "./address.ts";
import type { Ranges } from "./value-set.ts";

type OfFamily = Readonly<Record<Family, Ranges>>;
const none = { bridge: [], arp: [] } as const;

export const LOOPBACK: OfFamily = { ipv4: [[0x7f000000, 0x80000000]], ipv6: [[1n, 2n]], ...none };
/** 0.0.0.0/8: hosts that have no address yet send from it (DHCP). */
export const THIS_NETWORK: OfFamily = { ipv4: [[0, 0x1000000]], ipv6: [[0n, 1n]], ...none };
export const EVERYWHERE: OfFamily = { ipv4: [[0, 2 ** 32]], ipv6: [[0n, 1n << 128n]], ...none };
/** To every host of the link. */
export const BROADCAST: OfFamily = { ipv4: [[0xffffffff, 0x100000000]], ipv6: [], ...none };
export const MULTICAST: OfFamily = {
  ipv4: [[0xe0000000, 0xf0000000]],
  ipv6: [[0xffn << 120n, 1n << 128n]],
  ...none,
};
