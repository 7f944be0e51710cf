import { all, any, not, present, type Ranges, within } from "../../facts/index.ts";
import { own } from "../../own.ts";
import { match, type One } from "../define.ts";
import { compares, flag, opaque, readInteger, type Written, word } from "../values.ts";

/** -1 is no id. */
const MAX = 0xfffffffe;
/** Ids that are the same on every host; other names are kept as they are. */
const KNOWN: Readonly<Record<string, number>> = { root: 0, nobody: 65534, nogroup: 65534 };

interface Id extends Written {
  /** A name of the host's own, whose number no dump holds. */
  readonly isName: boolean;
}
const id = () =>
  word(
    `a number 0-${MAX}, first-last, or a name`,
    ["1000", "0x10", "1000-2000", "5:7", "root"],
    (text): Id | undefined => {
      const parts = text.split(/[-:]/);
      const [first = "", last = first] = parts;
      const [low, high] = [own(KNOWN, text) ?? readInteger(first, MAX), own(KNOWN, text) ?? readInteger(last, MAX)];
      if (low === undefined && /^[a-z_][\w.-]*\$?$/i.test(text)) return { text, ranges: [], isName: true };
      if (low === undefined || high === undefined || low > high || parts.length > 2) return undefined;
      const ranges: Ranges = [[low, high + 1]];
      return { text: low === high ? String(low) : `${low}-${high}`, ranges, isName: false };
    },
    ({ text }) => text,
  );
function owned(field: "uidOwner" | "gidOwner" | "furtherGroup", given: One<Id> | undefined) {
  if (!given?.value.isName) return compares(field, given);
  const named = all(present(field), opaque(`${field} is ${given.value.text}'s`, "the host's users and groups"));
  return given.negated ? not(named) : named;
}

/** A socket of the kernel's own has no file, and so no owner. */
const exists = any(present("uidOwner"), within("socket", [[1, 2]], "one"));

/**
 * The process that sent the packet. net/netfilter/xt_owner.c: without a socket an option is true iff inverted
 * (semantics 6.2).
 */
export const owner = match({
  name: "owner",
  families: ["ipv4", "ipv6"],
  options: {
    "--socket-exists": flag({ negatable: true }),
    "--uid-owner": id(),
    "--gid-owner": id(),
    "--suppl-groups": flag(),
  },
  needs: [["--uid-owner", "--gid-owner", "--socket-exists", "--suppl-groups"]],
  placement: { hooks: ["OUTPUT", "POSTROUTING"] },
  check(given) {
    const [extra, group] = [given["--suppl-groups"], given["--gid-owner"]];
    return extra && (!group || group.at > extra.at)
      ? { option: "--suppl-groups", expected: "--gid-owner before --suppl-groups" }
      : null;
  },
  means(given) {
    const socket = given["--socket-exists"];
    return all(
      ...(socket ? [socket.negated ? not(exists) : exists] : []),
      owned("uidOwner", given["--uid-owner"]),
      groupOf(given["--gid-owner"], given["--suppl-groups"] !== undefined),
    );
  },
});
function groupOf(given: One<Id> | undefined, withOthers: boolean) {
  if (!given || !withOthers) return owned("gidOwner", given);
  const asked = { ...given, negated: false };
  const wanted = any(owned("gidOwner", asked), all(present("gidOwner"), owned("furtherGroup", asked)));
  return given.negated ? not(wanted) : wanted;
}
