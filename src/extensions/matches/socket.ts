import { all, exactly, type Ranges, within } from "../../facts/index.ts";
import { match } from "../define.ts";
import { flag, opaque } from "../values.ts";

const [ICMP, TCP, UDP, ICMPV6] = [1, 6, 17, 58];
const TRANSPORT: Readonly<Record<string, Ranges>> = {
  ipv4: exactly(ICMP, TCP, UDP),
  ipv6: exactly(TCP, UDP, ICMPV6),
};

/** An open socket of this host is the packet's. net/netfilter/xt_socket.c; `--restore-skmark` changes the mark, not the answer. */
export const socket = match({
  name: "socket",
  families: ["ipv4", "ipv6"],
  options: { "--transparent": flag(), "--nowildcard": flag(), "--restore-skmark": flag() },
  placement: { hooks: ["PREROUTING", "INPUT"] },
  means(given, _host, family) {
    const how = (["--transparent", "--nowildcard"] as const).filter((option) => given[option]);
    return all(
      within("protocol", TRANSPORT[family] ?? [], "tcp, udp or an ICMP error about them"),
      opaque(["destination has a socket", ...how].join(" "), "ss --all --numeric"),
    );
  },
});
