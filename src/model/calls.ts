/** How the words of a shell's command show that it is one of the tools, or carries one to another command. */
import type { Word } from "../syntax/index.ts";

export const TOOL = /^(?:ip6?|eb|arp)tables(?:-legacy|-nft)?(?:-restore)?$/;
/** A verb of these tools, or an option before it. */
const VERB = /^(?:-[AIDRCNXEFPt]|--(?:append|insert|delete|replace|new-chain|flush|policy|table))$/;
/** Such a command as the text of another one: `sh -c "iptables -A …"`. */
const QUOTED_CALL = /(?:^|[\s;&|(/])(?:ip6?|eb|arp)tables(?:-legacy|-nft)?(?:-restore(?:\s|$)|\s+-)/;
export const SAYS = new Set(["echo", "printf", "logger", "[", "[[", "test", "grep", "log"]);

/** A verb, and after it the name of a chain. */
export const isVerb = ({ text }: Word, at: number, words: readonly Word[]): boolean =>
  VERB.test(text) && !/^-/.test(words[at + 1]?.text ?? "");

/** One of these tools among the words of another command: by name, in the text of one word, or as an alias. */
export function isCall({ text }: Word, at: number, words: readonly Word[]): boolean {
  const name = text.replace(/^.*\//, "");
  if (QUOTED_CALL.test(text) || /^\w+=(?:\S*\/)?(?:ip6?|eb|arp)tables(?:-legacy|-nft)?(?:\s|$)/.test(text)) return true;
  return TOOL.test(name) && (name.endsWith("-restore") || VERB.test(words[at + 1]?.text ?? ""));
}
