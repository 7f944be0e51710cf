/**
 * Base chains that a dump of iptables-nft shows and nothing hooks: the tool prints every built-in chain of a table, also
 * one that was never made, which packets do not pass (semantics 2). No drift, and said.
 */
import type { Path } from "../path/index.ts";
import type { TraceEvent } from "../trace/index.ts";
import { silentSteps, tableOf } from "./compare.ts";
import type { Instrumentation } from "./instrumentation.ts";

export class Unhooked {
  readonly #silent = new Map<string, { readonly table: string; readonly chain: string }>();
  readonly #printed = new Set<string>();

  /** A packet of the log: what prints a line is hooked. */
  see(events: readonly TraceEvent[]): void {
    for (const event of events) {
      if (event.layer !== "ip" || !event.nft) continue;
      const { table, chain } = tableOf(event);
      this.#printed.add(`${event.family} ${table} ${chain}`);
    }
  }

  /** The way that one has gone. */
  pass(path: Path, events: readonly TraceEvent[]): void {
    for (const { layer, family, table, chain } of silentSteps(path, events))
      if (layer === "ip") this.#silent.set(`${family} ${table} ${chain}`, { table, chain });
  }

  found(): Instrumentation[] {
    return [...this.#silent].flatMap(([name, { table, chain }]) => {
      if (this.#printed.has(name)) return [];
      const message = `the dump shows ${table} ${chain}, and packets pass no such chain: nothing hooks it`;
      return [{ what: "unhooked-chain" as const, table, chain, count: 1, message }];
    });
  }
}
