// Long chains to walk through, and packets to walk with: the same in every run.
import { Host, loadDump, parse, readPacket, Source, toRuleset, walk } from "../../dist/index.js";
import { kube, random } from "./inputs.mjs";

const address = (bits) => [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join(".");
/** A chain FORWARD, and a rule for which the kernel tracks connections: found at once, whatever the chain holds. */
const forward = (rules) =>
  `*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -j CT --notrack\nCOMMIT
*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]
${rules.map((rule) => `-A FORWARD ${rule}\n`).join("")}COMMIT\n`;
const times = (count, make) => Array.from({ length: count }, (_, at) => make(at));
/** No two alike: multiplied by an odd number, 32 bits stay apart. */
const source = (at) => address(Math.imul(at, 2654435761));

function ranged(count) {
  const pick = random(7);
  const range = (width) => {
    const low = pick(65536 - width);
    return `${low}:${low + 1 + pick(width)}`;
  };
  return times(
    count,
    () => `! -s 10.${pick(256)}.0.0/16 ! -i lo -p tcp -m tcp --sport ${range(9999)} --dport ${range(99)} -j LOG`,
  );
}

/** Rule-sets of so many rules. */
export const chains = {
  "kube-proxy-like": kube,
  "source addresses": (rules) => forward(times(rules, (at) => `-s ${source(at)}/32 -j ACCEPT`)),
  "port ranges, negations": (rules) => forward(ranged(rules)),
  "comments: all match": (rules) => forward(times(rules, (at) => `-m comment --comment c${at}`)),
  "limits: all may": (rules) => forward(times(rules, (at) => `-m limit --limit ${1 + (at % 9)}/sec -j DROP`)),
};

/** Packets for all of them: some meet a rule early, some late, every second none. */
export function packets(count) {
  const pick = random(99);
  return times(count, (at) =>
    readPacket("ipv4", {
      inInterface: "eth0",
      outInterface: "eth1",
      source: at % 2 === 0 ? "203.0.113.1" : source(pick(100_000)),
      destination: `10.96.${pick(64)}.${pick(256)}`,
      protocol: "tcp",
      sourcePort: String(pick(65536)),
      destinationPort: String([80, 443, 8080, pick(65536)][pick(4)]),
      ctstate: "NEW",
    }),
  );
}

export function load(text) {
  const host = new Host();
  return { host, ruleset: toRuleset([loadDump(parse(new Source("bench", text)), host)]) };
}

const everyRule = (_, from) => from;
/** Milliseconds of the processor for one of these walks; `linear`: every rule is asked. */
export function time(world, some, linear) {
  const from = process.cpuUsage();
  for (const packet of some) walk(world, packet, {}, ...(linear ? [everyRule] : []));
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000 / some.length;
}
