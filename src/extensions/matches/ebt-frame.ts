import { all, always, type Condition } from "../../facts/index.ts";
import { match, type One, type Value } from "../define.ts";
import { asked, compares, interfaceName, macMask, opaque, type Written, written } from "../values.ts";

const PROTOCOLS: Readonly<Record<string, number>> = {
  IPv4: 0x0800,
  X25: 0x0805,
  ARP: 0x0806,
  "802_1Q": 0x8100,
  IPv6: 0x86dd,
};
const frameProtocol: Value<Written> = written(
  "IPv4, IPv6, ARP, 802_1Q, Length or a number 0x0600-0xffff",
  ["IPv4", "ARP", "0x1234"],
  (given) => {
    if (given.toLowerCase() === "length") return { text: "Length", ranges: [] };
    const name = Object.keys(PROTOCOLS).find((each) => each.toLowerCase() === given.toLowerCase());
    const value = name ? PROTOCOLS[name] : Number.parseInt(given, 16);
    if (value === undefined || Number.isNaN(value) || (!name && !/^(0x)?[0-9a-f]{1,4}$/i.test(given))) return undefined;
    const known = Object.keys(PROTOCOLS).find((each) => PROTOCOLS[each] === value);
    return { text: known ?? `0x${value.toString(16).padStart(4, "0")}`, ranges: [[value, value + 1]] };
  },
);

/** The frame: protocol, MACs and ports. net/bridge/netfilter/ebtables.c ebt_basic_match; semantics 5.3. */
export const ebtFrame = match({
  name: "frame",
  families: ["bridge"],
  implicit: "own",
  options: {
    "-p": { ...frameProtocol, aliases: ["--protocol", "--proto"] },
    "-s": macMask({ aliases: ["--source", "--src"] }),
    "-d": macMask({ aliases: ["--destination", "--dst"] }),
    "-i": interfaceName({ aliases: ["--in-interface"] }),
    "--logical-in": interfaceName(),
    "-o": interfaceName({ aliases: ["--out-interface"] }),
    "--logical-out": interfaceName(),
  },
  means: (given) =>
    all(
      compares("frameProtocol", given["-p"]),
      mac("macSource", given["-s"]),
      mac("macDestination", given["-d"]),
      compares("physdevIn", given["-i"]),
      compares("inInterface", given["--logical-in"]),
      compares("physdevOut", given["-o"]),
      compares("outInterface", given["--logical-out"]),
    ),
});

function mac(field: "macSource" | "macDestination", given: One<Written> | undefined): Condition {
  if (!given) return always;
  if (given.value.ranges.length > 0) return compares(field, given);
  return asked(given, ({ text }) => opaque(`${field} is ${text}`, "the frame's MAC addresses"));
}
