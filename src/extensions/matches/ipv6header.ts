import { all, type Condition, EXTENSION_HEADERS, not, within } from "../../facts/index.ts";
import { match, type Value } from "../define.ts";
import { flag, headersAre, word } from "../values.ts";

/** In the order of printing, by the printed name: the other spellings (/etc/protocols, then libip6t_ipv6header's own). */
const HEADERS: Readonly<Record<string, string>> = {
  "hop-by-hop": "ip IP hopopt HOPOPT hop 0",
  "ipv6-opts": "IPv6-Opts dst 60",
  "ipv6-route": "IPv6-Route route 43",
  "ipv6-frag": "IPv6-Frag frag 44",
  ah: "IPSEC-AH auth 51",
  esp: "IPSEC-ESP 50",
  "ipv6-nonxt": "IPv6-NoNxt none 59",
  protocol: "prot 255",
};
const NAMES = Object.keys(HEADERS);
const headerNamed = (text: string): string | undefined =>
  NAMES.find((name) => name === text || HEADERS[name]?.split(" ").includes(text));

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
/** What follows the extension headers: ESP, nothing, or (`protocol`) anything else. */
const ENDS: Readonly<Record<string, Condition>> = {
  esp: within("protocol", [[50, 51]], "esp"),
  "ipv6-nonxt": within("protocol", [[59, 60]], "ipv6-nonxt"),
  protocol: not(
    within(
      "protocol",
      [
        [50, 51],
        [59, 60],
      ],
      "esp,ipv6-nonxt",
    ),
  ),
};
const between = (names: readonly string[]) => EXTENSION_HEADERS.filter((name) => names.includes(name));
const holds = (name: string): Condition => ENDS[name] ?? headersAre(between([name]), true);

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
    const ends = Object.entries(ENDS).map(([name, is]) => (wanted.includes(name) ? is : not(is)));
    const exactly = all(headersAre(between(wanted)), ...ends);
    return negated ? not(exactly) : exactly;
  },
});
