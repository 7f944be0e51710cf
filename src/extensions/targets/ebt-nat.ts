import { type Effect, type One, target } from "../define.ts";
import { afterwards, ebtMac, ebtVerdict, flag, isOldEbtables } from "../values.ts";

const families = ["bridge"] as const;
const verdict = (given: One<string> | undefined, usual = "ACCEPT"): One<string> =>
  given ?? { value: usual, negated: false, at: 0 };
const mac = (given: One<number> | undefined): One<number> => given ?? { value: 0, negated: false, at: 0 };
/** Where a MAC that decides the way is changed, only a frame that is dropped is sure of its own. */
function rewritten(why: string, given: One<string> | undefined): readonly Effect[] {
  return given?.value === "DROP" ? [afterwards("DROP")] : [{ does: "unknown", why }];
}

/** Changes the destination MAC, before the bridge decides by it. net/bridge/netfilter/ebt_dnat.c */
export const ebtDnat = target({
  name: "dnat",
  families,
  options: { "--to-dst": ebtMac({ aliases: ["--to-destination"] }), "--dnat-target": ebtVerdict() },
  needs: [["--to-dst", "--dnat-target"]],
  placement: { tables: ["nat", "broute"], hooks: ["PREROUTING", "OUTPUT", "BROUTING"] },
  complete: (given) => ({ "--to-dst": mac(given["--to-dst"]), "--dnat-target": verdict(given["--dnat-target"]) }),
  does: (given) => rewritten("the frame gets another destination MAC", given["--dnat-target"]),
});
/** Changes the source MAC when the bridge has decided. net/bridge/netfilter/ebt_snat.c */
export const ebtSnat = target({
  name: "snat",
  families,
  options: { "--to-src": ebtMac({ aliases: ["--to-source"] }), "--snat-arp": flag(), "--snat-target": ebtVerdict() },
  needs: [["--to-src", "--snat-arp", "--snat-target"]],
  placement: { tables: ["nat"], hooks: ["POSTROUTING"] },
  complete: (given) => ({
    ...given,
    "--to-src": mac(given["--to-src"]),
    "--snat-target": verdict(given["--snat-target"]),
  }),
  does(given) {
    const next = afterwards(given["--snat-target"]?.value ?? "ACCEPT");
    // a frame that leaves at once is asked no more
    return next.does === "verdict" ? [next] : [{ does: "unknown", why: "the frame gets another source MAC" }];
  },
});
/** The destination MAC becomes the bridge's own, in broute the port's. net/bridge/netfilter/ebt_redirect.c */
export const ebtRedirect = target({
  name: "redirect",
  families,
  options: { "--redirect-target": ebtVerdict() },
  placement: { tables: ["nat", "broute"], hooks: ["PREROUTING", "BROUTING"] },
  write(given, saver) {
    const next = given["--redirect-target"]?.value ?? "ACCEPT";
    const isOld = isOldEbtables(saver);
    // each prints a blank where the other does not
    if (next === "ACCEPT") return isOld ? [] : [""];
    return [`${isOld ? " " : ""}--redirect-target`, next];
  },
  does: (given) => rewritten("the frame is turned to the bridge's own MAC", given["--redirect-target"]),
});
/** Answers ARP requests; other ARP goes on. net/bridge/netfilter/ebt_arpreply.c */
export const ebtArpreply = target({
  name: "arpreply",
  families,
  options: { "--arpreply-mac": ebtMac(), "--arpreply-target": ebtVerdict("DROP") },
  placement: { tables: ["nat"], hooks: ["PREROUTING"], protocols: ["ARP"] },
  complete: (given) => ({ ...given, "--arpreply-mac": mac(given["--arpreply-mac"]) }),
  does(given) {
    const next = verdict(given["--arpreply-target"], "DROP").value;
    if (next === "CONTINUE") return [afterwards(next)];
    return [{ does: "unknown", why: `an ARP request is answered and meets ${next}, other ARP goes on` }];
  },
});
