/** docs/flows.md: every way that it shows is the one that the kernel printed (semantics 4.4), line by line and device by device. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { chainwalkJson } from "./support/cli.ts";

const page = readFileSync("docs/flows.md", "utf8");
const shown = page
  .split(/^##+ /m)
  .slice(1)
  .map((section) => {
    const [title = ""] = section.split("\n");
    const command = /\$ npx chainwalk explain ((?:.*\\\n)*.*)/.exec(section)?.[1] ?? "";
    const log = /^Recorded: \[.*\]\(\.\.\/(.*)\)$/m.exec(section)?.[1] ?? "";
    return { title, argv: command.replaceAll("\\\n", " ").trim().split(/\s+/), log };
  });

interface Step {
  readonly id: string;
  readonly printed: boolean;
  readonly layer: string;
  readonly in?: string | null;
  readonly out?: string | null;
  readonly physdevIn?: string | null;
  readonly physdevOut?: string | null;
}
interface Path {
  readonly steps: readonly Step[];
  readonly branches: readonly Path[];
}

/** A step as its line has it; an ebtables line names no rule. PHYSIN and PHYSOUT are printed if they are not IN and OUT (semantics 1.1). */
const lineOf = ({ id, layer, ...at }: Step): string => {
  const devices = `IN=${at.in ?? ""} OUT=${at.out ?? ""}`;
  if (layer === "bridge") return `${id.replace(/:rule:\d+$/, "")} ${devices}`;
  return `${id} ${devices}${at.physdevIn ? ` PHYSIN=${at.physdevIn}` : ""}${at.physdevOut ? ` PHYSOUT=${at.physdevOut}` : ""}`;
};
const linesOf = (path: Path): string[] => [
  ...path.steps.filter(({ printed }) => printed).map(lineOf),
  ...path.branches.flatMap(linesOf),
];

describe.each(shown)("$title", ({ argv, log }) => {
  it("prints the lines that the kernel printed", async () => {
    const recorded = readFileSync(log, "latin1")
      .split("\n")
      .filter((line) => line !== "");
    const { json } = await chainwalkJson(["explain", ...argv]);
    const { paths } = json.explanations[0];
    expect(paths).toHaveLength(1);
    expect(linesOf(paths[0])).toEqual(
      recorded.map((line) => /^TRACE: (\S+ IN=\S* OUT=\S*(?: PHYS(?:IN|OUT)=\S+)*)/.exec(line)?.[1]),
    );
  });
});

it("every recorded way is shown", () => {
  const logs = readdirSync("test/flows/logs").map((name) => `test/flows/logs/${name}`);
  expect(shown.map(({ log }) => log).sort()).toEqual(logs.sort());
});
