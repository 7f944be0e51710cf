import { all, type Condition, not } from "../../facts/index.ts";
import { BadValue, match, type Value } from "../define.ts";
import { chance, flag, integer64, opaque, setNamed } from "../values.ts";

interface SetMatch {
  readonly name: string;
  readonly directions: string;
}
const setMatch: Value<SetMatch> = {
  arity: 2,
  negatable: true,
  // --set is what it was called once
  aliases: ["--set"],
  examples: ["hosts src", "pairs src,dst"],
  read([name, directions]) {
    if (name && (name.text === "" || Buffer.byteLength(name.text) > 31))
      throw new BadValue(name, "a set's name of 1 to 31 bytes");
    // the beginning is looked at
    const ways = (directions?.text ?? "").split(",").map((way) => /^(src|dst)/.exec(way)?.[1]);
    if (directions && (ways.length > 6 || ways.includes(undefined)))
      throw new BadValue(directions, "a list of src and dst, 6 at most");
    return { name: name?.text ?? "", directions: ways.join(",") };
  },
  write: ({ name, directions }) => [name, directions],
};
/** On by itself: it is printed when it is switched off. */
const update = (): Value<true> => ({
  ...flag({ negatable: true }),
  write: (_, negated) => (negated ? [] : null),
});
const PACKETS = ["--packets-eq", "--packets-lt", "--packets-gt"] as const;
const BYTES = ["--bytes-eq", "--bytes-lt", "--bytes-gt"] as const;

/**
 * Membership in an ipset, whose contents `ipset save` tells and no dump. net/netfilter/xt_set.c: what cannot be looked up,
 * as a fragment in a set of ports, is not in it, and `!` is yes. Once a SET target has changed the set, nothing is sure.
 */
export const set = match({
  name: "set",
  families: ["ipv4", "ipv6"],
  options: {
    "--match-set": setMatch,
    "--return-nomatch": flag(),
    "--update-counters": update(),
    "--update-subcounters": update(),
    "--packets-eq": integer64({ negatable: true }),
    "--packets-lt": integer64(),
    "--packets-gt": integer64(),
    "--bytes-eq": integer64({ negatable: true }),
    "--bytes-lt": integer64(),
    "--bytes-gt": integer64(),
  },
  needs: [["--match-set"]],
  excludes: [PACKETS, BYTES],
  means(given, host, family) {
    const option = given["--match-set"];
    if (!option) return all();
    const { name, directions } = option.value;
    // entries that are set aside, instead of the others
    const aside = given["--return-nomatch"] ? "set aside " : "";
    const told = host.membersOf({ name, directions: directions.split(","), aside: aside !== "" }, family);
    const key = `${fieldOf(directions)}${aside}in set ${name} ${directions}`;
    const member: Condition = {
      is: "until",
      touched: setNamed(name),
      of: typeof told === "string" ? opaque(key, told) : told,
    };
    const counted = [...PACKETS, ...BYTES].some((each) => given[each]);
    const wanted: Condition = counted
      ? all(member, chance(`counters of set ${name}`, "it depends on what the entry's counters have reached"))
      : member;
    return option.negated ? not(wanted) : wanted;
  },
});
/** Named first in the key where it is one address: so that NAT of that one asks anew. */
const fieldOf = (directions: string): string =>
  directions === "dst" ? "destination " : directions === "src" ? "source " : "";
