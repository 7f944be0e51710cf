import { all, type Condition, not } from "../../facts/index.ts";
import { match, type One } from "../define.ts";
import {
  ARP_OPCODES,
  ebtMacMask,
  ebtNetwork,
  ebtTexts,
  ethertypeName,
  flag,
  isOldEbtables,
  opaque,
  readEthertype,
  word,
} from "../values.ts";

const readDecimal = (text: string): number | undefined =>
  /^\d+$/.test(text) && Number(text) <= 0xffff ? Number(text) : undefined;
const opcode = word(
  `an ARP opcode, 0-65535 or one of ${ARP_OPCODES.join(", ")}`,
  ["Request", "2", "drarp_reply", "10"],
  (text) =>
    readDecimal(text) ?? (ARP_OPCODES.findIndex((name) => name.toLowerCase() === text.toLowerCase()) + 1 || undefined),
  (value) => ARP_OPCODES[value - 1] ?? String(value),
  { aliases: ["--arp-opcode"] },
);
const hardware = word(
  "an ARP hardware type, 0-65535 or Ethernet",
  ["1", "ethernet", "6"],
  (text) => readDecimal(text) ?? (text.toLowerCase() === "ethernet" ? 1 : undefined),
  String,
);
const protocolType = word(
  "an ARP protocol type, hexadecimal or a name of /etc/ethertypes",
  ["0x800", "86dd", "IPv4"],
  readEthertype,
  (value, _, saver) => (isOldEbtables(saver) && ethertypeName(value)) || `0x${value.toString(16)}`,
);
const options = {
  "--arp-op": opcode,
  "--arp-htype": hardware,
  "--arp-ptype": protocolType,
  "--arp-ip-src": ebtNetwork(),
  "--arp-ip-dst": ebtNetwork(),
  "--arp-mac-src": ebtMacMask(),
  "--arp-mac-dst": ebtMacMask(),
  "--arp-gratuitous": flag({ negatable: true }),
};
/** No packet that is described here carries ARP. */
function header<T>(name: string, given: One<T> | undefined, text: (value: T) => string | number): Condition {
  if (!given) return all();
  const wanted = opaque(`ARP ${name} ${text(given.value)}`, "the frame's ARP header");
  return given.negated ? not(wanted) : wanted;
}
const macText = ({ mac, mask }: { mac: number; mask: number }) => `${mac.toString(16)}/${mask.toString(16)}`;

/** ARP and RARP. net/bridge/netfilter/ebt_arp.c */
export const ebtArp = match({
  name: "arp",
  families: ["bridge"],
  implicit: "other",
  options,
  placement: { protocols: ["ARP", "RARP"] },
  write(given, saver) {
    const { "--arp-gratuitous": gratuitous, ...others } = given;
    if (!gratuitous?.negated) return null;
    // without a word the ! stands before it in every release
    return [...ebtTexts(options, others, saver), "! --arp-gratuitous"];
  },
  means: (given) =>
    all(
      header("opcode", given["--arp-op"], String),
      header("hardware type", given["--arp-htype"], String),
      header("protocol type", given["--arp-ptype"], String),
      header("source", given["--arp-ip-src"], ({ text }) => text),
      header("destination", given["--arp-ip-dst"], ({ text }) => text),
      header("source MAC", given["--arp-mac-src"], macText),
      header("destination MAC", given["--arp-mac-dst"], macText),
      header("gratuitous", given["--arp-gratuitous"], () => "yes"),
    ),
});
