/**
 * Hook order as data: which tables a packet meets at each hook, in kernel priority order, and which hooks each
 * part of its way has. Read by the walk; packet sets are to read the same rows. Semantics 4.1 and 4.4.
 */
import type { Backend } from "../extensions/index.ts";

export type Layer = "ip" | "bridge";
export type Hook = "BROUTING" | "PREROUTING" | "INPUT" | "FORWARD" | "OUTPUT" | "POSTROUTING";

/** One thing that happens to a packet on its way. */
export type Stop =
  /** All that is registered at a hook; `only` makes it depend on whether IP tables see bridged frames. */
  | { readonly at: "hook"; readonly layer: Layer; readonly hook: Hook; readonly only?: "brnf" | "no brnf" }
  | {
      readonly at: "table";
      readonly layer: Layer;
      readonly hook: Hook;
      readonly table: string;
      readonly backend?: Backend;
    }
  | { readonly at: "conntrack" }
  | { readonly at: "nat"; readonly hook: Hook; readonly manip: "source" | "destination" }
  /** The next copy of a flooded frame begins: through this port, or (null) up to the host. */
  | { readonly at: "copy"; readonly port: string | null }
  | { readonly at: Deed | Decision };
/** What is done to it within a hook. */
type Deed = "defragment" | "note route" | "reroute" | "reroute translated";
/** What is decided between hooks. */
type Decision =
  | "bridge decision"
  | "assemble"
  | "untag"
  | "route"
  | "route out"
  | "routed"
  | "forward"
  | "leave"
  | "loop"
  | "end";

type Within =
  | { readonly table: string; readonly backend?: Backend }
  | { readonly conntrack: true }
  | { readonly nat: "source" | "destination" }
  | { readonly step: Deed };
const tables = (...names: readonly string[]): readonly Within[] => names.map((table) => ({ table }));

/**
 * net/netfilter priorities: raw -300, conntrack -200, mangle -150, nat -100 / +100, filter 0, security 50; of
 * iptables-nft security 150 (iptables/nft.c; recording t05b, nft-list-ruleset).
 */
const IP_HOOKS: Readonly<Partial<Record<Hook, readonly Within[]>>> = {
  PREROUTING: [
    { step: "defragment" },
    ...tables("raw"),
    { conntrack: true },
    ...tables("mangle"),
    { nat: "destination" },
  ],
  INPUT: [
    ...tables("mangle", "filter"),
    { table: "security", backend: "legacy" },
    { nat: "source" },
    { table: "security", backend: "nft" },
  ],
  FORWARD: tables("mangle", "filter", "security"),
  OUTPUT: [
    { step: "defragment" },
    ...tables("raw"),
    { conntrack: true },
    { step: "note route" },
    ...tables("mangle"),
    { step: "reroute" },
    { step: "note route" },
    { nat: "destination" },
    { step: "reroute translated" },
    ...tables("filter", "security"),
  ],
  POSTROUTING: [...tables("mangle"), { nat: "source" }],
};

/** Legacy: nat before filter in OUTPUT; ebtables-nft 1.8.9: filter -200 before nat 100 (semantics 3, recordings s03 and uml61/s03). */
const BRIDGE_HOOKS: Readonly<Record<Backend, Readonly<Record<Hook, readonly string[]>>>> = {
  legacy: {
    BROUTING: ["broute"],
    PREROUTING: ["nat"],
    INPUT: ["filter"],
    FORWARD: ["filter"],
    OUTPUT: ["nat", "filter"],
    POSTROUTING: ["nat"],
  },
  nft: {
    BROUTING: ["broute"],
    PREROUTING: ["nat"],
    INPUT: ["filter"],
    FORWARD: ["filter"],
    OUTPUT: ["filter", "nat"],
    POSTROUTING: ["nat"],
  },
};

export function stopsAt(layer: Layer, hook: Hook, ebtables: Backend): readonly Stop[] {
  if (layer === "bridge") return BRIDGE_HOOKS[ebtables][hook].map((table) => ({ at: "table", layer, hook, table }));
  return (IP_HOOKS[hook] ?? []).map((each): Stop => {
    if ("table" in each) return { at: "table", layer, hook, ...each };
    if ("step" in each) return { at: each.step };
    return "nat" in each ? { at: "nat", hook, manip: each.nat } : { at: "conntrack" };
  });
}

const ip = (hook: Hook, only?: "brnf" | "no brnf"): Stop => ({
  at: "hook",
  layer: "ip",
  hook,
  ...(only ? { only } : {}),
});
const bridge = (hook: Hook): Stop => ({ at: "hook", layer: "bridge", hook });
const decide = (at: Decision): Stop => ({ at });

/** The parts of a way; each ends in a decision that says which part is next. Letters: semantics 4.4. */
export const PARTS = {
  /** A frame comes in by a bridge port (A, D, E, I). */
  frameIn: [bridge("BROUTING"), bridge("PREROUTING"), ip("PREROUTING", "brnf"), decide("bridge decision")],
  /** It goes on to another port of the bridge (A, B). */
  bridged: [bridge("FORWARD"), ip("FORWARD", "brnf"), bridge("POSTROUTING"), ip("POSTROUTING", "brnf"), decide("end")],
  /** It goes up to the host's IP layer (D, E): with br_netfilter IP PREROUTING has been, and is not repeated. */
  up: [bridge("INPUT"), decide("untag"), ip("PREROUTING", "no brnf"), decide("route")],
  /** A packet comes in by a device that is no bridge (F, M). */
  packetIn: [ip("PREROUTING"), decide("route")],
  toHost: [decide("assemble"), ip("INPUT"), decide("end")],
  forwarded: [decide("forward"), ip("FORWARD"), ip("POSTROUTING"), decide("leave")],
  /** As `forwarded`, from its own hooks on. */
  atForward: [ip("FORWARD"), ip("POSTROUTING"), decide("leave")],
  atPostrouting: [ip("POSTROUTING"), decide("leave")],
  /** From a process of this host (C, J). */
  fromHost: [decide("route out"), ip("OUTPUT"), decide("routed"), ip("POSTROUTING"), decide("leave")],
  /** Out by a bridge: each copy of the frame meets these by itself (C, F). */
  outByBridge: [bridge("OUTPUT"), bridge("POSTROUTING"), decide("end")],
  /** Loopback: conntrack and nat are not asked again (L). */
  looped: [decide("loop"), ip("PREROUTING"), ip("INPUT"), decide("end")],
} as const satisfies Record<string, readonly Stop[]>;
export type Part = keyof typeof PARTS;

/** `--hook`: where a walk starts in the middle. */
export const STARTS: Readonly<Partial<Record<Hook, Part>>> = {
  PREROUTING: "packetIn",
  INPUT: "toHost",
  FORWARD: "atForward",
  OUTPUT: "fromHost",
  POSTROUTING: "atPostrouting",
};
