/** What runs while a dump or a list of commands is loaded: the program, and what went wrong, each at its place. */
import type { Backend, Saver } from "../extensions/index.ts";
import type { Family, Host } from "../facts/index.ts";
import { type Advice, advised, type Place, type Problem } from "../finding.ts";
import type { Dump, Word } from "../syntax/index.ts";
import { bind } from "./bind.ts";
import { type Command, NoCommand, readCommand } from "./command.ts";
import { Program } from "./program.ts";
import { expandLists } from "./rule.ts";
import type { Rule, Ruleset } from "./ruleset.ts";
import { type OpenTable, Refused } from "./tables.ts";

/** What is taken for text without a header. */
export const NEWEST: Saver = { backend: "legacy", release: 10811 };
/** Rules of one line whose problems are told. */
const MOST_TOLD = 100;
export const FAMILY_OF: Readonly<Record<string, Family>> = { ip: "ipv4", ip6: "ipv6", eb: "bridge", arp: "arp" };

export class Session {
  readonly dump: Dump;
  readonly host: Host;
  readonly program: Program;
  readonly problems: Problem[];
  /** In the order of their lines. */
  readonly rules: Rule[] = [];
  readonly touched = new Set<OpenTable>();
  /** How many more words the rules of lists may have. */
  #left = 1 << 22;
  family: Family = "ipv4";
  saver: Saver = NEWEST;

  constructor(dump: Dump, host: Host, start: Ruleset | null) {
    this.dump = dump;
    this.host = host;
    this.program = new Program(start);
    this.problems = [...dump.problems];
  }

  /** The backend that a tool without a suffix has here. */
  backendFor(family: Family): Backend {
    const there = this.program.tables.find((table) => table.family === family);
    return there?.backend ?? this.host.json.backend?.[family === "bridge" ? "ebtables" : "iptables"] ?? "legacy";
  }

  placeOf({ start, end }: { readonly start: number; readonly end: number }): Place {
    return { source: this.dump.source, start, end };
  }

  read(words: readonly Word[]): Command | null {
    if (words.length === 0) return null;
    try {
      return readCommand(words);
    } catch (error) {
      if (!(error instanceof NoCommand)) throw error;
      this.expected(this.placeOf(error.word), error.expected, error.found, error.advice);
      return null;
    }
  }

  /** Throws Refused. */
  run(command: Command, table: OpenTable, place: Place, text: string, counters: string | null): void {
    const { verb, chain, number, numberWord, operand, spec } = command;
    const { program } = this;
    if (verb === "flush") program.flush(table, chain);
    else if (verb === "zero") program.zero(table, chain, number);
    else if (verb === "delete-chain") program.deleteChain(table, chain);
    else if (verb === "list") program.list(table, chain);
    else if (verb === "new-chain" && chain) program.newChain(table, chain, place);
    else if (verb === "rename-chain" && chain && operand) program.renameChain(table, chain, operand);
    else if (verb === "policy" && chain && operand) program.policy(table, chain, operand);
    else if (verb === "delete" && chain && number !== null) program.delete(table, chain, number, numberWord);
    else if (chain) {
      const { family, name } = table;
      const own = { family, table: name, saver: this.saver, chain: chain.text, place, text, counters };
      const made = this.expand({ ...own, words: () => spec }, text);
      const rules = this.sound(made);
      if (rules.length < made.length) throw new Refused("");
      this.#runRules(command, chain, table, rules);
    }
  }

  #runRules({ verb, number, numberWord }: Command, chain: Word, table: OpenTable, rules: readonly Rule[]): void {
    const { program } = this;
    for (const rule of rules) this.rules.push(rule);
    if (verb === "append") program.append(table, chain, rules);
    else if (verb === "insert") program.insert(table, chain, number ?? 1, rules, numberWord);
    else if (verb === "replace") program.replace(table, chain, number ?? 1, rules, numberWord);
    else if (verb === "check") program.check(table, chain, rules);
    else program.delete(table, chain, rules);
  }

  /** A rule for each pair of the addresses that it lists. Throws Refused. */
  expand(rule: Rule, text: string): readonly Rule[] {
    const rules = expandLists(rule, text, this.#left);
    if (!rules) throw new Refused("its lists of addresses make more rules than are read from one file: list fewer");
    if (rules.length > 1) this.#left -= rules.length * rule.words().length;
    return rules;
  }

  /** The rules without a mistake; the others' problems are told. */
  sound(rules: readonly Rule[]): readonly Rule[] {
    let told = 0;
    return rules.filter((rule) => {
      const { problems } = bind(rule);
      // of the rules of one line most have the same
      if (problems.length > 0 && told++ < MOST_TOLD) this.problems.push(...problems);
      return problems.length === 0;
    });
  }

  /** Whether it was done. */
  attempt(place: Place, run: () => void, mayFail = false): boolean {
    try {
      run();
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // an empty reason: its problems are told already
      if (!mayFail && error.message !== "")
        this.refuse(error.word ? this.placeOf(error.word) : place, error.message, error.advice);
      return false;
    }
  }

  refuse(place: Place, reason: string, advice?: Advice): void {
    const { family } = this;
    this.problems.push({
      rule: "syntax-error",
      message: "refused",
      data: { reason },
      place,
      family,
      ...advised(advice),
    });
  }

  expected(place: Place, expected: string, found: string, advice?: Advice): void {
    this.problems.push({
      rule: "syntax-error",
      message: "unbound",
      data: { expected, found },
      place,
      ...advised(advice),
    });
  }
}
