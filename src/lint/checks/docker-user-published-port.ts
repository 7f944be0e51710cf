import { type Packet, protocolName, type Ranges, readPacket, withFields, writeValues } from "../../facts/index.ts";
import { type Chain, meaningOf, type Rule, ruleBody, type Table } from "../../model/index.ts";
import { type Docker, isDockersOwn, type Published } from "../../owners/index.ts";
import type { Analysis } from "../analysis.ts";
import { ruleAt } from "../analysis.ts";
import type { Check, Found } from "../define.ts";
import { leaves, meet } from "../reach.ts";

/** nat/PREROUTING runs before filter/FORWARD: rules there see the container's port, not the published one. */
export const check: Check = function* (analysis) {
  for (const { table, docker, user } of analysis.userChains()) {
    const seen = new Set<Rule>();
    const forward = table.chains.get("FORWARD");
    for (const start of forward ? [user, forward] : [user]) {
      for (const protocol of new Set(docker.published.map((each) => each.protocol))) {
        const packet = fromOutside(table, docker, protocol);
        for (const { rule, chain, number } of meet(table, start, packet, analysis.host)) {
          if (seen.has(rule) || isDockersOwn(table, chain, rule, docker)) continue;
          // elsewhere than in DOCKER-USER a rule may well be about other networks
          if (start !== user && !isAboutDocker(rule, table, docker, analysis)) continue;
          const found = [...namedPorts(rule, analysis)].flatMap(
            (port) => judge(port, rule, packet, docker, analysis) ?? [],
          );
          if (found.length > 0) seen.add(rule);
          for (const each of found) yield { ...ruleAt(table, chain, number), ...each };
        }
      }
    }
  }
};

function fromOutside({ family }: Table, { outside, bridges }: Docker, protocol: number): Packet {
  const packet = readPacket(family, { protocol, outInterface: bridges.map(({ name }) => name).join(",") });
  return withFields(packet, { inInterface: { absent: false, ranges: outside } });
}

const mayMatch = (rule: Rule, packet: Packet, { host }: Analysis): boolean => {
  const chain: Chain = { name: rule.chain, policy: null, builtin: false, place: null, rules: [rule] };
  const table: Table = { family: packet.family, backend: "legacy", name: "filter", place: null, chains: new Map() };
  return !meet(table, chain, packet, host).next().done;
};
const isAboutDocker = (rule: Rule, { family }: Table, { outside }: Docker, analysis: Analysis): boolean =>
  !mayMatch(rule, withFields(readPacket(family, {}), { outInterface: { absent: false, ranges: outside } }), analysis);

/** Single ports that the rule asks for by name, as the packet's destination only. */
function namedPorts(rule: Rule, { host }: Analysis): Set<number> {
  const ports = new Set<number>();
  for (const { leaf, negated } of leaves(meaningOf(rule, host).condition)) {
    if (leaf.is !== "in" || negated) continue;
    if (leaf.field === "ctorigdstport") return new Set();
    if (leaf.field === "destinationPort")
      for (const [low, high] of leaf.ranges) if (Number(high) - Number(low) === 1) ports.add(Number(low));
  }
  return ports;
}

function judge(
  port: number,
  rule: Rule,
  packet: Packet,
  docker: Docker,
  analysis: Analysis,
): Omit<Found, "place"> | null {
  const protocol = Number(packet.fields.protocol?.ranges[0]?.[0]);
  const published = docker.published.filter((each) => each.hostPort === port && each.protocol === protocol);
  const [example] = published;
  if (!example || published.some(({ toPort }) => toPort === port)) return null;
  const containers = [
    ...docker.published
      .filter((each) => each.toPort === port && each.protocol === protocol)
      .map((each) => ({ address: each.toAddress, rule: each.rule })),
    ...docker.opened.filter((each) => each.port === port && each.protocol === protocol),
  ];
  const at = withFields(packet, { destinationPort: { absent: false, ranges: [[port, port + 1]] } });
  const goesTo = (ranges: Ranges): boolean =>
    mayMatch(rule, withFields(at, { destination: { absent: false, ranges } }), analysis);
  // the rule's own `-d` tells which of them it means: the published container, another, or the host's address
  const other = containers.find(({ address }) => goesTo(address));
  const isMeant = published.some(({ toAddress }) => goesTo(toAddress));
  if (!isMeant && (other || !published.some((each) => goesTo(hostSide(each, packet, analysis))))) return null;
  const [host, container] = [example.hostAddress, example.toAddress].map(
    (ranges) => ranges && writeValues("destination", ranges),
  );
  const origin = "-m conntrack --ctorigdstport";
  return {
    message: other ? "other-container" : "never",
    data: {
      port,
      protocol: protocolName(protocol),
      host: `${host?.replace(/\/(32|128)$/, "") ?? "*"}:${port}`,
      container: `${container?.replace(/\/(32|128)$/, "") ?? ""}:${example.toPort}`,
      toPort: example.toPort,
      other: other ? `${writeValues("destination", other.address).replace(/\/(32|128)$/, "")}:${port}` : "",
      rule: ruleBody(rule),
    },
    related: [
      { place: example.rule.place, message: `here port ${port} becomes ${example.toPort}` },
      ...(other ? [{ place: other.rule.place, message: `this container has port ${port}` }] : []),
    ],
    confidence: "assumes",
    ...replacement(rule, port, origin),
  };
}

/** Addresses under which the port is published; all of them where the host's own are not known. */
function hostSide({ hostAddress }: Published, { family }: Packet, { host }: Analysis): Ranges {
  if (hostAddress) return hostAddress;
  return host.localAddresses(family as "ipv4" | "ipv6") ?? (family === "ipv6" ? [[0n, 1n << 128n]] : [[0, 2 ** 32]]);
}

/** The plain form, `-m tcp --dport 8080`, can be rewritten word for word. */
function replacement(rule: Rule, port: number, origin: string) {
  const text = `-A ${rule.chain} ${ruleBody(rule)}`;
  const plain = new RegExp(`-m (?:tcp|udp) --dport ${port}(?= -j)`);
  return plain.test(text)
    ? { fix: { safe: false, replacement: text.replace(plain, `${origin} ${port} --ctdir ORIGINAL`) } }
    : {};
}
