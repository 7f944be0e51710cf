/** Names that Docker gives: chains and bridges. */
import { exactly, minus, prefix, type Ranges, topName, unite } from "../../facts/index.ts";

/** The chain that Docker leaves to its users. */
export const USER_CHAIN = "DOCKER-USER";
/** All chains that some version of Docker has written, in any table. */
export const OWN_CHAINS: ReadonlySet<string> = new Set([
  "DOCKER",
  "DOCKER-BRIDGE",
  "DOCKER-CT",
  "DOCKER-FORWARD",
  "DOCKER-INGRESS",
  "DOCKER-INTERNAL",
  "DOCKER-ISOLATION",
  "DOCKER-ISOLATION-STAGE-1",
  "DOCKER-ISOLATION-STAGE-2",
  "DOCKER-OVERLAY",
  "DOCKER_OUTPUT",
  "DOCKER_POSTROUTING",
]);

/** Bridges that dockerd names itself, and the patterns that people write for all of them. */
export const isDockerName = (name: string): boolean =>
  /^(docker0|docker_gwbridge|br-[0-9a-f]{12}|docker\+|br-?\+)$/.test(name);

/**
 * Interface names in two halves: those that lead to containers, and the others. `docker…` and `br-…` count as
 * Docker's, save for what the rules name and is not (`br-lan`): a dump does not list the host's interfaces.
 */
export function interfaceHalves(
  bridges: readonly string[],
  named: Iterable<string>,
): { inside: Ranges; outside: Ranges } {
  const others = [...named].filter((name) => !name.endsWith("+") && !isDockerName(name) && !bridges.includes(name));
  const inside = minus(unite([prefix("docker"), prefix("br-"), ...exactly(...bridges)]), exactly(...others));
  return { inside, outside: minus([["", topName]], inside) };
}

/** A chain that Docker makes, the one for its users included: it may stand empty or unused. */
export const isOwnChain = (name: string): boolean => name === USER_CHAIN || OWN_CHAINS.has(name);
