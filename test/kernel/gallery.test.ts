/** The gallery of DOCKER-USER on the running kernel: the same rules loaded, the same packets sent, the same lines printed. */
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { describe, expect, test } from "vitest";
import type { HostJson } from "../../src/facts/index.ts";
import { readPublish, stockHost } from "../../src/owners/index.ts";
import { readScenarios } from "../../src/scenario/index.ts";
import { Source } from "../../src/source.ts";
import { GALLERY, gallery } from "../cases/gallery/gallery.ts";
import { chainwalkJson } from "../support/cli.ts";
import { lacking, letNamespacesLog } from "../support/real-tools.ts";
import { temporary } from "../support/seed.ts";
import { type Played, play } from "./gallery/play.ts";
import { topologyOf } from "./gallery/topology.ts";
import { Lab } from "./walk/lab.ts";

const missing = lacking(["iptables-legacy", "ip6tables-legacy"]);
const read = (file: string): string => readFileSync(file, "latin1");

/** The host of a case: its dumps, what Docker runs for its containers, its facts, and how they are named to the program. */
interface Stage {
  readonly ipv4: string;
  readonly ipv6?: string;
  readonly commands: string;
  readonly facts: HostJson;
  readonly words: readonly string[];
}
function stageOf(base: readonly string[], folder: string): Stage {
  const [, name = "", , publish = ""] = base;
  const port = readPublish(publish);
  const stock = port && stockHost(name, [port]);
  if (stock) return { ipv4: stock.dump, commands: stock.commands, facts: stock.host, words: base };
  const facts: HostJson = JSON.parse(read(`${folder}/host.json`));
  const isDual = facts.sysctl?.["net.ipv6.conf.all.forwarding"] !== undefined;
  return {
    ipv4: read(`${folder}/iptables.save`),
    ...(isDual ? { ipv6: read(`${folder}/ip6tables.save`) } : {}),
    commands: "",
    facts,
    words: [folder],
  };
}

/** After the script: the kernel prints a line for each rule from here on. */
const TRACE = "iptables -t raw -I PREROUTING -j TRACE\nip6tables -t raw -I PREROUTING -j TRACE\n";
const LEGACY = 'iptables() { iptables-legacy "$@"; }\nip6tables() { ip6tables-legacy "$@"; }\nset -e\n';
function load(lab: Lab, { ipv4, ipv6, commands }: Stage, script: string): void {
  expect(lab.load({ ipv4, ...(ipv6 === undefined ? {} : { ipv6 }) })).toBeNull();
  lab.run(`${LEGACY}${commands}${read(script)}${TRACE}`, "sh");
}

interface Step {
  readonly id: string;
  readonly layer: string;
  readonly printed: boolean;
  readonly in?: string | null;
  readonly out?: string | null;
}
/** What the engine says the kernel prints for each scenario: a list for each way that the facts leave open. */
async function predicted(words: readonly string[], scenarios: string): Promise<string[][][]> {
  const { json } = await chainwalkJson(["explain", ...words, "--scenarios", scenarios]);
  return json.explanations.map(({ paths }: { paths: { steps: Step[] }[] }) =>
    paths.map(({ steps }) =>
      steps
        .filter(({ printed, layer }) => printed && layer === "ip")
        .map((step) => `${step.id} IN=${step.in ?? ""} OUT=${step.out ?? ""}`),
    ),
  );
}

describe.skipIf(missing)(`on the running kernel${missing ? `: ${missing}` : ""}`, () => {
  const cases = gallery.flatMap(({ name, bases, broken }) =>
    bases.map((base, at) => ({ name, base, twins: at === 0 ? broken : [] })),
  );
  test.each(cases)("$name $base", async ({ name, base, twins }) => {
    const file = `${GALLERY}${name}/scenarios.yaml`;
    const { dumps, scenarios } = readScenarios(new Source(file, read(file)));
    const stage = stageOf(base, new URL(dumps[0] ?? ".", `file://${file}`).pathname);
    const topology = topologyOf(stage.facts);
    const kernel = temporary(JSON.stringify({ kernel: release(), sysctl: topology.sysctl }), "kernel.json");
    const words = [...stage.words, "--host", kernel, "--apply"];
    letNamespacesLog();
    const lab = await Lab.build(topology);
    try {
      for (const [script, fails] of [["rules.sh", {} as Record<string, string>] as const, ...twins]) {
        const path = `${GALLERY}${name}/${script}`;
        load(lab, stage, path);
        const played: (Played | null)[] = [];
        for (const { packet } of scenarios) played.push(await play(lab, packet));
        const ways = await predicted([...words, path, "--apply", temporary(TRACE, "trace.sh")], file);
        for (const [at, { name: scenario, expect: wanted }] of scenarios.entries()) {
          const seen = played[at];
          if (!seen) {
            expect(fails, `${script}: ${scenario}`).not.toEqual({});
            continue;
          }
          const { verdict, lines } = seen;
          expect([script, scenario, verdict]).toEqual([script, scenario, fails[scenario] ?? wanted?.verdict]);
          const ids = lines.map((line) => line.split(" ")[0]);
          if (!(scenario in fails) && wanted?.decidedBy) expect(ids).toContain(wanted.decidedBy);
          expect(ways[at], `${script}: ${scenario}`).toContainEqual(lines);
        }
      }
    } finally {
      lab.close();
    }
  });
});
