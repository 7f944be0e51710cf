import { all, any, type Condition, not, present } from "../../facts/index.ts";
import { type Backend, match, type One, type Value } from "../define.ts";
import {
  asks,
  compares,
  ebtMacMask,
  ethertypeName,
  interfaceName,
  isOldEbtables,
  type More,
  macIs,
  readEthertype,
  type Written,
  written,
} from "../values.ts";

/** Less is no protocol but a length (802.3): include/linux/etherdevice.h eth_proto_is_802_3. */
const LEAST = 0x0600;
const frameProtocol: Value<Written> = written(
  "a protocol of frames (IPv4, IPv6, ARP, 802_1Q, Length …) or 0x600-0xffff",
  ["IPv4", "ARP", "0x1234", "length", "86dd"],
  (given) => {
    if (given.toLowerCase() === "length") return { text: "Length", ranges: [[0, LEAST]] };
    const value = readEthertype(given);
    if (value === undefined || value < LEAST) return undefined;
    return { text: ethertypeName(value) ?? `0x${value.toString(16)}`, ranges: [[value, value + 1]] };
  },
  {
    aliases: ["--protocol", "--proto"],
    names: () => ["IPv4", "IPv6", "ARP", "802_1Q", "Length"],
    hint: (given) =>
      /^(?:tcp|udp|icmp|sctp|igmp)$/i.test(given)
        ? `a frame carries IPv4, and that ${given}: -p IPv4 --ip-proto ${given}`
        : undefined,
  },
);
/** `+` alone is kept by ebtables' own tool. */
function port(more?: More): Value<Written> {
  const value = interfaceName(more);
  return {
    ...value,
    write: (name, not, saver) => (isOldEbtables(saver) ? [name.text] : value.write(name, not, saver)),
  };
}

const COMES_IN = { hooks: ["INPUT", "FORWARD", "PREROUTING", "BROUTING"] };
const GOES_OUT = { hooks: ["OUTPUT", "FORWARD", "POSTROUTING"] };

/** The frame: protocol, MACs and ports. net/bridge/netfilter/ebtables.c ebt_basic_match; semantics 5.3. */
export const ebtFrame = match({
  name: "frame",
  families: ["bridge"],
  implicit: "own",
  options: {
    "-p": frameProtocol,
    "-s": ebtMacMask({ named: true, aliases: ["--source", "--src"] }),
    "-d": ebtMacMask({ named: true, aliases: ["--destination", "--dst"] }),
    "-i": port({ aliases: ["--in-interface", "--in-if"] }),
    "--logical-in": port(),
    "-o": port({ aliases: ["--out-interface", "--out-if"] }),
    "--logical-out": port(),
  },
  placed: { "-i": COMES_IN, "--logical-in": COMES_IN, "-o": GOES_OUT, "--logical-out": GOES_OUT },
  means: (given, _host, _family, backend) =>
    all(
      compares("frameProtocol", given["-p"]),
      macIs("macSource", given["-s"]),
      macIs("macDestination", given["-d"]),
      compares("physdevIn", given["-i"]),
      logical("inInterface", given["--logical-in"], backend),
      compares("physdevOut", given["-o"]),
      logical("outInterface", given["--logical-out"], backend),
    ),
});

/** Where there is no device, ebt_basic_match does not ask for its bridge: yes either way; nft_meta_bridge.c: no. */
function logical(field: "inInterface" | "outInterface", given: One<Written> | undefined, backend: Backend): Condition {
  if (backend === "nft") return asks(field, given);
  return given ? any(not(present(field)), compares(field, given)) : all();
}
