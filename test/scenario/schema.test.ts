import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, it } from "vitest";
import { fieldNames } from "../../src/facts/index.ts";
import { scenarioSchema } from "../../src/scenario/index.ts";

const published = JSON.parse(readFileSync(new URL("../../src/scenario/scenario.schema.json", import.meta.url), "utf8"));

it("the published schema is the one that files are held against", () => {
  expect(published).toEqual(scenarioSchema);
});

it("its packet has every field of the field table, in order", () => {
  expect(Object.keys(published.properties.scenarios.items.properties.packet.properties)).toEqual(fieldNames);
});

it("it is a JSON Schema", () => {
  expect(new Ajv2020({ allowUnionTypes: true }).validateSchema(published)).toBe(true);
});
