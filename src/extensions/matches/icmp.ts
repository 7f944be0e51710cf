import { match } from "../define.ts";
import { asks, firstFragment, written } from "../values.ts";

/** iptables' own names; printed as numbers. extensions/libxt_icmp.h */
const NAMES: Readonly<Record<string, string>> = {
  any: "255",
  "echo-reply": "0",
  pong: "0",
  "destination-unreachable": "3",
  "network-unreachable": "3/0",
  "host-unreachable": "3/1",
  "protocol-unreachable": "3/2",
  "port-unreachable": "3/3",
  "fragmentation-needed": "3/4",
  "source-quench": "4",
  redirect: "5",
  "echo-request": "8",
  ping: "8",
  "router-advertisement": "9",
  "router-solicitation": "10",
  "time-exceeded": "11",
  "ttl-exceeded": "11",
  "parameter-problem": "12",
  "timestamp-request": "13",
  "timestamp-reply": "14",
};
const icmpType = written("an ICMP type, type/code or name", (given) => {
  const text = NAMES[given] ?? given;
  const [type = "", code] = text.split("/");
  if (!/^\d+$/.test(type) || Number(type) > 255 || (code !== undefined && !(/^\d+$/.test(code) && Number(code) < 256)))
    return undefined;
  // 255 matches every type (net/ipv4/netfilter/ip_tables.c icmp_type_code_match)
  if (type === "255" && code === undefined) return { text: "any", ranges: [[0, 65536]] };
  const low = Number(type) * 256 + Number(code ?? 0);
  return {
    text: code === undefined ? String(Number(type)) : `${Number(type)}/${Number(code)}`,
    ranges: [[low, code === undefined ? low + 256 : low + 1]],
  };
});

/** ICMP type and code. net/ipv4/netfilter/ip_tables.c icmp_match; semantics 6.2. */
export const icmp = match({
  name: "icmp",
  families: ["ipv4"],
  options: { "--icmp-type": icmpType },
  means: (given) => firstFragment(asks("icmpType", given["--icmp-type"])),
});
