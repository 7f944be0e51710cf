/** What the tools take as a chain's name and as its policy. */
import type { Advice } from "../finding.ts";
import type { ChainLine } from "../syntax/index.ts";
import { builtinChains } from "./ruleset.ts";
import type { TableKey } from "./tables.ts";
import { isTarget } from "./vocabulary.ts";

/** iptables/xshared.c assert_verdict: nat is not for filtering; iptables/xtables-eb.c: RETURN is for user chains. */
export function policiesFor({ family, name, backend }: TableKey, builtin: boolean): readonly string[] {
  if (family !== "bridge") return name === "nat" ? ["ACCEPT"] : ["ACCEPT", "DROP"];
  if (backend === "legacy") return ["ACCEPT", "DROP", "RETURN", "CONTINUE"];
  return builtin ? ["ACCEPT", "DROP"] : ["ACCEPT", "DROP", "RETURN"];
}

interface Declared {
  /** null: none, or none that the tool takes. */
  readonly policy: string | null;
  readonly mistake: {
    readonly at: { readonly start: number; readonly end: number };
    readonly expected: string;
    readonly found: string;
    readonly advice: Advice;
  } | null;
}
/**
 * The policy of `:NAME POLICY`. Any table's built-in chains take ACCEPT and DROP, and `-`; a user chain's is refused by
 * legacy alone (iptables/iptables-restore.c, libiptc TC_SET_POLICY; measured with 1.8.9 of both backends).
 */
export function declaredPolicy(line: ChainLine, { family, name: table, backend }: TableKey): Declared {
  const { name, policy } = line;
  const text = policy?.text ?? "";
  const given = text === "" || text === "-" ? null : text;
  if (text === "-" || family === "bridge" || family === "arp") return { policy: given, mistake: null };
  const builtin = builtinChains(family, table);
  const isBuiltin = builtin.includes(name.text);
  const isVerdict = text === "ACCEPT" || text === "DROP";
  if (isVerdict && (isBuiltin || builtin.length === 0)) return { policy: text, mistake: null };
  if (isVerdict && backend === "nft") return { policy: null, mistake: null };
  const at = policy ?? line;
  if (isVerdict) {
    const expected = `- for a policy: ${name.text} is not built in`;
    return { policy: null, mistake: { at, expected, found: text, advice: { replacement: "-" } } };
  }
  const expected = "a policy (ACCEPT, DROP, or - for none)";
  const advice = { help: `such as :${name.text} ${isBuiltin ? "ACCEPT" : "-"} [0:0]` };
  return { policy: null, mistake: { at, expected, found: text === "" ? "the end of the line" : text, advice } };
}

/** iptables/xshared.c: chain names; XT_EXTENSION_MAXNAMELEN is 29, the final 0 included. */
export function wrongChainName(name: string, { family, backend }: TableKey): string | null {
  // ebtables-nft looks at a chain's name no further
  if (family === "bridge" && backend === "nft")
    return name.startsWith("-") ? "a chain's name does not begin with -" : null;
  if (name === "" || /[\s]/.test(name)) return "a chain's name holds no blank";
  if (/^[-!]/.test(name)) return `a chain's name does not begin with ${name[0]}`;
  if (Buffer.byteLength(name) > 28) return `the chain name ${name} is longer than 28 bytes`;
  return isTarget(family, name) ? `${name} is the name of a target` : null;
}

export function nameAdvice(name: string): Advice {
  const [short] = /^[^-!\s][^\s]{0,27}/.exec(name.replace(/\s+/g, "-")) ?? [];
  return short !== undefined && short !== name && Buffer.byteLength(short) <= 28
    ? { replacement: short }
    : { help: "choose another name" };
}
