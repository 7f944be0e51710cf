import { always, readAddress, writeAddress } from "../../facts/index.ts";
import { match, type Value } from "../define.ts";
import { asked, flag, headerRange, inHeader, insideHeader, integer, rangeSet, word } from "../values.ts";

/** include/uapi/linux/netfilter_ipv6/ip6t_rt.h IP6T_RT_HOPS */
const MAX = 16;
const addresses: Value<string> = word(
  `up to ${MAX} IPv6 addresses, separated by commas`,
  ["fd00::1", "fd00::1,fd00::2"],
  (text) => {
    const list = text.split(",").map(readAddress);
    const written = list.map((address) => (typeof address === "bigint" ? writeAddress(address) : undefined));
    return written.length > MAX || written.includes(undefined) ? undefined : written.join(",");
  },
  (value) => value,
  { negatable: false },
);

/** The routing header. net/ipv6/netfilter/ip6t_rt.c: without it no either way. */
export const rt = match({
  name: "rt",
  families: ["ipv6"],
  options: {
    "--rt-type": integer({ negatable: true }),
    "--rt-segsleft": headerRange(),
    "--rt-len": integer({ negatable: true }),
    "--rt-0-res": flag(),
    "--rt-0-addrs": addresses,
    "--rt-0-not-strict": flag(),
  },
  check(given) {
    const type = given["--rt-type"];
    const isType0 = (at: number) => type && type.value === 0 && !type.negated && type.at < at;
    for (const option of ["--rt-0-res", "--rt-0-addrs"] as const) {
      const one = given[option];
      if (one && !isType0(one.at)) return { option, expected: `--rt-type 0 before ${option}` };
    }
    const loose = given["--rt-0-not-strict"];
    return loose && !(Number(given["--rt-0-addrs"]?.at) < loose.at)
      ? { option: "--rt-0-not-strict", expected: "--rt-0-addrs before --rt-0-not-strict" }
      : null;
  },
  means: (given) =>
    inHeader(
      "ipv6-route",
      asked(given["--rt-type"], (type) => insideHeader(`routing header type is ${type}`)),
      asked(given["--rt-segsleft"], (range) => insideHeader(`routing header segments left in ${rangeSet(range).text}`)),
      asked(given["--rt-len"], (length) => insideHeader(`routing header length is ${length}`)),
      given["--rt-0-res"] ? insideHeader("routing header reserved field is 0") : always,
      asked(given["--rt-0-addrs"], (list) =>
        insideHeader(`routing header addresses ${given["--rt-0-not-strict"] ? "hold" : "are"} ${list}`),
      ),
    ),
});
