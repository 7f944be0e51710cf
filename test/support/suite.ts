/** netfilter's own extension tests (`*.t`), which lie beside the checkout where they are there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Saver } from "../../src/extensions/index.ts";
import type { Family } from "../../src/facts/index.ts";

const corpus = new URL("../../../shared/corpus/", import.meta.url);

export interface SuiteLine {
  readonly file: string;
  readonly line: number;
  readonly family: Family;
  readonly release: number;
  readonly table: string;
  readonly chains: readonly string[];
  readonly rule: string;
  /** What the tool saves; null: it refuses the rule. By backend, where they differ. */
  readonly saved: Readonly<Record<Saver["backend"], string | null>>;
}

const RELEASES: readonly (readonly [string, number])[] = [
  ["netfilter-iptables-1.8.9/", 10809],
  ["netfilter-iptables-1.8.11-aosp/", 10811],
];
const FAMILIES: Readonly<Record<string, Family>> = {
  libxt: "ipv4",
  libipt: "ipv4",
  libip6t: "ipv6",
  libebt: "bridge",
  libarpt: "arp",
};

export function suiteLines(): SuiteLine[] {
  return RELEASES.flatMap(([folder, release]) => {
    const at = new URL(`${folder}extensions/`, corpus);
    if (!existsSync(at)) return [];
    const files = readdirSync(at)
      .filter((file) => file.endsWith(".t"))
      .sort();
    return files.flatMap((file) => linesOf(file, release, readFileSync(new URL(file, at), "utf8")));
  });
}

function linesOf(file: string, release: number, text: string): SuiteLine[] {
  const family = FAMILIES[file.split("_")[0] ?? ""];
  if (!family) return [];
  let table = "filter";
  let chains: string[] = [];
  const out: SuiteLine[] = [];
  text.split("\n").forEach((raw, index) => {
    const line = raw.trim();
    if (line === "" || line.startsWith("#") || line.startsWith("@") || line.startsWith("%")) return;
    if (line.startsWith(":")) chains = line.slice(1).split(",");
    else if (line.startsWith("*")) table = line.slice(1);
    else {
      const [rule = "", expected = "", result = "", variant, other] = line.split(";").map((part) => part.trim());
      const saved = (text: string) => (text === "=" ? rule : text);
      const here = result === "OK" ? saved(expected) : null;
      // the last two columns: what the other implementation makes of it
      const there = other === undefined ? null : other === "FAIL" ? null : saved(other);
      const both = { legacy: here, nft: here };
      if (variant === "LEGACY") both.nft = other === undefined ? null : there;
      if (variant === "NFT") both.legacy = other === undefined ? null : there;
      out.push({ file, line: index + 1, family, release, table, chains, rule, saved: both });
    }
  });
  return out;
}
