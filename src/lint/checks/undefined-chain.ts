import type { Family } from "../../facts/index.ts";
import { bind, isTarget } from "../../model/index.ts";
import { ruleAt } from "../analysis.ts";
import type { Check } from "../define.ts";

/**
 * netfilter's own targets (libxt_*, libipt_*, libip6t_*; xtables-addons), so that one which is not modelled is not
 * called a missing chain.
 */
const IP_TARGETS = new Set(
  `ACCEPT DROP RETURN QUEUE AUDIT CHECKSUM CLASSIFY CLUSTERIP CONNMARK CONNSECMARK CT DNAT DNPT DSCP ECN HL HMARK
  IDLETIMER LED LOG MARK MASQUERADE MIRROR NETMAP NFLOG NFQUEUE NOTRACK RATEEST REDIRECT REJECT SAME SECMARK SET
  SNAT SNPT SYNPROXY TCPMSS TCPOPTSTRIP TEE TOS TPROXY TRACE TTL ULOG
  ACCOUNT CHAOS DELUDE DHCPMAC DNETMAP ECHO IPMARK LOGMARK PROTO RAWDNAT RAWSNAT ROUTE STEAL SYSRQ TARPIT`.split(/\s+/),
);
/** ebtables' (libebt_*). */
const BRIDGE_TARGETS = new Set("ACCEPT DROP RETURN CONTINUE arpreply dnat mark redirect snat".split(" "));
const knownTarget = (family: Family, name: string): boolean =>
  isTarget(family, name) || (family === "bridge" ? BRIDGE_TARGETS : IP_TARGETS).has(name);

/** `externalChains`: chains that other software makes, which files for `--noflush` may name; `ufw-*` is a prefix. */
export const check: Check = function* (analysis, options) {
  const external = options["externalChains"] as readonly string[];
  const isExternal = (name: string): boolean =>
    external.some((each) => (each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : name === each));
  for (const table of analysis.tables) {
    for (const chain of table.chains.values()) {
      for (const [index, rule] of chain.rules.entries()) {
        const { target } = bind(rule);
        if (!target || table.chains.has(target.name) || isExternal(target.name)) continue;
        const isGoto = target.how === "goto";
        if (!isGoto && knownTarget(table.family, target.name)) continue;
        yield {
          ...ruleAt(table, chain, index + 1),
          message: isGoto ? "goto" : "jump",
          data: { target: target.name, table: table.name },
          confidence: "proven",
        };
      }
    }
  }
};
