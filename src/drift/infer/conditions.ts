/**
 * What a rule that matched these packets and passed those over may ask for: the fewest plain questions that tell the two
 * apart. That it does ask just this is not known.
 */
import {
  type Condition,
  evaluate,
  type Family,
  type Field,
  Host,
  type Packet,
  protocolName,
  single,
  type Value,
  writeAddress,
} from "../../facts/index.ts";
import { meaningOf, ruleOfText } from "../../model/index.ts";

interface Question {
  readonly text: string;
  readonly condition: Condition;
}
export interface Told {
  /** As iptables takes them. */
  readonly words: readonly string[];
  /** Whether none of the packets that were passed over has what these words ask for. */
  readonly apart: boolean;
}
export interface Asked {
  readonly family: Family;
  readonly chain: string;
  readonly hook: string;
  readonly matched: readonly Packet[];
  readonly passed: readonly Packet[];
}

export function tellApart(asked: Asked): Told {
  const open = questions(asked);
  const chosen: Question[] = [];
  let left = [...asked.passed];
  while (left.length > 0) {
    const refused = open.map((question) => left.filter((packet) => is(question, packet) === "no").length);
    const most = Math.max(0, ...refused);
    const best = open[refused.indexOf(most)];
    if (most === 0 || !best) break;
    chosen.push(best);
    left = left.filter((packet) => is(best, packet) !== "no");
  }
  return { words: ordered(chosen), apart: left.length === 0 };
}

/** Something that all of them have: for a rule that asks for something, of which it is not known what. */
export const common = (asked: Asked): string[] => ordered(questions({ ...asked, passed: [] }).slice(0, 1));

const HOST = new Host({});
const is = ({ condition }: Question, packet: Packet) => evaluate(condition, packet).is;
/** iptables wants the protocol before its options. */
const ordered = (chosen: readonly Question[]): string[] => {
  const words = chosen.map(({ text }) => text);
  return [...words.filter((text) => text.startsWith("-p")), ...words.filter((text) => !text.startsWith("-p"))];
};

/** Those that all that matched answer with yes, the likeliest first. */
function questions({ family, chain, hook, matched, passed }: Asked): Question[] {
  return texts(hook, matched, passed).flatMap((text) => {
    const { condition } = meaningOf(ruleOfText(family, chain, `${text} -j ACCEPT`), HOST);
    const question = { text, condition };
    return matched.every((packet) => is(question, packet) === "yes") ? [question] : [];
  });
}

function texts(hook: string, matched: readonly Packet[], passed: readonly Packet[]): string[] {
  const out = ["-m conntrack --ctstate RELATED,ESTABLISHED", "-m conntrack --ctstate NEW"];
  const equal = (flag: string, field: Field, write: (value: Value) => string): void => {
    const [value, more] = valuesOf(matched, field);
    if (value !== undefined && more === undefined) out.push(`${flag} ${write(value)}`);
  };
  for (const [flag, field] of devicesAt(hook)) {
    equal(flag, field, String);
    // where those that matched have several: not that of the others
    for (const other of valuesOf(passed, field)) out.push(`! ${flag} ${other}`);
  }
  equal("-p", "protocol", (number) => protocolName(Number(number)));
  const [protocol, more] = valuesOf(matched, "protocol");
  if (more === undefined && (protocol === 6 || protocol === 17)) {
    const name = protocolName(protocol);
    equal(`-p ${name} -m ${name} --dport`, "destinationPort", String);
    equal(`-p ${name} -m ${name} --sport`, "sourcePort", String);
  }
  equal("-d", "destination", (address) => writeAddress(address as number | bigint));
  equal("-s", "source", (address) => writeAddress(address as number | bigint));
  equal("-m physdev --physdev-in", "physdevIn", String);
  return out;
}

/** man iptables: -i and -o are only for chains that see packets with one. */
function devicesAt(hook: string): readonly (readonly [string, Field])[] {
  const [inside, out] = [["-i", "inInterface"] as const, ["-o", "outInterface"] as const];
  if (hook === "FORWARD") return [inside, out];
  return hook === "PREROUTING" || hook === "INPUT" ? [inside] : [out];
}

const valuesOf = (packets: readonly Packet[], field: Field): Value[] => [
  ...new Set(packets.map(({ fields }) => single(fields[field])).filter((value) => value !== undefined)),
];
