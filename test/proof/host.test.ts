/**
 * As walks.test.ts, with every extension, on a host with bridges, routes, sets and neighbours. No fate of a packet's is
 * missing; one too many there may be where one field hangs on another that is not told apart (a net that NETMAP gives, who
 * answers on a bridge). RUNS says how many rule-sets, FIRST from which seed.
 */
import { expect, test } from "vitest";
import { ctStates, EXTENSION_HEADERS, isWhole, single } from "../../src/facts/index.ts";
import { type Proof, prove } from "../../src/proof/index.ts";
import { rulesetOf } from "../kernel/walk/case.ts";
import { sequence } from "../syntax/events.ts";
import { provedFates, told, walkedFates } from "./agree.ts";
import { ANY, drawAims, drawPacket, drawRules, HOST, textOf } from "./drawn-host.ts";

const RUNS = Number(process.env["RUNS"] ?? 2);
const FIRST = Number(process.env["FIRST"] ?? 3);
const AH = 1 << EXTENSION_HEADERS.indexOf("ah");
const MOST_INEXACT = 0.15;
for (const family of ["ipv4", "ipv6"] as const)
  test(`a packet's fate is among those of the set that it lies in, on a host with all there is: ${family}`, () => {
    let [pairs, inexact] = [0, 0];
    for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
      const pick = sequence(seed);
      const aims = drawAims(pick, family);
      const tables = drawRules(pick, family, aims);
      const world = { ruleset: rulesetOf({ tables }, HOST), host: HOST };
      const [proof] = prove([world], { packet: ANY[family], reachOnly: true }) as [Proof];
      for (let left = 30; left > 0; left--) {
        const packet = drawPacket(pick, left > 15 ? aims : drawAims(pick, family), { ctstate: ctStates("NEW") });
        // the question is about whole packets without AH
        const { moreFragments, extensionHeaders } = packet.fields;
        if (!isWhole(packet) || single(moreFragments) === 1 || Number(single(extensionHeaders) ?? 0) & AH) continue;
        const walked = walkedFates(world, packet);
        if (!walked) continue;
        const proved = provedFates(proof, packet);
        const text = told(`seed ${seed}\n${textOf(tables)}`, packet);
        expect([...proved], text).toEqual(expect.arrayContaining([...walked]));
        pairs++;
        if (proved.size > walked.size) inexact++;
      }
    }
    expect(pairs).toBeGreaterThan(0);
    expect(inexact / pairs, `${inexact} of ${pairs} have a fate too many`).toBeLessThan(MOST_INEXACT);
  }, 1_200_000);
