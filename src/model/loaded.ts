/** The extensions of a rule that is being read, and which of them has an option, as getopt_long finds it. */
import type { MatchExtension, TargetExtension } from "../extensions/index.ts";
import type { Family } from "../facts/index.ts";
import type { Word } from "../syntax/index.ts";
import { type Open, open } from "./open.ts";
import { implicitMatches, optionSpelled, optionsBeginning, protocolMatch } from "./vocabulary.ts";

export type How = "jump" | "goto";
type OpenTarget = Open & { readonly how: How; readonly word: Word };

export interface Owner {
  readonly to: Open;
  readonly option: string;
  /** As iptables knows it, written out. */
  readonly spelled: string;
}

/** Long options that belong to no extension: an abbreviation may not stand for one of these and another as well. */
const BASE = [
  "--jump",
  "--goto",
  "--match",
  "--set-counters",
  "--table",
  "--verbose",
  "--wait",
  "--numeric",
  "--exact",
];

export class Loaded {
  readonly family: Family;
  /** The ip part first (ebtables: the frame), then in input order. */
  readonly matches: Open[];
  target: OpenTarget | null = null;
  /** The extension that was named or had an option last. */
  last: Open | null = null;
  /** What `-p` says, as it is written. */
  protocol: string | null = null;
  /** The latest first: where two have the same option, getopt finds that one's. */
  readonly #latest: Open[];

  constructor(family: Family) {
    this.family = family;
    this.matches = implicitMatches[family].map((extension) => open(extension.name, extension, null));
    this.#latest = [...this.matches];
  }

  get all(): readonly Open[] {
    return [...this.matches, ...(this.target ? [this.target] : [])];
  }

  match(name: string, extension: MatchExtension | null, word: Word | null): void {
    this.#add(open(extension?.name ?? name, extension, word));
  }

  jump(how: How, extension: TargetExtension | null, word: Word): void {
    this.target = { ...open(word.text, extension, word), how, word };
    this.last = this.target;
    this.#load(this.target);
  }

  #add(match: Open): void {
    this.last = match;
    this.matches.push(match);
    this.#load(match);
  }

  /** One of an extension is enough: getopt finds the latest one's options. */
  #load(each: Open): void {
    if (!each.extension) return;
    const earlier = this.#latest.findIndex(({ extension }) => extension === each.extension);
    if (earlier >= 0) this.#latest.splice(earlier, 1);
    this.#latest.unshift(each);
  }

  /** What `-p` would bring with it, by the name that is written there or a number's. */
  ofProtocol(): MatchExtension | undefined {
    const protocol = this.matches[0]?.given["-p"];
    if (!protocol || protocol.negated || this.protocol === null) return undefined;
    const name = /^\d/.test(this.protocol) ? (protocol.value as { text: string }).text : this.protocol;
    return protocolMatch(this.family, name);
  }

  /** The latest extension that has the option; `-p tcp --dport` loads tcp by itself, as iptables does. */
  owner(flag: string): Owner | null {
    if (!flag.startsWith("-")) return null;
    for (const to of this.#latest) {
      const option = to.extension && optionSpelled(to.extension, flag);
      if (option) return { to, option, spelled: flag };
    }
    const long = flag.startsWith("--") && flag.length > 2;
    // ebtables loads a target twice, so that a beginning of its options is never one alone
    const clear = this.family === "bridge" ? this.matches : this.#latest;
    const begun = long ? this.#beginning(clear, flag) : null;
    if (begun) return begun;
    const extension = this.ofProtocol();
    if (!extension || this.#latest.some((each) => each.extension === extension)) return null;
    const to = open(extension.name, extension, null);
    const option = optionSpelled(extension, flag);
    const found = option ? { to, option, spelled: flag } : long ? this.#beginning([to], flag) : null;
    if (found) this.#add(to);
    return found;
  }

  #beginning(loaded: readonly Open[], flag: string): Owner | null {
    const found: Owner[] = loaded.flatMap((to) =>
      to.extension
        ? optionsBeginning(to.extension, flag).map((spelled) => ({
            to,
            option: optionSpelled(to.extension as MatchExtension, spelled) as string,
            spelled,
          }))
        : [],
    );
    const [first] = found;
    if (BASE.some((name) => name.startsWith(flag))) return null;
    const same = found.every(({ to, option }) => to.extension === first?.to.extension && option === first?.option);
    return first && same ? first : null;
  }
}
