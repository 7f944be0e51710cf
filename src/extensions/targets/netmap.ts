import { type Address, type Ranges, writeAddress } from "../../facts/index.ts";
import { type Saver, target } from "../define.ts";
import { addressOf, maskLengthOf, word } from "../values.ts";

interface Mapped {
  readonly text: string;
  /** Bits that stay as they are. */
  readonly host: Address;
  /** Before 1.8.11 a mask with holes became a full one. */
  readonly older: string;
  readonly ranges: Ranges;
}
function readMapped(given: string, family: "ipv4" | "ipv6"): Mapped | undefined {
  const bits = family === "ipv6" ? 128 : 32;
  const [host = "", tail = String(bits), more] = given.split("/");
  const address = addressOf(host, family);
  if (more !== undefined || address === undefined) return undefined;
  const length = maskLengthOf(tail, family);
  const mask = addressOf(tail, family);
  const ones = length === undefined ? mask : ((1n << BigInt(length)) - 1n) << BigInt(bits - length);
  if (ones === undefined) return undefined;
  const low = BigInt(address) & BigInt(ones);
  const all = (1n << BigInt(bits)) - 1n;
  const sized = (value: bigint): Address => (bits === 32 ? Number(value) : value);
  const [base, kept] = [sized(low), sized(all & ~BigInt(ones))];
  // with holes in the mask, others lie between those that can come of it
  const ranges: Ranges = [[base, sized((low | BigInt(kept)) + 1n)]];
  const text = `${writeAddress(base)}/${length ?? tail}`;
  return { text, older: length === undefined ? `${writeAddress(address)}/${bits}` : text, host: kept, ranges };
}

/** One network onto another, host by host. net/netfilter/xt_NETMAP.c */
export const NETMAP = target({
  name: "NETMAP",
  families: ["ipv4", "ipv6"],
  options: {
    "--to": word(
      "a network: address[/mask]",
      ["10.0.0.0/8", "10.1.2.3/255.255.0.0", "10.0.0.1"],
      (given, family) => readMapped(given, family === "ipv6" ? "ipv6" : "ipv4"),
      (value, _, saver: Saver) => (saver.release >= 10811 ? value.text : value.older),
      { negatable: false },
    ),
  },
  needs: [["--to"]],
  placement: { tables: ["nat"] },
  does({ "--to": given }) {
    return given
      ? [{ does: "translate", manip: "by hook", addresses: given.value.ranges, keeps: given.value.host }]
      : [{ does: "continue" }];
  },
});
