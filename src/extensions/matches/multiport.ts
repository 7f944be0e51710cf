import { all, any, not, present } from "../../facts/index.ts";
import { BadValue, match, type Value } from "../define.ts";
import { asks, type More, ofHeader, portList, truncated, type Written } from "../values.ts";

const colons = (text: string): number => text.split(":").length;
/** Ends are not left open here, and a range has more than one port. extensions/libxt_multiport.c */
function closedPorts(more?: More): Value<Written> {
  const list = portList({ examples: ["80", "53,1024:65535", "ssh,http,0x1bb"], ...more });
  return {
    ...list,
    read(words, flag, family) {
      const value = list.read(words, flag, family);
      const [word] = words;
      if (word && (/(^|,):|:(,|$)/.test(word.text) || colons(word.text) !== colons(value.text)))
        throw new BadValue(word, "ports or first:last, first below last, separated by commas");
      return value;
    },
  };
}

/** Lists of ports. net/netfilter/xt_multiport.c; no in both polarities for later fragments (semantics 6.2). It reads the ports alone. */
export const multiport = match({
  name: "multiport",
  families: ["ipv4", "ipv6"],
  options: {
    "--sports": closedPorts({ aliases: ["--source-ports"] }),
    "--dports": closedPorts({ aliases: ["--destination-ports"] }),
    "--ports": closedPorts(),
  },
  needs: [["--sports", "--dports", "--ports"]],
  excludes: [["--sports", "--dports", "--ports"]],
  placement: { protocols: ["tcp", "udp", "udplite", "sctp", "dccp"] },
  // extensions/libxt_multiport.c asks at the option: what stands behind it was not read yet
  check(given, _, { protocol }) {
    const option = (["--sports", "--dports", "--ports"] as const).find((each) => given[each]);
    const isLate = protocol && option && protocol.at > (given[option]?.at ?? 0);
    return isLate ? { option, expected: `-p ${protocol.name} before ${option}` } : null;
  },
  means(given) {
    const either = given["--ports"];
    if (!either) return ofHeader(4, asks("sourcePort", given["--sports"]), asks("destinationPort", given["--dports"]));
    const plain = { value: either.value, negated: false };
    const wanted = any(asks("sourcePort", plain), asks("destinationPort", plain));
    return ofHeader(4, either.negated ? all(present("sourcePort"), not(wanted)) : wanted);
  },
  dropsIf: () => truncated(4),
});
