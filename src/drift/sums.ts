/**
 * Packets whose checksum is wrong: conntrack takes them for INVALID, and no line tells of it (nf_conntrack_checksum;
 * net/netfilter/nf_conntrack_proto_tcp.c tcp_error, _udp.c, _sctp.c, _icmp.c; recordings t02b, t08).
 */
import { ctStates, type Host, isAbsent, knownValue, only, type Packet } from "../facts/index.ts";
import type { Ruleset } from "../model/index.ts";
import type { Case, Failure } from "./case.ts";
import { fitting } from "./fit.ts";
import { isRare, stepName } from "./loss.ts";
import type { Entered } from "./predict.ts";

const WRONG = 1;
const SUMMED = [1, 6, 17, 58, 132, 136];

/** The failures that are just such packets: here and there one of those that should go on as the dump predicts. */
export function wrongSums(
  ruleset: Ruleset,
  host: Host,
  failures: readonly Failure[],
  passed: readonly Case[],
): Set<Failure> {
  const wrong = failures.filter(({ of, loss }) => !loss && explains(ruleset, host, of));
  return new Set(
    wrong.filter(({ divergence: { predicted } }) => {
      if (!predicted) return false;
      const alike = wrong.filter(({ divergence }) => divergence.predicted?.id === predicted.id);
      return isRare(
        stepName(predicted),
        alike.map(({ of }) => of),
        passed,
      );
    }),
  );
}

function explains(ruleset: Ruleset, host: Host, of: Case): boolean {
  const entered = withWrongSum(of.entered);
  return entered !== null && fitting(ruleset, host, { ...of, entered }) !== null;
}

/** null: what this host sends is not looked at. */
function withWrongSum(entered: Entered): Entered | null {
  const { packet } = entered;
  const protocol = knownValue(packet, "protocol");
  if (entered.anyOrigin || isAbsent(packet.fields.inInterface) || !SUMMED.includes(Number(protocol ?? 0))) return null;
  const own = Object.entries(packet.fields).filter(([name]) => !name.startsWith("ct"));
  const fields: Packet["fields"] = { ...Object.fromEntries(own), checksum: only(WRONG), ctstate: ctStates("INVALID") };
  return { ...entered, packet: { ...packet, fields } };
}
