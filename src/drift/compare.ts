/** A predicted path held against the lines of a packet, in order: ids, and the fields that both tell. */
import { type Field, has, isAbsent, known, writeValues } from "../facts/index.ts";
import type { Path, Step } from "../path/index.ts";
import type { BridgeEvent, IpEvent, TraceEvent } from "../trace/index.ts";

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

const COMPARED: readonly Field[] = [
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
 * which packets are traced, so one that none of them chose prints no IP line.
 */
export const printedSteps = (path: Path, traces = false): Step[] =>
  printed(
    [path, ...path.branches].flatMap((each) => each.steps),
    traces,
  );

function printed(steps: readonly Step[], traces: boolean): Step[] {
  // lines begin where the flag is set: a TRACE rule behind others leaves those before it unprinted (semantics 1.2)
  const set = steps.findIndex((step) => step.layer === "ip" && !step.printed);
  const flag = set < 0 && traces ? steps.length : set;
  // what nft traces goes to its own monitor (semantics 2)
  const isLogged = (step: Step, at: number) => step.layer === "bridge" || (step.backend === "legacy" && at > flag);
  return steps.filter((step, at) => step.printed && isLogged(step, at));
}

/** Whether a way with these steps so far may yet print the lines. */
export const mayPrint = (steps: readonly Step[], events: readonly TraceEvent[], traces: boolean): boolean =>
  printed(steps, traces).every((step, at) => {
    const event = events[at];
    return event !== undefined && isSameLine(step, event) && otherField(step, event) === null;
  });

/** null: the path prints exactly these lines. */
export function compare(path: Path, events: readonly TraceEvent[], traces = false): Divergence | null {
  const steps = printedSteps(path, traces);
  for (let at = 0; at < Math.max(steps.length, events.length); at++) {
    const [predicted, seen, before] = [steps[at] ?? null, events[at] ?? null, steps[at - 1] ?? null];
    if (!predicted || !seen || !isSameLine(predicted, seen)) return { at, predicted, seen, before, field: null };
    const field = otherField(predicted, seen);
    if (field) return { at, predicted, seen, before, field };
  }
  return null;
}

function isSameLine(step: Step, event: TraceEvent): boolean {
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
export const eventId = (event: TraceEvent): string =>
  event.layer === "ip" ? event.id : event.prefix.replace(/^TRACE: ?/, "").trim();
export const tableOf = (event: IpEvent | BridgeEvent): { table: string; chain: string } => {
  if (event.layer === "ip") return { table: event.table, chain: event.chain };
  const [, table = "", chain = ""] = /^TRACE: eb:([^:]+):(.+)$/.exec(event.prefix.trim()) ?? [];
  return { table: `eb:${table}`, chain };
};
