import { always } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, flag, inHeader, insideHeader, integer, spiIs, spis } from "../values.ts";

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
    return inHeader(
      "ah",
      spiIs("ahSpi", given["--ahspi"]),
      // 0 asks nothing, negated or not
      length?.value === 0 ? always : asked(length, (bytes) => insideHeader(`AH length is ${bytes}`)),
      asked(given["--ahres"], () => insideHeader("AH reserved field is 0")),
    );
  },
});
