/** Recordings of rules as they were typed, and of what each backend's tool saved, or why it refused. */
import type { Backend } from "../../src/extensions/index.ts";
import { Host } from "../../src/facts/index.ts";
import { bind, loadDump, ruleText, ruleWith } from "../../src/model/index.ts";
import { decode, Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";

export interface Typed {
  readonly typed: string;
  readonly saved: ReadonlyMap<Backend, readonly string[]>;
  readonly refused: ReadonlyMap<Backend, string>;
}

const ANSWER = /^ {2}(legacy|nft) +(?:(?:rc=\d+|refused:) (.*)|(?:\[\d+:\d+\] )?(-A .*)|\(nothing saved\))$/;

/** `IN  -t TABLE -A …`, then a line for each answer; a line end inside quotes goes on in the next line. */
export function readTyped(bytes: string): Typed[] {
  const out: { typed: string; saved: Map<Backend, string[]>; refused: Map<Backend, string> }[] = [];
  for (const line of bytes.split("\n")) {
    const answer = ANSWER.exec(line);
    const last = out.at(-1);
    if (line.startsWith("IN  ")) out.push({ typed: line.slice(4), saved: new Map(), refused: new Map() });
    else if (answer && last) {
      const backend = answer[1] as Backend;
      if (answer[3] !== undefined) last.saved.set(backend, [...(last.saved.get(backend) ?? []), answer[3]]);
      else if (answer[2] !== undefined) last.refused.set(backend, answer[2]);
    } else if (last && line !== "") {
      const lines = [...last.saved].at(-1)?.[1];
      if (lines) lines.push(`${lines.pop()}\n${line}`);
      else last.typed += `\n${line}`;
    }
  }
  return out.filter(({ saved, refused }) => saved.size + refused.size > 0);
}

/** How we differ from the backend's answer; null where we do not. iptables 1.8.9 made the recordings. */
export function differs({ typed, saved, refused }: Typed, tool: string, backend: Backend): string | null {
  const script = new Source("typed", `#!/bin/sh\n${tool}-${backend} ${typed}\n`);
  const { tables, problems } = loadDump(parse(script), new Host());
  const rules = tables.flatMap(({ chains }) => [...chains.values()].flatMap((chain) => chain.rules));
  const why = refused.get(backend);
  if (why !== undefined) {
    const isBad = problems.length > 0 || rules.some((rule) => bind(rule).problems.length > 0);
    return isBad ? null : `${typed}\n  taken here, there ${why}`;
  }
  const theirs = saved.get(backend);
  if (!theirs) return null;
  // counters are printed only where they are asked for
  const ours = rules
    .map((rule) => ruleText(ruleWith(rule, { counters: null, saver: { backend, release: 10809 } })))
    .map((text) => text.replace(/^\[\d+:\d+\] | -c \d+ \d+$/, ""));
  if (ours.join("\n").trimEnd() === theirs.map(decode).join("\n").trimEnd()) return null;
  const told = problems.map(
    ({ data }) => ` (${data["reason"] ?? `expected ${data["expected"]}, found ${data["found"]}`})`,
  );
  return `${typed}\n  theirs ${theirs.join("\n         ")}\n  ours   ${ours.join("\n         ")}${told.join("")}`;
}
