/** A rule-set while commands run on it: each does to the tables what the kernel's would do, or says why it is refused. */
import type { Place } from "../finding.ts";
import { nearest } from "../nearest.ts";
import type { Word } from "../syntax/index.ts";
import { bind } from "./bind.ts";
import { nameAdvice, policiesFor, wrongChainName } from "./chains.ts";
import { counted, inChain, indexOf, loadable, numbers, retargeted, targetOf } from "./in-chain.ts";
import { loopFrom } from "./loops.ts";
import { ruleBody } from "./print.ts";
import { ruleWith } from "./rule.ts";
import { builtinChains, type Rule, type Ruleset, tableNames } from "./ruleset.ts";
import { type OpenChain, type OpenTable, Refused, type TableKey } from "./tables.ts";

export class Program {
  readonly #tables: OpenTable[];
  /** Only what is there may be named. Without it a list of commands may use chains that others make. */
  readonly strict: boolean;

  constructor(start: Ruleset | null) {
    this.strict = start !== null;
    this.#tables = (start?.tables ?? []).map((table) => ({
      ...table,
      chains: new Map([...table.chains].map(([name, chain]) => [name, { ...chain, rules: [...chain.rules] }])),
    }));
  }

  get tables(): readonly OpenTable[] {
    return this.#tables;
  }

  find({ family, backend, name }: TableKey): OpenTable | undefined {
    return this.#tables.find((each) => each.family === family && each.backend === backend && each.name === name);
  }

  /** The table as a dump begins it: nothing in it yet. */
  begin(key: TableKey, place: Place | null): OpenTable {
    const table: OpenTable = { ...key, place, chains: new Map() };
    const there = this.find(key);
    if (there) this.#tables[this.#tables.indexOf(there)] = table;
    else this.#tables.push(table);
    return table;
  }

  /** The table as a command finds it: the kernel makes it when it is first asked for. */
  open(key: TableKey, word: Word | null = null): OpenTable {
    const there = this.find(key);
    if (there) return there;
    const builtin = builtinChains(key.family, key.name);
    if (builtin.length === 0) {
      const known = tableNames(key.family);
      const near = nearest(key.name, known);
      throw new Refused(
        `there is no table ${key.name} (${known.join(", ")})${near === undefined ? "" : `; did you mean ${near}?`}`,
        word,
        near === undefined ? {} : { replacement: near },
      );
    }
    const table = this.begin(key, null);
    for (const name of builtin) this.#builtin(table, name);
    return table;
  }

  #builtin(table: OpenTable, name: string): OpenChain {
    const chain: OpenChain = { name, policy: "ACCEPT", builtin: true, place: null, rules: [] };
    table.chains.set(name, chain);
    return chain;
  }

  /** A chain by name; built-in ones are there as soon as they are named. */
  chain(table: OpenTable, word: Word): OpenChain {
    const there = table.chains.get(word.text);
    if (there) return there;
    if (builtinChains(table.family, table.name).includes(word.text)) return this.#builtin(table, word.text);
    if (!this.strict) return this.#user(table, word.text, null);
    const near = nearest(word.text, table.chains.keys());
    throw new Refused(
      `table ${table.name} has no chain ${word.text}${near === undefined ? "" : `; did you mean ${near}?`}`,
      word,
      near === undefined ? { help: `make it first: -N ${word.text}` } : { replacement: near },
    );
  }

  #user(table: OpenTable, name: string, place: Place | null): OpenChain {
    const policy = table.family === "bridge" ? "ACCEPT" : null;
    const chain: OpenChain = { name, policy, builtin: false, place, rules: [] };
    table.chains.set(name, chain);
    return chain;
  }

  /** `:NAME POLICY` in a file for `iptables-restore --noflush`: a user chain that is there loses its rules. */
  declare(table: OpenTable, name: Word, policy: string | null, place: Place): OpenChain {
    const there = table.chains.get(name.text);
    const builtin = builtinChains(table.family, table.name).includes(name.text);
    const chain = there ?? (builtin ? this.#builtin(table, name.text) : this.#user(table, name.text, place));
    if (there && !builtin) chain.rules = [];
    if (policy !== null && (builtin || table.family === "bridge")) chain.policy = policy;
    chain.place ??= place;
    return chain;
  }

  /** `-L`: only whether there is such a chain. */
  list(table: OpenTable, name: Word | null): void {
    if (name) this.chain(table, name);
  }

  newChain(table: OpenTable, name: Word, place: Place): void {
    if (builtinChains(table.family, table.name).includes(name.text) || table.chains.has(name.text))
      throw new Refused(`table ${table.name} has a chain ${name.text} already`, name, {
        help: `leave this line out; -F ${name.text} empties the chain that is there`,
      });
    const wrong = wrongChainName(name.text, table);
    if (wrong) throw new Refused(wrong, name, nameAdvice(name.text));
    this.#user(table, name.text, place);
  }

  deleteChain(table: OpenTable, name: Word | null): void {
    const gone = name ? [this.chain(table, name)] : [...table.chains.values()].filter(({ builtin }) => !builtin);
    for (const chain of gone) {
      if (chain.builtin)
        throw new Refused(`${chain.name} is built in`, name, { help: `-F ${chain.name} deletes its rules` });
      if (chain.rules.length > 0)
        throw new Refused(`chain ${chain.name} still has ${counted(chain)}`, name, {
          help: `flush it first: -F ${chain.name}`,
        });
      const user = this.#jumpingTo(table, chain.name)[0];
      if (user) {
        const rule = user.chain.rules[user.index] as Rule;
        throw new Refused(`chain ${chain.name} is still named by rule ${user.index + 1} of ${user.chain.name}`, name, {
          help: `delete that rule first: -D ${user.chain.name} ${ruleBody(rule)}`,
        });
      }
    }
    for (const { name: each } of gone) table.chains.delete(each);
  }

  #jumpingTo(table: OpenTable, name: string): { chain: OpenChain; index: number }[] {
    return [...table.chains.values()].flatMap((chain) =>
      chain.rules.flatMap((rule, index) => (bind(rule).target?.name === name ? [{ chain, index }] : [])),
    );
  }

  renameChain(table: OpenTable, from: Word, to: Word): void {
    const chain = this.chain(table, from);
    if (chain.builtin) throw new Refused(`${chain.name} is built in`, from);
    if (table.chains.has(to.text)) throw new Refused(`table ${table.name} has a chain ${to.text} already`, to);
    const wrong = wrongChainName(to.text, table);
    if (wrong) throw new Refused(wrong, to, nameAdvice(to.text));
    for (const { chain: each, index } of this.#jumpingTo(table, from.text))
      each.rules[index] = retargeted(each.rules[index] as Rule, to.text);
    table.chains.delete(from.text);
    table.chains.set(to.text, {
      ...chain,
      name: to.text,
      rules: chain.rules.map((rule) => ruleWith(rule, { chain: to.text })),
    });
  }

  flush(table: OpenTable, name: Word | null): void {
    for (const chain of name ? [this.chain(table, name)] : table.chains.values()) chain.rules = [];
  }

  zero(table: OpenTable, name: Word | null, number: number | null): void {
    for (const chain of name ? [this.chain(table, name)] : table.chains.values())
      chain.rules = chain.rules.map((rule, at) =>
        rule.counters === null || (number !== null && at !== number - 1) ? rule : ruleWith(rule, { counters: "[0:0]" }),
      );
  }

  policy(table: OpenTable, name: Word, policy: Word): void {
    const chain = this.chain(table, name);
    const allowed = policiesFor(table, chain.builtin);
    if (!chain.builtin && table.family !== "bridge")
      throw new Refused(`${name.text} is no built-in chain: only these have a policy`, name, {
        help: `a last rule does the same: -A ${name.text} -j ${policy.text}`,
      });
    if (!allowed.includes(policy.text))
      throw new Refused(`the policy of ${chain.name} in ${table.name} is ${allowed.join(" or ")}`, policy, {
        help:
          table.name === "nat"
            ? "nat is not for filtering: drop in the filter table"
            : `-P ${chain.name} DROP, and a last rule -j ${policy.text} for another answer`,
      });
    chain.policy = policy.text;
  }

  append(table: OpenTable, name: Word, rules: readonly Rule[]): void {
    const chain = this.chain(table, name);
    this.#change(table, chain, rules, chain.rules.length);
  }

  insert(table: OpenTable, name: Word, number: number, rules: readonly Rule[], at: Word | null = null): void {
    const chain = this.chain(table, name);
    inChain(chain, number, chain.rules.length + 1, at ?? name, `-A ${chain.name} appends at the end`);
    // one after the other at the same place: the last comes first
    this.#change(table, chain, [...rules].reverse(), number - 1);
  }

  replace(table: OpenTable, name: Word, number: number, rules: readonly Rule[], at: Word | null = null): void {
    const chain = this.chain(table, name);
    inChain(chain, number, chain.rules.length, at ?? name, numbers(chain));
    if (rules.length !== 1) throw new Refused("one rule is replaced by one rule: no lists of addresses", name);
    this.#change(table, chain, rules, number - 1, 1);
  }

  /** The rules as the chain has them; throws where one is missing. */
  check(table: OpenTable, name: Word, rules: readonly Rule[]): void {
    const chain = this.chain(table, name);
    for (const rule of rules) indexOf(chain, rule);
  }

  delete(table: OpenTable, name: Word, which: number | readonly Rule[], at: Word | null = null): void {
    const chain = this.chain(table, name);
    if (typeof which === "number") {
      inChain(chain, which, chain.rules.length, at ?? name, numbers(chain));
      chain.rules.splice(which - 1, 1);
      return;
    }
    // all of them or none
    const left = { ...chain, rules: [...chain.rules] };
    for (const rule of which) left.rules.splice(indexOf(left, rule), 1);
    chain.rules = left.rules;
  }

  #change(table: OpenTable, chain: OpenChain, rules: readonly Rule[], at: number, replaced = 0): void {
    if (this.strict) for (const rule of rules) loadable(table, rule);
    const gone = chain.rules.splice(at, replaced, ...rules);
    const jumps = this.strict && rules.some((rule) => table.chains.has(bind(rule).target?.name ?? ""));
    const circle = jumps ? loopFrom(chain.name, table.chains, table.backend) : null;
    if (circle === null) return;
    chain.rules.splice(at, rules.length, ...gone);
    throw new Refused(`chain ${circle[0]} would lead to itself again: ${circle.join(" → ")}`, targetOf(rules), {
      help: "-j RETURN goes back to the chain that jumped here",
    });
  }
}
