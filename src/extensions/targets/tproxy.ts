import { servicePort, writeAddress } from "../../facts/index.ts";
import { type One, target } from "../define.ts";
import { host, masked, opaque, word } from "../values.ts";

/** As getaddrinfo reads services: decimal, 16 bits of it, or a name. */
const port = word(
  "a port, decimal or by name",
  ["8080", "0", "http"],
  (text) => (/^\d{1,9}$/.test(text) ? Number(text) % 65536 : servicePort(text)),
  String,
  { negatable: false },
);
const byItself = <T>(value: T): One<T> => ({ value, negated: false, at: 0 });

/** Hands the packet to a local socket, and drops it where there is none. net/netfilter/xt_TPROXY.c; semantics 6.3. */
export const TPROXY = target({
  name: "TPROXY",
  families: ["ipv4", "ipv6"],
  options: {
    "--on-port": port,
    "--on-ip": host(),
    "--tproxy-mark": masked({ always: true, negatable: false }),
  },
  needs: [["--on-port"]],
  placement: { tables: ["mangle"], hooks: ["PREROUTING"], protocols: ["tcp", "udp"] },
  complete: (given, family) => ({
    ...given,
    "--on-ip": given["--on-ip"] ?? byItself(family === "ipv6" ? 0n : 0),
    "--tproxy-mark": given["--tproxy-mark"] ?? byItself({ value: 0, mask: 0 }),
  }),
  does(given) {
    const { value, mask } = given["--tproxy-mark"]?.value ?? { value: 0, mask: 0 };
    const [port, ip] = [given["--on-port"]?.value ?? 0, given["--on-ip"]?.value];
    const at = `${ip ? writeAddress(ip) : "its own address"} port ${port === 0 ? "of its own" : port}`;
    return [
      {
        does: "if",
        condition: opaque(`a transparent socket takes it at ${at}`, "ss --all --numeric"),
        yes: [
          { does: "set", field: "mark", value, mask },
          { does: "verdict", verdict: "ACCEPT" },
        ],
        no: [{ does: "verdict", verdict: "DROP" }],
      },
    ];
  },
});
