/** The cases that people read: each says what its scenarios are to show. */
import { expect, test } from "vitest";
import { chainwalkJson } from "./support/cli.ts";

const CASE = new URL("./cases/docker-user/", import.meta.url).pathname;
const outcomes = async (dump: string) => {
  const { code, json } = await chainwalkJson(["test", `${CASE}scenarios.yaml`, "--dump", `${CASE}${dump}`]);
  return [code, ...json.scenarios.map(({ outcome }: { outcome: string }) => outcome)];
};

test("a DROP of the published port in DOCKER-USER does not hold: DNAT came first", async () => {
  expect(await outcomes("rules.v4")).toEqual([1, "failed", "passed"]);
});
test("the same with the original port of the connection does", async () => {
  expect(await outcomes("rules-fixed.v4")).toEqual([0, "passed", "passed"]);
});
