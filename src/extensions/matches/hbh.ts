import { match } from "../define.ts";
import { asked, headerOptions, inHeader, insideHeader, integer } from "../values.ts";

/** The hop-by-hop options header. net/ipv6/netfilter/ip6t_hbh.c: without the header no either way. */
export const hbh = match({
  name: "hbh",
  families: ["ipv6"],
  options: { "--hbh-len": integer({ negatable: true }), "--hbh-opts": headerOptions() },
  means: (given) =>
    inHeader(
      "hop-by-hop",
      asked(given["--hbh-len"], (length) => insideHeader(`hop-by-hop header length is ${length}`)),
      asked(given["--hbh-opts"], (list) => insideHeader(`hop-by-hop header has options ${list}`)),
    ),
});
