import { always, type Family, never, readAddress, writeAddress } from "../../facts/index.ts";
import { match, type Value } from "../define.ts";
import { chance, flag, integer, readInteger, word } from "../values.ts";

const FULL: Readonly<Record<string, string>> = { ipv6: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" };
const fullMask = (family: Family): string => FULL[family] ?? "255.255.255.255";

/** An address as inet_aton reads it: the last of fewer parts fills the rest, so `24` is 0.0.0.24, no prefix length. */
function readMask(given: string, family: Family): string | undefined {
  const address = readAddress(given);
  if (typeof address === (family === "ipv6" ? "bigint" : "number")) return writeAddress(address as number | bigint);
  const parts = given.split(".");
  const last = readInteger(parts.at(-1) ?? "", 256 ** (5 - parts.length) - 1);
  const others = parts.slice(0, -1).map((part) => readInteger(part, 255));
  if (family === "ipv6" || parts.length > 4 || last === undefined || others.includes(undefined)) return undefined;
  return writeAddress(others.reduce<number>((sum, part, at) => sum + (part ?? 0) * 256 ** (3 - at), last));
}
const mask: Value<string> = word(
  (family) => `a mask such as ${fullMask(family)}`,
  ["255.255.255.0", "255.255.255.255", "ffff:ffff::"],
  readMask,
  (value) => value,
  { negatable: false },
);
/** It names a file in /proc, and is cut to what fits; printed without quotes. */
const name: Value<string> = word(
  "the name of a list: not empty, no / in it",
  ["ssh", "DEFAULT", "web-2"],
  (given) => (/^\.{0,2}$|\//.test(given) ? undefined : given.slice(0, 199)),
  (value) => value,
  { negatable: false },
);
/** The side that is looked at: false where the other one was given later. */
const side: Value<boolean> = { arity: 0, examples: [""], read: () => true, write: (value) => (value ? [] : null) };
/** Printed as a signed number before 1.8.11. */
const seconds: Value<number> = {
  ...integer({ min: 1, examples: ["60", "0x10", "3600"] }),
  write: (value, _negated, { release }) => [String(release < 10811 ? value | 0 : value)],
};
/** Older kernels take 255 at most, or what their module parameter ip_pkt_list_tot says; 0 is no limit and not printed. */
const hitcount: Value<number> = {
  ...integer({ max: 65535, examples: ["4", "20", "0"] }),
  write: (value) => (value > 0 ? [String(value)] : null),
};
const command = flag({ negatable: true });
const COMMANDS = ["--set", "--rcheck", "--update", "--remove"] as const;

/** Lists of addresses that were seen. net/netfilter/xt_recent.c: `--set` always matches, the rest depends on the list. */
export const recent = match({
  name: "recent",
  families: ["ipv4", "ipv6"],
  options: {
    "--set": command,
    "--rcheck": command,
    "--update": command,
    "--remove": command,
    "--seconds": seconds,
    "--reap": flag(),
    "--hitcount": hitcount,
    "--rttl": flag(),
    "--name": name,
    "--mask": mask,
    "--rsource": side,
    "--rdest": side,
  },
  needs: [COMMANDS],
  excludes: [
    COMMANDS,
    ...["--seconds", "--rttl"].flatMap((option) => [
      ["--set", option],
      ["--remove", option],
    ]),
  ],
  together: { "--reap": ["--seconds"] },
  check: (given) =>
    given["--hitcount"]?.value && (given["--set"] || given["--remove"])
      ? { option: "--hitcount", expected: "--hitcount with --rcheck or --update" }
      : null,
  complete(given, family) {
    const [source, destination] = [given["--rsource"]?.at ?? 0, given["--rdest"]?.at ?? -1];
    const one = <T>(value: T) => ({ value, negated: false, at: 0 });
    return {
      "--name": one("DEFAULT"),
      "--mask": one(fullMask(family)),
      ...given,
      "--rsource": one(source > destination),
      "--rdest": one(destination > source),
    };
  },
  means(given) {
    if (given["--set"]) return given["--set"].negated ? never : always;
    const list = given["--name"]?.value ?? "";
    return chance(`list ${list} of recent addresses`, `depends on what the list ${list} holds (/proc/net/xt_recent)`);
  },
});
