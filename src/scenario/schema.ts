/** The JSON Schema of a scenario file. Its packet part is made from the field table; `scenario.schema.json` publishes it. */
import { fieldNames, rowOf } from "../facts/index.ts";
import type { Hook, Verdict } from "../path/index.ts";

const HOOKS = [
  "BROUTING",
  "PREROUTING",
  "INPUT",
  "FORWARD",
  "OUTPUT",
  "POSTROUTING",
] as const satisfies readonly Hook[];
const VERDICTS = [
  "ACCEPT",
  "DROP",
  "REJECT",
  "QUEUE",
  "STOLEN",
  "LOST",
  "UNDECIDED",
] as const satisfies readonly Verdict[];

const map = (properties: object, more: object = {}) => ({
  type: "object",
  additionalProperties: false,
  ...more,
  properties,
});
const text = { type: "string", minLength: 1 };
const stepId = {
  type: "string",
  pattern: "^\\S+:\\S+:(rule|return|policy):[1-9][0-9]*$",
  examples: ["filter:FORWARD:rule:5"],
};
const rows = { type: "array", items: { type: "object" } };

const packet = map(
  Object.fromEntries(
    fieldNames.map((name) => [name, { description: rowOf(name).says, type: ["string", "number", "null"] }]),
  ),
  { description: "The packet as it enters: null is known to be absent, what is left out is not stated." },
);

const host = map(
  {
    addr: rows,
    link: rows,
    route: rows,
    rule: rows,
    neigh: rows,
    fdb: rows,
    sysctl: { type: "object", additionalProperties: { type: ["string", "number"] } },
    kernel: text,
    backend: map({ iptables: { enum: ["legacy", "nft"] }, ebtables: { enum: ["legacy", "nft"] } }),
    ipset: { description: "What ipset save prints.", type: "string" },
    xfrm: { description: "What ip xfrm state and ip xfrm policy print: empty without IPsec.", type: "string" },
    time: { ...text, description: "When the packet comes, such as 2026-11-25T03:37:00+01:00." },
    loadedTables: { type: "object", additionalProperties: { type: "array", items: text } },
    comment: { type: "string" },
  },
  { description: "Host facts of this scenario only, over those of the host." },
);

const expect = map(
  {
    verdict: { enum: VERDICTS },
    decidedBy: { ...stepId, type: ["string", "null"] },
    steps: {
      description: "Exactly the lines that TRACE prints, in order; copies of a flooded frame one after the other.",
      type: "array",
      items: stepId,
    },
    passes: { description: "Steps on its way, in this order.", type: "array", minItems: 1, items: stepId },
    notPasses: { description: "Steps that are not on its way.", type: "array", minItems: 1, items: stepId },
    paths: { description: "In how many ways the unknown facts can fall.", type: "integer", minimum: 1 },
  },
  { description: "Holds only if it holds however the unknown facts fall.", minProperties: 1 },
);

export const scenarioSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "chainwalk scenarios",
  ...map(
    {
      version: { const: 1 },
      dumps: { description: "Paths, seen from this file.", type: "array", items: text },
      host: { ...text, description: "Path of the host facts, seen from this file." },
      family: { enum: ["ipv4", "ipv6"], default: "ipv4" },
      scenarios: {
        type: "array",
        items: map(
          {
            name: text,
            description: { type: "string" },
            packet,
            host,
            hook: { description: "Where the packet starts, if not where it enters.", enum: HOOKS },
            expect,
          },
          { required: ["name", "packet"] },
        ),
      },
    },
    { required: ["version", "scenarios"] },
  ),
};
