import { match } from "../define.ts";
import { asked, headerOptions, inHeader, integer, ofHeader } from "../values.ts";

/** The destination options header. net/ipv6/netfilter/ip6t_hbh.c: without the header no either way. */
export const dst = match({
  name: "dst",
  families: ["ipv6"],
  options: { "--dst-len": integer({ negatable: true }), "--dst-opts": headerOptions() },
  means: (given) =>
    inHeader(
      "destination-options",
      asked(given["--dst-len"], (length) => ofHeader(`destination-options header length is ${length}`)),
      asked(given["--dst-opts"], (list) => ofHeader(`destination-options header has options ${list}`)),
    ),
});
