import { all } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, flag, integer, opaque, spiIs, spis } from "../values.ts";

const HEADER = "the packet's AH header";

/** The authentication header, wherever it stands. net/ipv6/netfilter/ip6t_ah.c: without one, no in both polarities. */
export const ah6 = match({
  name: "ah",
  families: ["ipv6"],
  options: {
    "--ahspi": spis(),
    "--ahlen": {
      ...integer({ negatable: true, examples: ["24", "0x18"] }),
      // 0 asks nothing (extensions/libip6t_ah.c)
      write: (value, negated) => (value === 0 && !negated ? null : [String(value)]),
    },
    "--ahres": flag(),
  },
  means(given) {
    const length = given["--ahlen"];
    return all(
      opaque("the packet has an AH header", "its extension headers"),
      spiIs("AH", given["--ahspi"]),
      length?.value === 0 && !length.negated
        ? all()
        : asked(length, (bytes) => opaque(`AH length is ${bytes}`, HEADER)),
      asked(given["--ahres"], () => opaque("AH reserved field is 0", HEADER)),
    );
  },
});
