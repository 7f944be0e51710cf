/** `drift`: whether the log and the dump agree, in one screen, and as JSON. */
import type { Drift, DriftSummary, Instrumentation, Moment, Suspect } from "../drift/index.ts";
import { fields } from "../facts/index.ts";
import { timeOf } from "../trace/index.ts";
import type { Style } from "./style.ts";
import { safe } from "./text.ts";

export interface DriftReport extends DriftSummary {
  readonly file: string;
  /** Trace lines read; lines that look like one and could not be read; all others. */
  readonly lines: number;
  readonly unread: number;
  readonly foreign: number;
  /** Of all others: those that LOG rules printed and that begin as trace lines do. */
  readonly logged: number;
  /** Nothing was told of the host. */
  readonly hostless: boolean;
}

export function driftJson({ file, drifts, supposed, instrumentation, coverage, ...counts }: DriftReport): object {
  const { lines, unread, foreign, logged, packets, explained, assumed, lost, undecided } = counts;
  return {
    version: 1,
    lines,
    unread,
    foreign,
    logged,
    packets,
    explained,
    assumed,
    lost,
    undecided,
    drifts: drifts.map((drift) => {
      const { kind, count, line, packet, table, chain, expected, seen, confidence, suspects, since, until } = drift;
      return {
        kind,
        count,
        file,
        line,
        packet,
        table,
        chain,
        expected,
        seen,
        message: message(drift),
        confidence,
        suspects,
        since: since && momentJson(since),
        until: until && momentJson(until),
      };
    }),
    supposed,
    instrumentation,
    coverage,
  };
}

export function* driftPretty(report: DriftReport, style: Style): Iterable<string> {
  const { file, lines, packets, unread, foreign, logged, drifts, instrumentation, coverage } = report;
  if (drifts.length === 0) {
    yield `${style.bold(style.green("no drift"))}: the ${lines} trace lines of ${safe(file)} are what the dump predicts`;
  } else {
    const affected = drifts.reduce((sum, { count }) => sum + count, 0);
    const isSure = drifts.some(({ kind }) => kind !== "lost-or-drift");
    yield isSure
      ? `${style.bold(style.red("drift"))}: ${affected} of ${packets} packets in ${safe(file)} went another way than the dump predicts`
      : `${style.bold(style.yellow("lost lines, or drift"))}: ${affected} of ${packets} packets in ${safe(file)} lack lines that the dump predicts, and nothing says that they were lost`;
  }
  for (const drift of drifts) {
    yield "";
    yield `${style.bold(style.red(`drift[${drift.kind}]`))} ${safe(file)}:${drift.line}  ${safe(message(drift))}`;
    yield `   dump predicts  ${safe(drift.expected ?? "no further line")}`;
    yield `   log has        ${safe(drift.seen ?? "no further line")}`;
    const of =
      drift.count === 1 ? `packet ${drift.packet}` : `${drift.count} packets, the first is packet ${drift.packet}`;
    yield style.dim(
      `   seen in ${of}; ${drift.confidence === "proven" ? "nothing was assumed" : "some facts were assumed"}`,
    );
    yield* momentLines(drift, style);
    yield* suspectLines(drift, style);
  }
  yield "";
  yield packetsText(report);
  const never = coverage.neverExercised.length;
  yield `${coverage.confirmed} rules confirmed by the log, ${never} never exercised${never > 0 ? `: ${safe(shorten(coverage.neverExercised))}` : ""}`;
  if (report.supposed.length > 0)
    yield `some of these agree with the dump if more is supposed than anybody told: taken for granted were ${report.supposed.join(" and ")}`;
  if (report.hostless && (report.assumed > 0 || drifts.length > 0))
    yield style.dim("nothing was told of the host: `chainwalk capture` collects its facts, --host takes them");
  for (const each of instrumentation) yield `instrumentation, no drift: ${safe(instrumentationText(each))}`;
  if (unread > 0) yield style.yellow(`${unread} lines look like trace lines but could not be read`);
  if (foreign > 0) yield style.dim(`${foreign} other lines were passed over`);
  if (logged > 0)
    yield style.yellow(
      `${logged} of these look like trace lines, and were printed by a LOG rule: its prefix imitates TRACE`,
    );
}

function packetsText({ packets, explained, assumed, lost, undecided }: DriftReport): string {
  const parts = [`${explained} explained`, `${assumed} explained with an assumption`];
  if (lost > 0) parts.push(`${lost} lack lost lines`);
  if (undecided > 0) parts.push(`${undecided} undecided, to which more ways are open than are walked`);
  return `${packets} packets: ${parts.join(", ")}, ${packets - explained - assumed - lost - undecided} not`;
}

/** Of a log that shows more than one rule-set over time. */
function* momentLines({ since, until }: Drift, style: Style): Iterable<string> {
  if (since)
    yield `   ${style.bold("since:")}   ${momentText(since)}: those before it that would show it agree with the dump`;
  if (until)
    yield `   ${style.bold("until:")}   ${momentText(until)}: those after it that would show it agree with the dump${since ? " again" : ", which is newer"}`;
}

/** As the log's own words have it. */
const timeAt = ({ text, time }: Moment): string | null => time ?? timeOf(text);
const momentJson = (moment: Moment) => ({ packet: moment.packet, line: moment.line, time: timeAt(moment) });
function momentText(moment: Moment): string {
  const time = timeAt(moment);
  return `packet ${moment.packet}, line ${moment.line}${time === null ? "" : ` at ${safe(time)}`}`;
}

function* suspectLines({ suspects, since, until }: Drift, style: Style): Iterable<string> {
  const [best, ...others] = suspects;
  if (!best) {
    yield "   no single edit of the live rule-set explains it";
    return;
  }
  const when =
    since && until ? "for that while," : until ? "as if, since the dump was taken," : "since the dump was taken,";
  yield `   ${style.bold("suspect:")} ${when} ${safe(suspectText(best))}`;
  for (const other of others.slice(0, 4)) yield style.dim(`   or:      ${safe(suspectText(other))}`);
  if (others.length > 4) yield style.dim(`   or ${others.length - 4} more (--format json)`);
}

function suspectText({ edit, table, chain, dumpNumber, liveNumber }: Suspect): string {
  const where = `${table} ${chain}`;
  switch (edit) {
    case "inserted":
      return `a rule was inserted as ${where} rule ${liveNumber}`;
    case "deleted":
      return `${where} rule ${dumpNumber} was deleted`;
    case "moved":
      return `${where} rule ${dumpNumber} was moved to ${liveNumber}`;
    case "changed":
      return `${where} rule ${dumpNumber} was changed`;
    case "policy":
      return `the policy of ${where} was changed`;
    case "table-loaded":
      return `table ${table} was loaded`;
    default:
      return `table ${table} is not loaded any more (or was not yet, when the log was written)`;
  }
}

function message(drift: Drift): string {
  const { kind, expected, seen, field, answer, table, chain } = drift;
  if (field) return `${seen}: ${fields[field.name].says} is ${field.seen}, the dump's walk has ${field.predicted}`;
  if (answer?.is === "unexpected") return `packets that the dump drops at ${answer.by} are answered`;
  if (answer && kind === "verdict") return `${answer.by} rejects in the dump, and the log has no error or reset for it`;
  switch (kind) {
    case "table":
      return drift.suspects[0]?.edit === "table-not-loaded"
        ? `packets do not pass table ${table}, which the dump has`
        : `packets pass table ${table}, which the dump has not`;
    case "lost-or-drift":
      return `the log lacks ${expected ?? "a line"}: it was lost, or the live rule-set is another`;
    case "unknown-chain":
      return `the dump's table ${table} has no chain ${chain}`;
    case "unknown-rule":
      return `${seen} is beyond the end of the dump's chain`;
    case "verdict":
      return seen === null
        ? `the packet's lines end before ${expected}`
        : `the dump ends the packet's way before ${seen}`;
    default:
      return `${seen} where the dump predicts ${expected}`;
  }
}

const instrumentationText = ({ message: text }: Instrumentation): string => text;
const shorten = (ids: readonly string[]): string =>
  `${ids.slice(0, 6).join(", ")}${ids.length > 6 ? `, … (${ids.length - 6} more)` : ""}`;
