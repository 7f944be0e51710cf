import { all, type Condition } from "../../facts/index.ts";
import { type Given, match } from "../define.ts";
import { asked, ebtTexts, ethertypeName, integer, isOldEbtables, opaque, readEthertype, word } from "../values.ts";

/** include/uapi/linux/if_ether.h ETH_ZLEN: what ebt_vlan takes at least. */
const LEAST = 60;
const encapsulated = word(
  "the protocol in the tag, hexadecimal 3c-ffff or a name of /etc/ethertypes",
  ["0800", "0x86dd", "ARP"],
  (text) => {
    const value = readEthertype(text);
    return value === undefined || value < LEAST ? undefined : value;
  },
  (value, _, saver) =>
    (isOldEbtables(saver) && ethertypeName(value)) || value.toString(16).toUpperCase().padStart(4, "0"),
);
const tag =
  (name: string, mask: number, shift: number) =>
  (value: number): Condition => ({
    is: "bits",
    field: "vlanTag",
    mask,
    value: value << shift,
    wants: `${name} ${value}`,
  });

const options = {
  "--vlan-id": integer({ max: 4094, negatable: true, examples: ["0", "10", "4094"] }),
  "--vlan-prio": integer({ max: 7, negatable: true }),
  "--vlan-encap": encapsulated,
};
/** The kernel forgets the priority of a tag that has an id, so nobody prints it. */
function kept(given: Given<typeof options>): Given<typeof options> {
  const { "--vlan-prio": _, ...others } = given;
  return given["--vlan-id"]?.value ? others : given;
}

/** The VLAN tag. net/bridge/netfilter/ebt_vlan.c */
export const ebtVlan = match({
  name: "vlan",
  families: ["bridge"],
  implicit: "other",
  options,
  placement: { protocols: ["802_1Q"] },
  write: (given, saver) => ebtTexts(options, kept(given), saver),
  means(given) {
    const { "--vlan-id": id, "--vlan-prio": priority, "--vlan-encap": protocol } = kept(given);
    return all(
      asked(id, tag("id", 0xfff, 0)),
      asked(priority, tag("priority", 0xe000, 13)),
      // no field holds what a tagged frame carries
      asked(protocol, (value) => opaque(`VLAN protocol is ${value}`, "the frame's VLAN tag")),
    );
  },
});
