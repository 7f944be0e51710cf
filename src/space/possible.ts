/** Which packets there can be: what fields say of each other, as conditions, so that no set holds what nobody can send. */
import {
  all,
  any,
  type Condition,
  exactly,
  type Family,
  type Field,
  HEADERS,
  not,
  present,
  within,
} from "../facts/index.ts";

/** Every IP packet has them (RFC 791, RFC 8200), and skb->mark is always there. */
const ALWAYS: readonly Field[] = [
  "source",
  "destination",
  "protocol",
  "length",
  "ttl",
  "tos",
  "mark",
  "fragmentOffset",
];
/** Only tcp has them, and not every packet of it. */
const OF_TCP: readonly Field[] = ["tcpEcn", "tcpOptions", "tcpMss"];

const isFirst = within("fragmentOffset", [[0, 1]], "whole or the first piece");
const same = (one: Condition, other: Condition): Condition => any(all(one, other), all(not(one), not(other)));
const follows = (one: Condition, other: Condition): Condition => any(not(one), other);

/**
 * All that hold of a packet whose fields of these are asked about. `asked` is asked of a field; a condition may name
 * others besides: those that it follows from.
 */
export function possible(family: Family, asked: (field: Field) => boolean): readonly Condition[] {
  const isIp = family === "ipv4" || family === "ipv6";
  const out: Condition[] = isIp ? ALWAYS.filter(asked).map(present) : [];
  const headers = HEADERS.filter(([field]) => asked(field));
  for (const [field, protocols] of headers) {
    const has = all(within("protocol", protocols, "its protocol"), isFirst);
    out.push(isIp ? same(present(field), has) : follows(present(field), has));
  }
  const isTcp = all(within("protocol", exactly(6), "tcp"), isFirst);
  for (const field of OF_TCP.filter(asked)) out.push(follows(present(field), isTcp));
  if (isIp && asked("ctstate")) out.push(present("ctstate"));
  if (isIp && headers.length > 0) out.push(present("protocol"), present("fragmentOffset"));
  return out;
}
