import { type Effect, type One, target } from "../define.ts";
import { afterwards, ebtMac, ebtVerdict, flag, isOldEbtables, opaque } from "../values.ts";

const families = ["bridge"] as const;
const verdict = (given: One<string> | undefined, usual = "ACCEPT"): One<string> =>
  given ?? { value: usual, negated: false, at: 0 };
const mac = (given: One<number> | undefined): One<number> => given ?? { value: 0, negated: false, at: 0 };
const become = (field: "macSource" | "macDestination", mac: number): Effect => ({
  does: "become",
  field,
  ranges: [[mac, mac + 1]],
});

/** Changes the destination MAC, before the bridge decides by it. net/bridge/netfilter/ebt_dnat.c */
export const ebtDnat = target({
  name: "dnat",
  families,
  options: { "--to-dst": ebtMac({ aliases: ["--to-destination"] }), "--dnat-target": ebtVerdict() },
  needs: [["--to-dst", "--dnat-target"]],
  placement: { tables: ["nat", "broute"], hooks: ["PREROUTING", "OUTPUT", "BROUTING"] },
  complete: (given) => ({ "--to-dst": mac(given["--to-dst"]), "--dnat-target": verdict(given["--dnat-target"]) }),
  does: (given) => [
    become("macDestination", mac(given["--to-dst"]).value),
    afterwards(verdict(given["--dnat-target"]).value),
  ],
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
  does: (given) => [
    become("macSource", mac(given["--to-src"]).value),
    afterwards(verdict(given["--snat-target"]).value),
  ],
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
  does: (given) => [{ does: "redirect" }, afterwards(verdict(given["--redirect-target"]).value)],
});
/** Answers ARP requests; other ARP goes on. net/bridge/netfilter/ebt_arpreply.c */
export const ebtArpreply = target({
  name: "arpreply",
  families,
  options: { "--arpreply-mac": ebtMac(), "--arpreply-target": ebtVerdict("DROP") },
  placement: { tables: ["nat"], hooks: ["PREROUTING"], protocols: ["ARP"] },
  complete: (given) => ({ ...given, "--arpreply-mac": mac(given["--arpreply-mac"]) }),
  does: (given) => [
    {
      does: "if",
      condition: opaque("frame is an ARP request for IPv4 on Ethernet", "the ARP header"),
      yes: [afterwards(verdict(given["--arpreply-target"], "DROP").value)],
      no: [{ does: "continue" }],
    },
  ],
});
