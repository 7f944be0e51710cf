import { all, type Condition, not } from "../../facts/index.ts";
import { match, type Value } from "../define.ts";

interface SetMatch {
  readonly name: string;
  readonly directions: string;
}
const setMatch: Value<SetMatch> = {
  arity: 2,
  negatable: true,
  examples: ["hosts src", "pairs src,dst"],
  read: ([name, directions]) => ({ name: name?.text ?? "", directions: directions?.text ?? "" }),
  write: ({ name, directions }) => [name, directions],
};

/** Membership in an ipset, whose contents no dump holds. net/netfilter/xt_set.c */
export const set = match({
  name: "set",
  families: ["ipv4", "ipv6"],
  options: { "--match-set": setMatch },
  means(given) {
    const option = given["--match-set"];
    if (!option) return all();
    const { name, directions } = option.value;
    const member: Condition = {
      is: "opaque",
      key: `${fieldOf(directions)}in set ${name} ${directions}`,
      settledBy: "ipset save",
    };
    return option.negated ? not(member) : member;
  },
});
/** Named first in the key where it is one address: so that NAT of that one asks anew. */
const fieldOf = (directions: string): string =>
  directions === "dst" ? "destination " : directions === "src" ? "source " : "";
