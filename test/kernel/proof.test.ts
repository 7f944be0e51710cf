/**
 * Proof against the running kernel: no rule that no packet is said to get to prints a line, and a witness of a rule that
 * packets get to prints that rule's. PROOF_CASES says how many rule-sets, PROOF_SEED which.
 */
import { env } from "node:process";
import { expect, test } from "vitest";
import {
  anyPacket,
  ctStates,
  everything,
  type Field,
  knownValue,
  type Packet,
  readAddress,
  withFields,
  writeAddress,
} from "../../src/facts/index.ts";
import { type Rule, type Ruleset, ruleText } from "../../src/model/index.ts";
import { type Path, walk } from "../../src/path/index.ts";
import { witnessOf } from "../../src/proof/cubes.ts";
import { OverBudget, type Proof, prove, type Question } from "../../src/proof/index.ts";
import { readTrace, type TraceEvent } from "../../src/trace/index.ts";
import { sequence } from "../syntax/events.ts";
import { type Pick as Draw, oneOf } from "./draw.ts";
import { SEED } from "./seeds.ts";
import { play, rulesetOf } from "./walk/case.ts";
import type { Family } from "./walk/conversation.ts";
import { type Datagram, encode, frame, TCP, UDP } from "./walk/datagram.ts";
import { NOT_DRAWN } from "./walk/drawn.ts";
import { entered } from "./walk/entered.ts";
import { withEveryLine } from "./walk/kernel-log.ts";
import { labLacks, type Sent } from "./walk/lab.ts";
import { drawCase, Stage } from "./walk/run.ts";
import { blockOfRun, dockerLike } from "./walk/topology.ts";

const missing = labLacks();
const CASES = Number(env["PROOF_CASES"] ?? 2);
const FIRST = Number(env["PROOF_SEED"] ?? SEED);
/** Witnesses sent of one rule-set. */
const MOST_SENT = 12;

function proved(ruleset: Ruleset, stage: Stage, question: Question): Proof | null {
  try {
    const [proof] = prove([{ ruleset, host: stage.host }], question);
    return proof && !proof.truncated ? proof : null;
  } catch (error) {
    if (error instanceof OverBudget) return null;
    throw error;
  }
}

/** The rule that a line is about; null: the end of a chain. */
function ruleOf({ tables }: Ruleset, family: Family, event: TraceEvent): Rule | null {
  if (event.layer !== "ip") return null;
  const table = tables.find((each) => each.family === family && each.name === event.table);
  return table?.chains.get(event.chain)?.rules[event.number - 1] ?? null;
}
const eventsOf = (lines: readonly string[]): readonly TraceEvent[] =>
  readTrace(lines.map((line) => `${line}\n`).join("")).events;

/** A packet that comes in by a wire from the one behind it, to wherever, for whichever port. */
function drawWay(pick: Draw, family: Family, stage: Stage): { sent: (datagram: Datagram) => Sent; datagram: Datagram } {
  const wire = oneOf(
    pick,
    stage.lab.topology.wires.filter(({ bridge }) => bridge === undefined),
  );
  const [peer] = wire.peers;
  const source = peer?.addresses.find((each) => each.includes(":") === (family === "ipv6")) ?? "";
  const protocol = oneOf(pick, [TCP, UDP]);
  const head = { family, source, destination: source, ttl: 64, tos: 0, id: 7, sourcePort: 4000, destinationPort: 80 };
  return {
    sent: (each) => ({ by: "wire", wire: wire.name, hex: frame(peer?.mac ?? "", wire.mac, encode(each)) }),
    datagram: { ...head, protocol, body: "", ...(protocol === TCP ? { tcpFlags: 2, seq: 1, ack: 0 } : {}) },
  };
}
const FREE: readonly Field[] = ["destination", "sourcePort", "destinationPort"];

test.skipIf(missing)(
  `what proof says of rules is what the kernel does${missing ? `: ${missing}` : ""}`,
  async () => {
    const stage = await Stage.build(dockerLike(blockOfRun()));
    const counts = { sets: 0, undecided: 0, lines: 0, unreached: 0, witnesses: 0, unconfirmed: 0, open: 0 };
    try {
      for (let seed = FIRST; seed < FIRST + CASES; seed++) {
        const { case: drawn } = stage.loadable(drawCase(seed, stage.lab.topology, new Set(NOT_DRAWN.keys())));
        const ruleset = rulesetOf(drawn, stage.host);
        const pick = sequence(seed);
        counts.sets++;
        const done = await withEveryLine(() => play(stage.lab, drawn));
        for (const family of ["ipv4", "ipv6"] as const) {
          const every = proved(ruleset, stage, {
            packet: { family, fields: {}, assumed: {} },
            states: "any",
            reachOnly: true,
          });
          if (!every) {
            counts.undecided++;
            continue;
          }
          const rules = ruleset.tables
            .filter((table) => table.family === family)
            .flatMap(({ chains }) => [...chains.values()].flatMap((chain) => chain.rules));
          counts.unreached += rules.filter((rule) => !every.matched.has(rule)).length;
          const hold = (lines: readonly string[]) => {
            for (const event of eventsOf(lines)) {
              if ((event.layer === "ip" ? event.values.source : undefined) === undefined) continue;
              if ((typeof event.values.source === "bigint") !== (family === "ipv6")) continue;
              const rule = ruleOf(ruleset, family, event);
              counts.lines++;
              const said = `seed ${seed}: ${event.text}`;
              if (rule && !every.matched.has(rule)) expect.fail(`${said}\nis said to be unreached: ${ruleText(rule)}`);
            }
          };
          for (const each of done) hold(each?.seen.lines ?? []);

          const { sent, datagram } = drawWay(pick, family, stage);
          const asSent = (each: Datagram): Packet =>
            withFields(anyPacket(family), {
              ...entered({ sent: sent(each) }, each, stage.lab.topology),
              ctstate: ctStates("NEW"),
            });
          const described = asSent(datagram);
          const fields = {
            ...described.fields,
            ...Object.fromEntries(FREE.map((field) => [field, { ...everything(field, family), absent: false }])),
          };
          const proof = proved(ruleset, stage, { packet: { ...described, fields } });
          if (!proof) continue;
          let left = MOST_SENT;
          for (const rule of rules) {
            const set = proof.matched.get(rule);
            if (set === undefined || left === 0) continue;
            const hits = ({ steps }: Pick<Path, "steps">) => steps.some((step) => step.rule === rule && step.printed);
            const witness = witnessOf(proof, set, hits);
            if (!witness) {
              counts.unconfirmed++;
              continue;
            }
            const address = knownValue(witness, "destination") ?? readAddress("192.0.2.1") ?? 0;
            const one: Datagram = {
              ...datagram,
              destination: writeAddress(address as number | bigint),
              sourcePort: Number(knownValue(witness, "sourcePort") ?? 4000),
              destinationPort: Number(knownValue(witness, "destinationPort") ?? 80),
            };
            const paths = walk({ ruleset, host: stage.host }, asSent(one)).paths;
            // chance, and what no field says, may keep it from there
            if (!paths.every(hits)) {
              counts.open++;
              continue;
            }
            left--;
            const lines = await withEveryLine(async () => {
              await stage.lab.begin();
              await stage.lab.take();
              return (await stage.lab.send(sent(one))).lines;
            });
            hold(lines);
            counts.witnesses++;
            const met = eventsOf(lines).map((event) => ruleOf(ruleset, family, event));
            if (!met.includes(rule)) expect.fail(`seed ${seed}: no line of ${ruleText(rule)}\n${lines.join("\n")}`);
          }
        }
      }
    } finally {
      stage.lab.close();
    }
    console.log(JSON.stringify(counts));
    expect(counts.lines).toBeGreaterThan(0);
    expect(counts.witnesses).toBeGreaterThan(0);
  },
  CASES * 90_000,
);
