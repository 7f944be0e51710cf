/** What --format json prints is what the published schemas say. */
import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { chainwalkJson } from "./support/cli.ts";
import { EB, FULL, HOST, SEED } from "./support/seed.ts";

const SCHEMAS = new URL("../dist/schemas/", import.meta.url).pathname;
const schema = (name: string) => JSON.parse(readFileSync(`${SCHEMAS}${name}.schema.json`, "utf8"));
const CASE = new URL("./cases/docker-user/", import.meta.url).pathname;

describe.each([
  ["explain", ["explain", FULL, EB, "--host", HOST, "--log", `${SEED}local-process-to-container.log`]],
  ["explain", ["explain", `${CASE}rules.v4`, "-i", "eth0", "-o", "docker0", "-p", "tcp", "--dport", "8080"]],
  ["explain", ["explain", FULL, EB, "--host", HOST, "--scenarios", `${SEED}scenarios.yaml`]],
  ["drift", ["drift", FULL, EB, "--host", HOST, "--log", `${SEED}container-to-container.log`]],
  ["drift", ["drift", FULL, "--host", HOST, "--log", `${SEED}container-to-external.log`]],
  ["lint", ["lint", `${CASE}rules.v4`, EB]],
  ["test", ["test", `${CASE}scenarios.yaml`]],
  ["print", ["print", FULL, EB]],
  ["infer", ["infer", "--log", `${SEED}container-to-external.log`]],
  ["query", ["query", `${CASE}rules.v4`, "-i", "eth0"]],
  ["query", ["query", `${CASE}rules.v4`, "--rule", "filter:DOCKER:rule:1"]],
  ["diff", ["diff", `${CASE}rules.v4`, "--apply", `${CASE}user.sh`]],
  ["rules", ["rules"]],
  ["rules", ["rules", "duplicate-rule"]],
])("%s", (name, argv) => {
  test(argv.slice(0, 2).join(" "), async () => {
    const { json } = await chainwalkJson(argv);
    const validate = new Ajv2020({ allErrors: true }).compile(schema(name));
    validate(json);
    expect(validate.errors ?? []).toEqual([]);
    expect(json.version).toBe(1);
  });
});

test("every published schema is one", () => {
  for (const file of readdirSync(SCHEMAS)) {
    expect(
      new Ajv2020({ strict: false }).validateSchema(JSON.parse(readFileSync(`${SCHEMAS}${file}`, "utf8"))),
      file,
    ).toBe(true);
  }
});
