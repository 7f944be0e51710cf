/** Which Docker wrote a filter table, by the chains that it has. docker.md 1.1 (Docker's source at its tags). */
import type { Table } from "../../model/index.ts";
import { bind, ruleBody } from "../../model/index.ts";
import { USER_CHAIN } from "./names.ts";

export type Layout = "L0" | "L1a" | "L1b" | "L2" | "L3" | "L4" | "L5" | "L6" | "L7" | "residue";

const VERSIONS: Readonly<Record<Layout, string>> = {
  L0: "up to 1.9, or partly flushed",
  L1a: "1.10 to 17.03",
  L1b: "17.04 to 17.05",
  L2: "17.06 to 18.03.0, 18.04",
  L3: "18.03.1, 18.05 to 27.5",
  L4: "28.0.0",
  L5: "28.0.1 to 28.2.1, or later until a reboot",
  L6: "28.2.2 to 28.5",
  L7: "29.0 and later",
  residue: "not running, or 29.0 and later with its nftables backend",
};
export const versionsOf = (layout: Layout): string => VERSIONS[layout];

export function layoutOf(filter: Table): Layout | null {
  const has = (chain: string): boolean => filter.chains.has(chain);
  if (has("DOCKER-INTERNAL")) return "L7";
  if (has("DOCKER-FORWARD")) return endsInReturn(filter) ? "L5" : "L6";
  if (has("DOCKER-ISOLATION-STAGE-1"))
    return bodies(filter, "FORWARD").some((body) => body.includes("--match-set docker-ext-bridges-v")) ? "L4" : "L3";
  if (has("DOCKER-ISOLATION")) return has(USER_CHAIN) ? "L2" : jumpsBeforeEstablished(filter) ? "L1a" : "L1b";
  if (has("DOCKER")) return "L0";
  return has(USER_CHAIN) ? "residue" : null;
}

const bodies = (filter: Table, chain: string): string[] => (filter.chains.get(chain)?.rules ?? []).map(ruleBody);

function endsInReturn(filter: Table): boolean {
  const last = filter.chains.get(USER_CHAIN)?.rules.at(-1);
  return last !== undefined && bind(last).target?.name === "RETURN";
}

function jumpsBeforeEstablished(filter: Table): boolean {
  const forward = bodies(filter, "FORWARD");
  const jump = forward.findIndex((body) => /^-o \S+ -j DOCKER$/.test(body));
  const established = forward.findIndex((body) =>
    /^-o \S+ -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT$/.test(body),
  );
  return jump >= 0 && (established < 0 || jump < established);
}
