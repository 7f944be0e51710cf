/** What arptables and ebtables' arp match write about an ARP header. */
import { readMac } from "../../facts/index.ts";
import { own } from "../../own.ts";
import type { Value } from "../define.ts";
import { type More, word } from "./plain.ts";

/** From 1 on. extensions/libebt_arp.c, iptables/nft-arp.c */
export const ARP_OPCODES = [
  "Request",
  "Reply",
  "Request_Reverse",
  "Reply_Reverse",
  "DRARP_Request",
  "DRARP_Reply",
  "DRARP_Error",
  "InARP_Request",
  "ARP_NAK",
];

const MAC_NAMES: Readonly<Record<string, string>> = {
  unicast: "00:00:00:00:00:00/01:00:00:00:00:00",
  multicast: "01:00:00:00:00:00/01:00:00:00:00:00",
  broadcast: "ff:ff:ff:ff:ff:ff",
  bga: "01:80:c2:00:00:00",
};
/** A MAC, MAC/mask, or a name of one; arptables-nft-save prints no name, and loses masks of whole bytes (nft_arp_parse_devaddr). */
export const arpMac = (more?: More): Value<{ readonly text: string; readonly lost: boolean }> =>
  word(
    "a MAC address, MAC/mask, Unicast, Multicast, Broadcast or BGA",
    ["00:11:22:33:44:55", "02:00:00:00:00:00/03:00:00:00:00:00", "Multicast"],
    (given) => {
      const [address = "", mask = "ff:ff:ff:ff:ff:ff", rest] = (own(MAC_NAMES, given.toLowerCase()) ?? given).split(
        "/",
      );
      const [low, bits] = [macBytes(address), macBytes(mask)];
      if (rest !== undefined || !low || !bits) return undefined;
      const base = writeBytes(low.map((byte, at) => byte & (bits[at] ?? 0)));
      const full = bits.every((byte) => byte === 0xff);
      return {
        text: full ? base : `${base}/${writeBytes(bits)}`,
        lost: !full && /^(ff)*(00)*$/.test(hexBytes(bits).join("")),
      };
    },
    ({ text, lost }) => (lost ? null : text),
    more,
  );
const macBytes = (text: string): readonly number[] | undefined =>
  readMac(text) === undefined ? undefined : text.split(":").map((byte) => Number.parseInt(byte, 16));
const hexBytes = (bytes: readonly number[]): readonly string[] =>
  bytes.map((byte) => byte.toString(16).padStart(2, "0"));
const writeBytes = (bytes: readonly number[]): string => hexBytes(bytes).join(":");
