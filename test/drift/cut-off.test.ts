/** A log that ends in the middle of a packet, wherever it was cut: what is missing at its end is no drift. */
import { expect, test } from "vitest";
import { chainwalkJson } from "../support/cli.ts";
import { EB, HOST, NO_MANGLE, read, SEED, temporary } from "../support/seed.ts";

const lines = String(read(`${SEED}container-to-container.log`))
  .trimEnd()
  .split("\n");
const drift = (kept: readonly string[]) =>
  chainwalkJson(["drift", NO_MANGLE, EB, "--host", HOST, "--log", temporary(`${kept.join("\n")}\n`)]);

test.each([1, 2, 3, 4, 5, 6, 7])("%i lines less at the end: one packet lacks lost lines", async (less) => {
  const { json, code } = await drift(lines.slice(0, -less));
  expect(json).toMatchObject({ drifts: [], lost: 1 });
  expect(json.explained).toBe(json.packets - 1);
  expect(code).toBe(0);
});

test("a line of something else behind it shows that the log goes on: no more is said of the packet", async () => {
  const { json } = await drift([...lines.slice(0, -3), "device eth0 left promiscuous mode"]);
  expect(json).toMatchObject({ drifts: [{ kind: "lost-or-drift", count: 1 }], lost: 0 });
});

test("a line that is itself cut off does not", async () => {
  const log = temporary(`${lines.slice(0, -3).join("\n")}\n${String(lines.at(-3)).slice(0, 30)}`);
  const { json } = await chainwalkJson(["drift", NO_MANGLE, EB, "--host", HOST, "--log", log]);
  expect(json).toMatchObject({ drifts: [], lost: 1 });
});

test("the same in the middle is lost or drift: the packets behind it have begun later", async () => {
  const { json } = await drift(lines);
  expect(json).toMatchObject({ drifts: [], lost: 0 });
  const first = lines.findIndex((line) => line.includes(" ID=") && line.includes("POSTROUTING"));
  const less = lines.filter((_, at) => at !== first);
  expect((await drift(less)).json).toMatchObject({ drifts: [{ kind: "lost-or-drift", count: 1 }], lost: 0 });
});
