import { TCP_FLAGS, within } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, firstFragment, integer, kept, opaque } from "../values.ts";

const SYN = 1 << TCP_FLAGS.indexOf("SYN");
const opening = within(
  "tcpFlags",
  Array.from({ length: 64 }, (_, value) => value)
    .filter((value) => value & SYN)
    .map((value) => [value, value + 1] as const),
  "SYN",
);

/** The system that a SYN looks like. net/netfilter/nfnetlink_osf.c: no in both polarities for other packets. */
export const osf = match({
  name: "osf",
  families: ["ipv4"],
  options: {
    "--genre": kept(31, { bare: true, negatable: true, examples: ["Linux", "Windows"] }),
    "--ttl": integer({ max: 2 }),
    "--log": integer({ max: 2 }),
  },
  needs: [["--genre"]],
  placement: { protocols: ["tcp"], hooks: ["PREROUTING", "INPUT", "FORWARD"] },
  means: (given) =>
    firstFragment(
      opening,
      asked(given["--genre"], (genre) =>
        opaque(`fingerprint is ${genre}, ttl ${given["--ttl"]?.value ?? 0}`, "the fingerprints that are loaded"),
      ),
    ),
});
