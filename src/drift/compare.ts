/** A predicted path held against the lines of a packet, in order: ids, and the fields that both tell. */
import { type Field, has, isAbsent, known, writeValues } from "../facts/index.ts";
import type { Path, Step } from "../path/index.ts";
import type { BridgeEvent, IpEvent, TraceEvent } from "../trace/index.ts";
import { isStepOf } from "./reconstruct.ts";

/** Where a path and the lines part: either may have ended. */
export interface Divergence {
  /** How many lines agree before. */
  readonly at: number;
  readonly predicted: Step | null;
  readonly seen: TraceEvent | null;
  /** The last step that agreed. */
  readonly before: Step | null;
  /** The line is the predicted one, but for this field. */
  readonly field: { readonly name: Field; readonly predicted: string; readonly seen: string } | null;
}

/** What lines and steps both tell. */
export const COMPARED: readonly Field[] = [
  "inInterface",
  "outInterface",
  "physdevIn",
  "physdevOut",
  "source",
  "destination",
  "sourcePort",
  "destinationPort",
  "ttl",
  "mark",
];

/**
 * The steps that print a line, copies of a flooded frame one after the other. `traces`: rules of the rule-set choose
 * which packets are traced, so one that none of them chose prints no IP line. `like`: lines of the log that is meant.
 */
export const printedSteps = (path: Path, traces = false, like: readonly TraceEvent[] = []): Step[] =>
  printed(stepsOf(path), like, traces);

/** Those of a flooded frame's copies too, one after the other. */
export const stepsOf = (path: Path): Step[] => [path, ...path.branches].flatMap(({ steps }) => steps);

function printed(steps: readonly Step[], like: readonly TraceEvent[], traces: boolean): Step[] {
  // lines begin where the flag is set: a TRACE rule behind others leaves those before it unprinted (semantics 1.2)
  const set = steps.findIndex((step) => step.layer === "ip" && !step.printed);
  const flag = set < 0 && traces ? steps.length : set;
  if (!isMonitored(like)) {
    // what nft traces goes to its own monitor (semantics 2)
    const isLogged = (step: Step, at: number) => step.layer === "bridge" || (step.backend === "legacy" && at > flag);
    return steps.filter((step, at) => step.printed && isLogged(step, at));
  }
  // a monitor shows the TRACE rule too, and every rule of a bridge, but no end of a user chain (semantics 2)
  const [first] = like;
  const earlier = steps.findIndex((step) => first !== undefined && isSameLine(step, first));
  const from = earlier < 0 ? flag : Math.min(earlier, flag < 0 ? 0 : flag);
  // `xtables-monitor -4` leaves the bridge's lines out
  const hasFrames = like.some(({ layer }) => layer === "bridge");
  return steps.filter(
    ({ layer, rule, kind, backend }, at) =>
      at >= from && backend === "nft" && (layer === "ip" || hasFrames) && (rule !== null || kind === "policy"),
  );
}

const isMonitored = (events: readonly TraceEvent[]): boolean => events.some(({ nft }) => nft !== undefined);
/** iptables-nft-save shows every built-in chain, also one that was never made, which prints nothing (semantics 2). */
const maySkip = ({ kind, rule, rules, action }: Step): boolean =>
  kind === "policy" && rule === null && rules.length === 0 && action === "ACCEPT";

/** Whether a way with these steps so far may yet print the lines. */
export const mayPrint = (steps: readonly Step[], events: readonly TraceEvent[], traces: boolean): boolean =>
  (part(printed(steps, events, traces), events)?.predicted ?? null) === null;

/** null: the path prints exactly these lines. */
export const compare = (path: Path, events: readonly TraceEvent[], traces = false): Divergence | null =>
  part(printedSteps(path, traces, events), events);

function part(steps: readonly Step[], events: readonly TraceEvent[]): Divergence | null {
  const skips = isMonitored(events);
  let [at, before]: [number, Step | null] = [0, null];
  for (const predicted of steps) {
    const seen = events[at] ?? null;
    if (!seen || !isSameLine(predicted, seen)) {
      if (skips && maySkip(predicted)) continue;
      return { at, predicted, seen, before, field: null };
    }
    const field = otherField(predicted, seen);
    if (field) return { at, predicted, seen, before, field };
    before = predicted;
    at++;
  }
  const seen = events[at];
  return seen ? { at, predicted: null, seen, before, field: null } : null;
}

/** Of a path that prints the lines of a monitor: the ends of chains that it passes and that have printed none. */
export function silentSteps(path: Path, events: readonly TraceEvent[]): Step[] {
  if (!isMonitored(events)) return [];
  let at = 0;
  return printedSteps(path, false, events).filter((step) => {
    const event = events[at];
    if (!event || !isSameLine(step, event)) return maySkip(step);
    at++;
    return false;
  });
}

/** The line is this step's, whatever it tells of the packet. */
export const isLineOf = (step: Step, event: TraceEvent): boolean =>
  isSameLine(step, event) && otherField(step, event) === null;

function isSameLine(step: Step, event: TraceEvent): boolean {
  if (event.nft) return step.layer === event.layer && isStepOf(step, event.nft, placeOf(event));
  return event.layer === "ip"
    ? step.layer === "ip" && step.id === event.id
    : step.layer === "bridge" && step.prefix?.trim() === event.prefix.trim();
}

function otherField({ seen: packet, layer }: Step, { values }: TraceEvent): Divergence["field"] {
  for (const name of COMPARED) {
    // ebtables lines name ports as IN and OUT and know no devices
    if (layer === "bridge" && (name === "inInterface" || name === "outInterface")) continue;
    const value = values[name];
    if (value === undefined) continue;
    const set = known(packet, name);
    const agrees =
      value === null ? set.absent : has(set.ranges, value) || (name === "mark" && value === 0 && isAbsent(set));
    if (!agrees) {
      const predicted = isAbsent(set) ? "none" : writeValues(name, set.ranges);
      return {
        name,
        predicted,
        seen:
          value === null
            ? "none"
            : writeValues(name, [
                [value, typeof value === "string" ? `${value}\0` : typeof value === "bigint" ? value + 1n : value + 1],
              ]),
      };
    }
  }
  return null;
}

/** What a line is called: TRACE's id, or for ebtables its prefix without the `TRACE:`. */
export const eventId = (event: TraceEvent): string => (event.layer === "ip" ? event.id : idOfPrefix(event.prefix));
export const idOfPrefix = (prefix: string): string => prefix.replace(/^TRACE: ?/, "").trim();
interface Place {
  readonly table: string;
  readonly chain: string;
}
/** Where a line was printed; of the bridge's tables with `eb:` before the name. */
export function tableOf(event: IpEvent | BridgeEvent): Place {
  const { table, chain } = placeOf(event);
  return { table: event.layer === "bridge" ? `eb:${table}` : table, chain };
}
function placeOf(event: IpEvent | BridgeEvent): Place & { kind: IpEvent["kind"] } {
  if (event.layer === "ip") return event;
  if (event.nft) return event.nft;
  const [, table = "", chain = ""] = /^TRACE: eb:([^:]+):(.+)$/.exec(event.prefix.trim()) ?? [];
  return { table, chain, kind: "rule" };
}
