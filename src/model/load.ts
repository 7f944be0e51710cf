/** A dump is a program: running its lines leaves a rule-set behind. */
import type { Backend, Saver } from "../extensions/index.ts";
import type { Family, Host } from "../facts/index.ts";
import type { Place, Problem } from "../finding.ts";
import { Source } from "../source.ts";
import { type CommandLine, type Dump, familyHint, parse, type RuleLine, type Word } from "../syntax/index.ts";
import { bind } from "./bind.ts";
import { type Command, NoCommand, readCommand } from "./command.ts";
import { expandLists, type Words } from "./make.ts";
import { closed, type OpenTable, Program, Refused } from "./program.ts";
import { type Rule, type Ruleset, type Table, tableNames } from "./ruleset.ts";
import { type Call, runScript } from "./script.ts";

export interface LoadedDump {
  readonly dump: Dump;
  /** The tables that it holds, or changed. */
  readonly tables: readonly Table[];
  /** All that is loaded after it. */
  readonly ruleset: Ruleset;
  /** The rules that a line makes, by the line's offset: more than one where it lists addresses. */
  readonly rulesOfLine: ReadonlyMap<number, readonly Rule[]>;
  /** It has nothing but what a save tool writes, so it can be printed line by line. */
  readonly isSaved: boolean;
  readonly problems: readonly Problem[];
}

/** What is taken for text without a header. */
const NEWEST: Saver = { backend: "legacy", release: 10811 };

/** Runs a dump or a list of commands: from nothing, or on what is loaded already. */
export function loadDump(dump: Dump, host: Host, start: Ruleset | null = null): LoadedDump {
  return new Loader(dump, host, start).load();
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

class Loader {
  readonly #dump: Dump;
  readonly #host: Host;
  readonly #program: Program;
  readonly #problems: Problem[];
  readonly #rulesOfLine = new Map<number, readonly Rule[]>();
  readonly #touched = new Set<OpenTable>();
  #isSaved = true;
  #family: Family;
  #saver: Saver;
  #table: OpenTable | null = null;
  /** Where the section began that no COMMIT has ended. */
  #open: Place | null = null;
  #committed = false;
  /** The chains whose policies a listing (`iptables -S`) has shown: they tell which table it is of. */
  #listed: Set<string> | null = null;

  constructor(dump: Dump, host: Host, start: Ruleset | null) {
    this.#dump = dump;
    this.#host = host;
    this.#program = new Program(start);
    this.#problems = [...dump.problems];
    this.#family = dump.dialect === "ebtables" ? "bridge" : (familyHint(dump) ?? "ipv4");
    this.#saver = { ...NEWEST, backend: this.#backendFor(this.#family) };
  }

  load(): LoadedDump {
    if (this.#dump.dialect === "commands") {
      this.#isSaved = false;
      this.#problems.push(...runScript(this.#dump, (call) => this.#call(call)));
    } else this.#lines();
    const tables = this.#program.tables;
    return {
      dump: this.#dump,
      tables: tables.filter((table) => this.#touched.has(table)).map(closed),
      ruleset: { tables: tables.map(closed) },
      rulesOfLine: this.#rulesOfLine,
      isSaved: this.#isSaved,
      problems: this.#problems,
    };
  }

  #lines(): void {
    const dump = this.#dump;
    for (let at = 0; at < dump.lineCount; at++) {
      const line = dump.line(at);
      const place = { source: dump.source, start: line.start, end: line.end };
      if (line.kind === "comment") this.#header(line.text);
      else if (line.kind === "table") this.#section(line.name, at, place);
      else if (line.kind === "commit") this.#commit();
      else if (line.kind === "rule") this.#append(line, place);
      else if (line.kind === "command") this.#restoreCommand(line, place);
      else if (line.kind === "chain") {
        const policy = line.policy && line.policy.text !== "-" ? line.policy.text : null;
        this.#program.declare(this.#current(place), line.name, policy, place);
      }
    }
    this.#uncommitted();
  }

  #commit(): void {
    this.#open = null;
    this.#committed = true;
  }

  /** A section without COMMIT; ebtables and arptables write none. */
  #uncommitted(): void {
    if (this.#open && (this.#family === "ipv4" || this.#family === "ipv6")) {
      const data = { table: this.#table?.name ?? "" };
      this.#problems.push({ rule: "syntax-error", message: "uncommitted", data, place: this.#open });
    }
    this.#open = null;
  }

  #header(comment: string): void {
    const [, tool = "", major, minor, patch] = /^# Generated by (\S+) v(\d+)\.(\d+)(?:\.(\d+))?/.exec(comment) ?? [];
    const told = /^(ip6?|eb|arp)tables/.exec(tool)?.[1];
    if (major === undefined || told === undefined) return;
    this.#saver = {
      backend: /nf_tables|-nft-save/.test(comment) ? "nft" : "legacy",
      release: Number(major) * 10000 + Number(minor) * 100 + Number(patch ?? 0),
    };
    if (this.#dump.dialect === "iptables") this.#family = FAMILY_OF[told] ?? this.#family;
  }

  #section(name: Word, at: number, place: Place): void {
    this.#uncommitted();
    this.#open = place;
    this.#committed = false;
    // files for both families at once: the second table of a name tells by its own rules
    const key = () => ({ family: this.#family, backend: this.#saver.backend, name: name.text });
    const again = this.#program.find(key());
    if (again && this.#touched.has(again)) {
      const hint = familyHint(this.#dump, at, this.#endOfSection(at));
      if (hint !== null && hint !== this.#family) this.#family = hint;
    }
    const there = this.#program.find(key());
    if (there && !this.#program.strict && this.#touched.has(there)) this.#repeated(there, place);
    // with a rule-set to begin with, the file is one for iptables-restore --noflush
    this.#table = this.#program.strict ? this.#program.open(key(), name) : this.#program.begin(key(), place);
    this.#touched.add(this.#table);
    if (tableNames(this.#family).includes(name.text)) return;
    this.#expected(place, `a table of this family: ${tableNames(this.#family).join(", ")}`, name.text);
  }

  #repeated(there: OpenTable, place: Place): void {
    const count = [...there.chains.values()].reduce((sum, { rules }) => sum + rules.length, 0);
    this.#touched.delete(there);
    if (count === 0) return;
    const first = there.place;
    this.#problems.push({
      rule: "syntax-error",
      message: "repeated",
      data: { table: there.name, rules: `${count} rule${count === 1 ? "" : "s"}` },
      place,
      ...(first ? { related: [{ place: first, message: "its first section" }] } : {}),
    });
  }

  #endOfSection(at: number): number {
    for (let i = at + 1; i < this.#dump.lineCount; i++) {
      const { kind } = this.#dump.line(i);
      if (kind === "table" || kind === "commit") return i;
    }
    return this.#dump.lineCount;
  }

  /** Rules outside any table: the commands' own default, filter. */
  #current(place: Place): OpenTable {
    if (this.#committed) this.#expected(place, "a table (*filter) first", "a line after COMMIT");
    this.#committed = false;
    if (this.#table) return this.#table;
    if (!this.#program.strict && !this.#listed)
      this.#expected(place, "a table (*filter) first", "a line outside any table");
    return this.#use("filter", null);
  }

  #use(name: string, word: Word | null): OpenTable {
    const key = { family: this.#family, backend: this.#saver.backend, name };
    const listing = this.#listed && !this.#program.strict;
    const table = listing ? (this.#program.find(key) ?? this.#program.begin(key, null)) : this.#program.open(key, word);
    this.#touched.add(table);
    this.#table = table;
    return table;
  }

  #append(line: RuleLine, place: Place): void {
    const only = /[ \t](?:-([46])|--ipv([46]))(?=[ \t]|$)/.exec(line.text);
    if (only && (only[1] ?? only[2]) !== (this.#family === "ipv6" ? "6" : "4")) return;
    const table = this.#current(place);
    const made = this.#make(() => line.words, line.chain, table, place, line.text, line.counters?.text ?? null);
    this.#rulesOfLine.set(line.start, made);
    this.#attempt(place, () => this.#program.append(table, line.chain, this.#sound(made)));
  }

  #restoreCommand(line: CommandLine, place: Place): void {
    this.#isSaved = false;
    const command = this.#read(line.words, place);
    if (!command) return;
    if (command.only !== null && command.only !== this.#family) return;
    if (command.table) {
      this.#expected(wordPlace(place, command.table), "no -t: the table is the section's", command.table.text);
      return;
    }
    if (command.verb === "policy" && !this.#table) this.#listing(command);
    const counters = line.counters?.text ?? null;
    this.#attempt(place, () => this.#do(command, this.#current(place), place, line.text, counters));
  }

  /** `iptables -S` shows a table without its name: the built-in chains that have a policy tell it. */
  #listing(command: Command): void {
    if (this.#program.strict) return;
    this.#listed = new Set();
    for (const line of this.#dump.lines()) {
      if (line.kind !== "command") continue;
      const [verb, chain] = line.words;
      if (verb?.text === "-P" && chain) this.#listed.add(chain.text);
    }
    const has = (name: string) => this.#listed?.has(name);
    const name =
      !has("PREROUTING") && !has("POSTROUTING")
        ? "filter"
        : has("FORWARD")
          ? "mangle"
          : has("POSTROUTING")
            ? "nat"
            : "raw";
    this.#use(name, command.word);
  }

  #call(call: Call): boolean | null {
    const place = { source: this.#dump.source, start: call.start, end: call.end };
    const [, family = "", backend, restore] =
      /^(ip6?|eb|arp)tables(?:-(legacy|nft))?(-restore)?$/.exec(call.tool) ?? [];
    this.#family = FAMILY_OF[family] ?? "ipv4";
    this.#saver = { ...NEWEST, backend: (backend as Backend | undefined) ?? this.#backendFor(this.#family) };
    if (restore) return this.#restore(call, place);
    const command = this.#read(call.words, place);
    if (!command || (command.only !== null && command.only !== this.#family)) return null;
    const text = this.#dump.source.text(call.start, call.end);
    const run = () => this.#do(command, this.#use(command.table?.text ?? "filter", command.table), place, text, null);
    return this.#attempt(place, run, call.mayFail || command.verb === "check");
  }

  /** `iptables-restore <<EOF`: the text is a dump of its own, in its place. */
  #restore({ input, words }: Call, place: Place): boolean | null {
    if (!input) {
      this.#refuse(place, "not applied: it reads a file that is not looked at here; give that file to --apply");
      return null;
    }
    const { name, bytes } = this.#dump.source;
    const [from, to] = input;
    const blank = bytes.slice(0, from).replace(/[^\n]/g, " ");
    const inner = parse(new Source(name, blank + bytes.slice(from, to).replace(/[^\n]*$/, "")));
    const keeps = words.some(({ text }) => text === "-n" || text === "--noflush");
    const loaded = loadDump(inner, this.#host, keeps ? { tables: this.#program.tables.map(closed) } : null);
    for (const table of loaded.tables) {
      const key = { ...table, family: this.#family, backend: this.#saver.backend };
      const open = this.#program.begin(key, table.place);
      for (const [chain, { rules, ...rest }] of table.chains) open.chains.set(chain, { ...rest, rules: [...rules] });
      this.#touched.add(open);
    }
    this.#problems.push(...loaded.problems);
    for (const [at, rules] of loaded.rulesOfLine) this.#rulesOfLine.set(at, rules);
    return loaded.problems.length === 0;
  }

  #read(words: readonly Word[], place: Place): Command | null {
    const [first] = words;
    if (!first) return null;
    try {
      return readCommand(words);
    } catch (error) {
      if (!(error instanceof NoCommand)) throw error;
      this.#expected(wordPlace(place, error.word), error.expected, error.found);
      return null;
    }
  }

  #do(command: Command, table: OpenTable, place: Place, text: string, counters: string | null): void {
    const { verb, chain, number, operand } = command;
    const program = this.#program;
    if (verb === "flush") program.flush(table, chain);
    else if (verb === "zero") program.zero(table, chain, number);
    else if (verb === "delete-chain") program.deleteChain(table, chain);
    else if (verb === "new-chain" && chain) program.newChain(table, chain, place);
    else if (verb === "rename-chain" && chain && operand) program.renameChain(table, chain, operand);
    else if (verb === "policy" && chain && operand) program.policy(table, chain, operand);
    else if (chain)
      this.#doRules(
        command,
        chain,
        table,
        this.#make(() => command.spec, chain, table, place, text, counters),
      );
  }

  #doRules({ verb, number }: Command, chain: Word, table: OpenTable, made: readonly Rule[]): void {
    const program = this.#program;
    if (verb === "list") return;
    if (verb === "delete" && number !== null) {
      program.delete(table, chain, number);
      return;
    }
    const rules = this.#sound(made, true);
    if (rules.length < made.length) return;
    this.#rulesOfLine.set(made[0]?.place.start ?? 0, rules);
    if (verb === "append") program.append(table, chain, rules);
    else if (verb === "insert") program.insert(table, chain, number ?? 1, rules);
    else if (verb === "replace") program.replace(table, chain, number ?? 1, rules);
    else if (verb === "check") program.check(table, chain, rules);
    else if (verb === "delete") program.delete(table, chain, rules);
  }

  #make(words: Words, chain: Word, table: OpenTable, place: Place, text: string, counters: string | null): Rule[] {
    const own = {
      family: table.family,
      table: table.name,
      saver: this.#saver,
      chain: chain.text,
      place,
      text,
      counters,
    };
    return expandLists(words, text, table.family).map((each) => ({ ...own, words: each }));
  }

  /** Rules with a mistake are kept where a dump has them, and refused where a command would load them. */
  #sound(rules: readonly Rule[], always = false): readonly Rule[] {
    if (!this.#program.strict && !always) return rules;
    return rules.filter((rule) => {
      const { problems } = bind(rule);
      this.#problems.push(...problems);
      return problems.length === 0;
    });
  }

  #attempt(place: Place, run: () => void, mayFail = false): boolean {
    try {
      run();
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (!mayFail) this.#refuse(error.word ? wordPlace(place, error.word) : place, error.message);
      return false;
    }
  }

  #refuse(place: Place, reason: string): void {
    this.#problems.push({ rule: "syntax-error", message: "refused", data: { reason }, place, family: this.#family });
  }

  #expected(place: Place, expected: string, found: string): void {
    this.#problems.push({ rule: "syntax-error", message: "unbound", data: { expected, found }, place });
  }

  #backendFor(family: Family): Backend {
    const there = this.#program.tables.find((table) => table.family === family);
    return there?.backend ?? this.#host.json.backend?.[family === "bridge" ? "ebtables" : "iptables"] ?? "legacy";
  }
}

const FAMILY_OF: Readonly<Record<string, Family>> = { ip: "ipv4", ip6: "ipv6", eb: "bridge", arp: "arp" };
const wordPlace = ({ source }: Place, { start, end }: Word): Place => ({ source, start, end });
