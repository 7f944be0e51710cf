import { match } from "../define.ts";
import { asked, headerOptions, inHeader, insideHeader, integer } from "../values.ts";

/** The destination options header. net/ipv6/netfilter/ip6t_hbh.c: without the header no either way. */
export const dst = match({
  name: "dst",
  families: ["ipv6"],
  options: { "--dst-len": integer({ negatable: true }), "--dst-opts": headerOptions() },
  means: (given) =>
    inHeader(
      "ipv6-opts",
      asked(given["--dst-len"], (length) => insideHeader(`destination-options header length is ${length}`)),
      asked(given["--dst-opts"], (list) => insideHeader(`destination-options header has options ${list}`)),
    ),
});
