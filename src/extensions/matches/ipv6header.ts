import { all, type Condition, not } from "../../facts/index.ts";
import { match, type Value } from "../define.ts";
import { flag, hasHeader, ofHeader, word } from "../values.ts";

/**
 * In the order of printing, by the printed name: the other spellings (/etc/protocols, then libip6t_ipv6header's own),
 * and what the header is called elsewhere.
 */
const HEADERS: Readonly<Record<string, readonly [spellings: string, called: string]>> = {
  "hop-by-hop": ["ip IP hopopt HOPOPT hop 0", "hop-by-hop"],
  "ipv6-opts": ["IPv6-Opts dst 60", "destination-options"],
  "ipv6-route": ["IPv6-Route route 43", "routing"],
  "ipv6-frag": ["IPv6-Frag frag 44", "fragment"],
  ah: ["IPSEC-AH auth 51", "authentication"],
  esp: ["IPSEC-ESP 50", "ESP"],
  "ipv6-nonxt": ["IPv6-NoNxt none 59", "no-next"],
  protocol: ["prot 255", ""],
};
const NAMES = Object.keys(HEADERS);
const headerNamed = (text: string): string | undefined =>
  NAMES.find((name) => name === text || HEADERS[name]?.[0].split(" ").includes(text));

const headers: Value<readonly string[]> = word(
  `a list of ${NAMES.join(", ")}`,
  ["hop-by-hop", "esp,ah", "dst,43,frag", "none", "protocol"],
  (text) => {
    const given = text
      .split(",")
      .filter((item) => item !== "")
      .map(headerNamed);
    return given.length === 0 || given.includes(undefined) ? undefined : NAMES.filter((name) => given.includes(name));
  },
  (value) => value.join(","),
);
const holds = (name: string): Condition => {
  const called = HEADERS[name]?.[1] ?? "";
  return called === "" ? ofHeader("packet has the upper-layer header") : hasHeader(called);
};

/**
 * Which headers there are: exactly these, or with `--soft` these among others. net/ipv6/netfilter/ip6t_ipv6header.c:
 * `!` with `--soft` asks for none of these.
 */
export const ipv6header = match({
  name: "ipv6header",
  families: ["ipv6"],
  options: { "--header": headers, "--soft": flag() },
  needs: [["--header"]],
  means(given) {
    const { value: wanted = [], negated = false } = given["--header"] ?? {};
    if (given["--soft"]) return all(...wanted.map((name) => (negated ? not(holds(name)) : holds(name))));
    const exactly = all(...NAMES.map((name) => (wanted.includes(name) ? holds(name) : not(holds(name)))));
    return negated ? not(exactly) : exactly;
  },
});
