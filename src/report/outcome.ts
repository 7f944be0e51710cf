/** How a packet, or each copy of it, ended: verdict and where it went, in words. */
import { type Field, fields, isAbsent, meet, type Packet, type ValueSet, writeValues } from "../facts/index.ts";
import type { Path, Verdict } from "../path/index.ts";
import { named } from "./packet-words.ts";
import type { Style } from "./style.ts";
import { safe } from "./text.ts";

const COLOUR: Readonly<Partial<Record<Verdict, keyof Style>>> = {
  ACCEPT: "green",
  DROP: "red",
  REJECT: "red",
  LOST: "red",
};
const colour = (verdict: Verdict, style: Style): string => style.bold(style[COLOUR[verdict] ?? "yellow"](verdict));

/** Copies of a flooded frame may end in different ways: then each of them is said. */
const verdicts = ({ verdict, branches }: Path): Verdict[] => [
  ...new Set([verdict, ...branches.map((copy) => copy.verdict)]),
];
export const painted = (path: Path, style: Style): string =>
  verdicts(path)
    .map((each) => colour(each, style))
    .join(" and ");

/** The step that decided; of a packet that was taken away, or is not followed, where that happened. */
export const decider = ({ decidedBy, verdict, lost, steps }: Path): string | null =>
  decidedBy ?? (verdict === "ACCEPT" || lost ? null : (steps.at(-1)?.id ?? null));

/** `3 ACCEPT, 1 DROP` */
export function counted(paths: readonly Path[], style: Style): string[] {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(painted(path, style), (counts.get(painted(path, style)) ?? 0) + 1);
  return [...counts].map(([verdict, count]) => `${count} ${verdict}`);
}

/** What became of it; `before` is the packet as it was described. */
export function whereTo(path: Path, before: Packet): string {
  if (path.branches.length === 0) return `${ended(path)}${rewritten(path, before)}${answered(path)}`;
  const alike = verdicts(path).length === 1;
  const copies = [path, ...path.branches].map((copy) => `${alike ? "" : `${copy.verdict} `}${copyEnded(copy)}`);
  return `${copies.length} copies of the frame: ${copies.join("; ")}`;
}

/** What the host sends because of it. */
function answered({ generated }: Path): string {
  const answers = generated.map(
    (each) => `${answer(each)}${each.verdict === "ACCEPT" ? "" : `, which ends in ${each.verdict}`}`,
  );
  return answers.length === 0 ? "" : `, answered with ${[...new Set(answers)].join(" or ")}`;
}

/** An answer as it is made: `icmp 3/13`; what tcp answers is a reset. */
function answer({ steps, packet }: Path): string {
  const { protocol, icmpType } = (steps[0]?.seen ?? packet).fields;
  const name = protocol ? writeValues("protocol", protocol.ranges) : "a packet";
  if (name === "tcp") return "a tcp reset";
  if (!icmpType || icmpType.absent) return name;
  const type = writeValues("icmpType", icmpType.ranges);
  const says = (name === "icmp" ? ICMP : ICMP6)[type];
  return `${name} ${type}${says ? ` (${says})` : ""}`;
}
/** Errors that the host sends, as RFC 792, 1122, 1812 and 4443 name them. */
const ICMP: Readonly<Record<string, string>> = {
  "3/0": "network unreachable",
  "3/1": "host unreachable",
  "3/2": "protocol unreachable",
  "3/3": "port unreachable",
  "3/4": "fragmentation needed",
  "3/9": "network prohibited",
  "3/10": "host prohibited",
  "3/13": "administratively prohibited",
  "11/0": "time exceeded",
};
const ICMP6: Readonly<Record<string, string>> = {
  "1/0": "no route",
  "1/1": "administratively prohibited",
  "1/3": "address unreachable",
  "1/4": "port unreachable",
  "1/5": "policy failed",
  "1/6": "route rejected",
  "2/0": "packet too big",
  "3/0": "time exceeded",
};
/** Whom, with what, and as whom. */
export function addressed(path: Path): string {
  const first = path.steps[0]?.seen ?? path.packet;
  const of = (field: "source" | "destination") => named(first, field) ?? "(not known)";
  return `${of("destination")} with ${answer(path)} from ${of("source")}`;
}

/** Where a packet ended. */
export const ended = (path: Path): string => endedAs(path, path.packet);
/** Where a copy ended: what is known of the packet at the end is about the last of them. */
export const copyEnded = (copy: Path): string => endedAs(copy, copy.steps.at(-1)?.seen ?? copy.packet);

function endedAs({ verdict, lost, steps }: Path, packet: Packet): string {
  const last = steps.at(-1);
  const begun = isAbsent(packet.fields.inInterface) ? "it was made" : "it came in";
  if (lost) return `after ${safe(lost.after ?? begun)}: ${safe(lost.reason)}`;
  if (verdict !== "ACCEPT") {
    if (!last) return "";
    const [into, out] = [named(last.seen, "inInterface"), named(last.seen, "outInterface")];
    const way = into && out ? `, on its way from ${into} to ${out}` : into ? `, coming from ${into}` : "";
    return `in ${last.layer === "bridge" ? "the bridge's " : ""}${last.hook}${way}`;
  }
  if (last?.hook === "INPUT" || isAbsent(packet.fields.outInterface)) return "delivered to this host";
  const [out, port] = [named(packet, "outInterface"), named(packet, "physdevOut")];
  const by = [out, port === undefined || port === out ? undefined : `port ${port}`].filter(
    (each) => each !== undefined,
  );
  return by.length === 0 ? "it leaves this host" : `it leaves by ${by.join(", ")}`;
}

const TRANSLATED = ["source", "sourcePort", "destination", "destinationPort"] as const satisfies readonly Field[];
/** What NAT made of its addresses, however silently: the last line need not show it. */
function rewritten({ packet, steps, verdict }: Path, before: Packet): string {
  if (verdict !== "ACCEPT") return "";
  const parts = TRANSLATED.filter(
    (field) =>
      steps.some(({ changes }) => changes.some((change) => change.field === field)) ||
      apart(before.fields[field], packet.fields[field]),
  ).flatMap((field) => {
    const set = packet.fields[field];
    return set && !set.absent ? [`${fields[field].says} ${writeValues(field, set.ranges)}`] : [];
  });
  return parts.length === 0 ? "" : `, with ${parts.join(", ")}`;
}
/** Narrowed by an assumption is not changed: then the old values still hold the new ones. */
const apart = (a: ValueSet | undefined, b: ValueSet | undefined): boolean =>
  !!a && !!b && a.ranges.length > 0 && b.ranges.length > 0 && meet(a.ranges, b.ranges).length === 0;
