/** A dump is a program: running its lines leaves a rule-set behind. */
import type { Backend } from "../extensions/index.ts";
import type { Host } from "../facts/index.ts";
import type { Problem } from "../finding.ts";
import { Source } from "../source.ts";
import { type Dump, parse } from "../syntax/index.ts";
import { runDump } from "./restore.ts";
import type { Rule, Ruleset, Table } from "./ruleset.ts";
import { type Call, runScript } from "./script.ts";
import { FAMILY_OF, NEWEST, Session } from "./session.ts";
import { closed } from "./tables.ts";

export interface LoadedDump {
  readonly dump: Dump;
  /** The tables that it holds, or changed. */
  readonly tables: readonly Table[];
  /** All that is loaded after it. */
  readonly ruleset: Ruleset;
  /** The rules that its lines make, in their order; a line that lists addresses makes several. */
  readonly rules: readonly Rule[];
  /** It has nothing but what a save tool writes, so it can be printed line by line. */
  readonly isSaved: boolean;
  readonly problems: readonly Problem[];
}

/** The tool that is told to read a text: its family and backend hold, whatever the text looks like. */
export type Tool = Pick<Session, "family" | "saver">;

/** Runs a dump or a list of commands: from nothing, or on what is loaded already. */
export function loadDump(dump: Dump, host: Host, start: Ruleset | null = null, tool: Tool | null = null): LoadedDump {
  const session = new Session(dump, host, start);
  const isScript = dump.dialect === "commands";
  if (isScript) for (const problem of runScript(dump, (call) => runCall(session, call))) session.problems.push(problem);
  const isSaved = !isScript && runDump(session, tool);
  const { program, touched, rules, problems } = session;
  const tables = program.tables.map((table) => [table, closed(table)] as const);
  return {
    dump,
    tables: tables.flatMap(([open, table]) => (touched.has(open) ? [table] : [])),
    ruleset: { tables: tables.map(([, table]) => table) },
    rules,
    isSaved,
    problems,
  };
}

/** All dumps of one host together. A table that two of them hold stands twice: callers refuse that (`clash`). */
export const toRuleset = (dumps: readonly LoadedDump[]): Ruleset => ({ tables: dumps.flatMap(({ tables }) => tables) });

/** Two tables of the same family, backend and name: not one host. */
export function clash({ tables }: Ruleset): readonly [Table, Table] | null {
  const seen = new Map<string, Table>();
  for (const table of tables) {
    const key = `${table.family} ${table.backend} ${table.name}`;
    const other = seen.get(key);
    if (other) return [other, table];
    seen.set(key, table);
  }
  return null;
}

/** One command of a list; null: what it answers is not known here. */
function runCall(session: Session, call: Call): boolean | null {
  const { program } = session;
  const place = session.placeOf(call);
  const [, family = "", backend, restore] = /^(ip6?|eb|arp)tables(?:-(legacy|nft))?(-restore)?$/.exec(call.tool) ?? [];
  session.family = FAMILY_OF[family] ?? "ipv4";
  session.saver = { ...NEWEST, backend: (backend as Backend | undefined) ?? session.backendFor(session.family) };
  if (restore) return runRestore(session, call);
  const command = session.read(call.words);
  if (!command) return null;
  if (command.only !== null && command.only !== session.family) {
    const wanted = command.only === "ipv6" ? "ip6tables" : "iptables";
    session.refuse(place, `not applied: ${call.tool} takes no -${command.only === "ipv6" ? 6 : 4}`, {
      help: `${wanted} is the tool for that family`,
    });
    return false;
  }
  const key = { family: session.family, backend: session.saver.backend, name: command.table?.text ?? "filter" };
  // without a rule-set to stand on, nobody knows what others have made
  if (!program.strict && (command.verb === "list" || command.verb === "check") && !program.find(key)) return null;
  const run = () => {
    const table = program.open(key, command.table);
    session.touched.add(table);
    session.run(command, table, place, onOneLine(session.dump.source.text(call.start, call.end)), null);
  };
  return session.attempt(place, run, call.mayFail || command.verb === "check" || command.verb === "list");
}

const isName = ({ text }: { readonly text: string }): boolean => !text.startsWith("-") && text !== "<";

/** A command that goes on in the next line, as one is shown. */
const onOneLine = (text: string): string => text.replace(/[ \t]*\\\r?\n[ \t]*/g, " ");

/** `iptables-restore <<EOF`: the text is a dump of its own, in its place. */
function runRestore(session: Session, { input, words, start, end }: Call): boolean | null {
  const { program, dump, host, family, saver } = session;
  if (!input) {
    const place = session.placeOf({ start, end });
    const file =
      /<[ \t]*([^<\s][^\s]*)/.exec(session.dump.source.text(start, end))?.[1] ?? words.findLast(isName)?.text;
    session.refuse(place, "not applied: it reads a file that is not looked at here", {
      help: `give that file to chainwalk itself: --apply ${file ?? "FILE"}`,
    });
    return null;
  }
  const { name, bytes } = dump.source;
  // on the same lines, so that places point into the script
  const blank = bytes.slice(0, input.from).replace(/[^\n]/g, " ");
  const inner = parse(new Source(name, blank + input.text));
  const keeps = words.some(({ text }) => text === "-n" || text === "--noflush");
  const loaded = loadDump(inner, host, keeps ? { tables: program.tables.map(closed) } : null, { family, saver });
  for (const table of loaded.tables) {
    const open = program.begin({ name: table.name, family, backend: saver.backend }, table.place);
    for (const [chain, { rules, ...rest }] of table.chains) open.chains.set(chain, { ...rest, rules: [...rules] });
    session.touched.add(open);
  }
  for (const problem of loaded.problems) session.problems.push(problem);
  for (const rule of loaded.rules) session.rules.push(rule);
  return loaded.problems.length === 0;
}
