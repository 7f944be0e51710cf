import {
  all,
  always,
  any,
  type Condition,
  not,
  readAddress,
  readMac,
  within,
  writeAddress,
  writeMac,
} from "../../facts/index.ts";
import { BadValue, match, type One, type Value } from "../define.ts";
import { ebtTexts, isOldEbtables, shortMac } from "../values.ts";

/** ip 0: any. */
interface Pair {
  readonly mac: number;
  readonly ip: number;
}
function readPair(text: string): Pair | undefined {
  const [macText = "", ipText = "0.0.0.0", more] = text.split("=");
  const [mac, ip] = [readMac(macText), readAddress(ipText)];
  return more !== undefined || mac === undefined || typeof ip !== "number" ? undefined : { mac, ip };
}
const pairText = ({ mac, ip }: Pair): string => shortMac(mac) + (ip === 0 ? "" : `=${writeAddress(ip)}`);
const among = (file: string): Value<readonly Pair[]> => ({
  arity: 1,
  negatable: true,
  aliases: [file],
  examples: ["00:11:22:33:44:55", "2:0:0:0:0:2,2:0:0:0:0:1=10.0.0.1"],
  read([word], flag) {
    if (!word) return [];
    // ebtables-save prints what was in the file
    if (flag === file) throw new BadValue(word, `the list itself, by ${file.replace("-file", "")}`);
    const texts = word.text.split(",");
    // ebtables' own tool ends the list with a comma
    if (texts.length > 1 && texts.at(-1) === "") texts.pop();
    return texts.map((text) => {
      const pair = readPair(text);
      if (!pair) throw new BadValue(word, "a list of MACs, each alone or MAC=address, separated by commas");
      return pair;
    });
  },
  write(pairs, _, saver) {
    if (isOldEbtables(saver)) return [pairs.map((pair) => `${pairText(pair)},`).join("")];
    return [
      [...pairs]
        .sort((a, b) => a.mac - b.mac || a.ip - b.ip)
        .map(pairText)
        .join(","),
    ];
  },
});
const options = { "--among-src": among("--among-src-file"), "--among-dst": among("--among-dst-file") };

/** One of the MACs, with one of its addresses where the list has any. net/bridge/netfilter/ebt_among.c */
export const ebtAmong = match({
  name: "among",
  families: ["bridge"],
  implicit: "other",
  options,
  write(given, saver) {
    if (!isOldEbtables(saver)) return null;
    const { "--among-src": source, "--among-dst": destination } = options;
    return ebtTexts({ "--among-dst": destination, "--among-src": source }, given, saver);
  },
  means: (given, _host, _family, backend) =>
    all(
      // iptables/nft.c add_nft_among: one address in either list, and it asks for IPv4 first
      backend === "nft" && Object.values(given).some(({ value }) => value.some(({ ip }) => ip !== 0)) ? IPV4 : always,
      isAmong("macSource", "source", given["--among-src"]),
      isAmong("macDestination", "destination", given["--among-dst"]),
    ),
});
const IPV4 = within("frameProtocol", [[0x0800, 0x0801]], "IPv4");
const HAS_IPV4 = within(
  "frameProtocol",
  [
    [0x0800, 0x0801],
    [0x0806, 0x0807],
  ],
  "IPv4 or ARP",
);
function isAmong(
  mac: "macSource" | "macDestination",
  address: "source" | "destination",
  given: One<readonly Pair[]> | undefined,
): Condition {
  if (!given) return always;
  const pairs = given.value.map((pair) =>
    all(
      within(mac, [[pair.mac, pair.mac + 1]], writeMac(pair.mac)),
      pair.ip === 0 ? always : all(HAS_IPV4, within(address, [[pair.ip, pair.ip + 1]], writeAddress(pair.ip))),
    ),
  );
  return given.negated ? not(any(...pairs)) : any(...pairs);
}
