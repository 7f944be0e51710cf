/** As walks.test.ts, with every extension, on a host with bridges, routes, sets and neighbours: IPv4 and IPv6. */
import { expect, test } from "vitest";
import { ctStates, isWhole } from "../../src/facts/index.ts";
import { type Proof, prove } from "../../src/proof/index.ts";
import { rulesetOf } from "../kernel/walk/case.ts";
import { sequence } from "../syntax/events.ts";
import { provedFates, told, walkedFates } from "./agree.ts";
import { ANY, drawAims, drawPacket, drawRules, HOST, textOf } from "./drawn-host.ts";

const RUNS = Number(process.env["RUNS"] ?? 0);
const FIRST = Number(process.env["FIRST"] ?? Math.floor(Math.random() * 2 ** 31));
for (const family of ["ipv4", "ipv6"] as const)
  test(`a packet's fate is the set's that it lies in, on a host with all there is: ${family}`, () => {
    for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
      const pick = sequence(seed);
      const aims = drawAims(pick, family);
      const tables = drawRules(pick, family, aims);
      const world = { ruleset: rulesetOf({ tables }, HOST), host: HOST };
      const [proof] = prove([world], { packet: ANY[family], reachOnly: true });
      for (let left = 30; left > 0; left--) {
        const packet = drawPacket(pick, left > 15 ? aims : drawAims(pick, family), { ctstate: ctStates("NEW") });
        if (!isWhole(packet)) continue;
        const walked = walkedFates(world, packet);
        const text = told(`seed ${seed}\n${textOf(tables)}`, packet);
        if (walked) expect(provedFates(proof as Proof, packet), text).toEqual(walked);
      }
    }
  }, 600_000);
