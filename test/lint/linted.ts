/** Text to findings, for the tests of this room. */
import { Host } from "../../src/facts/index.ts";
import { type LintFinding, type LintResult, lint } from "../../src/lint/index.ts";
import { loadDump } from "../../src/model/index.ts";
import { encode, Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";

export function linted(text: string, preset = "strict", host = new Host()): LintResult {
  const dump = loadDump(parse(new Source("a.save", encode(text))), host);
  return lint({ dumps: [dump], host, ruleset: dump.ruleset }, { preset });
}

/** `line message` of one lint rule's findings. */
export const found = (rule: string, text: string): string[] =>
  linted(text)
    .findings.filter((finding) => finding.rule === rule)
    .map((finding) => `${lineOf(finding)} ${finding.message}`);
export const lineOf = ({ place }: LintFinding): number => place.source.lineAt(place.start);

interface Docker {
  readonly user: readonly string[];
  /** `host port:container address:container port` */
  readonly publish?: readonly string[];
  /** Rules of FORWARD before the jump to DOCKER-USER. */
  readonly before?: readonly string[];
  readonly chains?: readonly string[];
  readonly bridge?: string;
}
/** A host with one Docker network and its user's rules: what the findings in `user` say is counted from 1 there. */
export function docker({ user, publish = [], before = [], chains = [], bridge = "docker0" }: Docker): string {
  const ports = publish.map((each) => each.split(":"));
  return `${[
    "*filter",
    ":INPUT ACCEPT [0:0]",
    ":FORWARD DROP [0:0]",
    ":OUTPUT ACCEPT [0:0]",
    ":DOCKER - [0:0]",
    ":DOCKER-USER - [0:0]",
    ...chains.map((chain) => `:${chain} - [0:0]`),
    ...user,
    ...before,
    "-A FORWARD -j DOCKER-USER",
    `-A FORWARD -o ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    `-A FORWARD -o ${bridge} -j DOCKER`,
    `-A FORWARD -i ${bridge} ! -o ${bridge} -j ACCEPT`,
    ...ports.map(
      ([, ip, port]) => `-A DOCKER -d ${ip}/32 ! -i ${bridge} -o ${bridge} -p tcp -m tcp --dport ${port} -j ACCEPT`,
    ),
    "COMMIT",
    "*nat",
    ":PREROUTING ACCEPT [0:0]",
    ":POSTROUTING ACCEPT [0:0]",
    ":DOCKER - [0:0]",
    "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
    `-A POSTROUTING -s 172.17.0.0/16 ! -o ${bridge} -j MASQUERADE`,
    ...ports.map(
      ([host, ip, port]) =>
        `-A DOCKER ! -i ${bridge} -p tcp -m tcp --dport ${host} -j DNAT --to-destination ${ip}:${port}`,
    ),
    "COMMIT",
  ].join("\n")}\n`;
}
/** Messages about the user's rules, by their position in `user` (chains are declared before them). */
export function inUser(rule: string, given: Docker): string[] {
  const first = 6 + (given.chains?.length ?? 0);
  return found(rule, docker(given)).map((each) => each.replace(/^\d+/, (line) => String(Number(line) - first)));
}
