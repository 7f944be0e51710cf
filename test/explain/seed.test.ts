/** explain on the seed's packets: in packet words, and from each single line of the log. */
import { describe, expect, test } from "vitest";
import { chainwalk, chainwalkJson } from "../support/cli.ts";
import { EB, FULL, HOST, idOf, NO_MANGLE, read, SECTIONS } from "../support/seed.ts";

interface Step {
  readonly id: string;
  readonly printed: boolean;
}
interface Path {
  readonly verdict: string;
  readonly decidedBy: string | null;
  readonly assumptions: readonly { fact: string; rule: string | null; taken: string }[];
  readonly steps: readonly Step[];
  readonly branches: readonly Path[];
  readonly passedOver: readonly { rule: string; because: string }[];
}
const ids = (path: Path): string[] => [
  ...path.steps.filter(({ printed }) => printed).map(({ id }) => id),
  ...path.branches.flatMap(ids),
];

/** The seed's lines, packet by packet: a packet of the log begins at its first line of broute, or of raw. */
function packetsOf(log: string): string[][] {
  const packets: string[][] = [];
  for (const line of read(log)
    .split("\n")
    .filter((each) => each.startsWith("TRACE: "))) {
    const id = idOf(line);
    const last = packets.at(-1);
    const begins =
      id.startsWith("eb:broute") ||
      (id.startsWith("raw:") && !(last && last.length < 3 && last[0]?.includes("eb:broute")));
    if (begins || !last) packets.push([line]);
    else last.push(line);
  }
  return packets;
}
const field = (line: string, key: string): string | undefined => new RegExp(`(?:^| )${key}=(\\S+)`).exec(line)?.[1];

/** A packet in words, as someone would describe it who saw it come in; conntrack's part by its order. */
function words(lines: readonly string[], at: number, section: string): string[] {
  const ip = lines.find((line) => !line.includes("TRACE: eb:")) ?? "";
  const isReply = ip.includes("TYPE=0");
  const out: string[] = [
    "-s",
    field(ip, "SRC") ?? "",
    "-d",
    field(ip, "DST") ?? "",
    "-p",
    "icmp",
    "--icmp-type",
    isReply ? "0/0" : "8/0",
  ];
  const input = field(ip, "IN");
  if (input) out.push("-i", input);
  const port = field(ip, "PHYSIN");
  if (port) out.push("--physdev-in", port);
  const last = lines.findLast((line) => line.includes("TRACE: eb:nat:POSTROUTING"));
  const outPort = last && field(last, "OUT");
  const flooded =
    new Set(lines.filter((line) => line.includes("TRACE: eb:nat:POSTROUTING")).map((line) => field(line, "OUT"))).size >
    1;
  if (!input) out.push("-o", field(ip, "OUT") ?? "");
  if (outPort && !flooded) out.push("--physdev-out", outPort);
  out.push("--ctstate", at === 0 ? "NEW" : "ESTABLISHED", "--ctdir", isReply ? "REPLY" : "ORIGINAL");
  if (section === "container-to-external" && isReply)
    out.push("--ctorigsrc", "192.168.0.2", "--ctorigdst", "10.28.61.30");
  return out;
}

/** README of the seed: which of FORWARD's rules decides. */
const DECIDES: Readonly<Record<string, (at: number) => string>> = {
  "container-to-container": (at) => (at === 0 ? "filter:FORWARD:rule:6" : "filter:FORWARD:rule:3"),
  "local-process-to-container": (at) => (at % 2 === 0 ? "filter:OUTPUT:policy:1" : "filter:INPUT:policy:1"),
  "container-to-external": (at) => (at % 2 === 0 ? "filter:FORWARD:rule:5" : "filter:FORWARD:rule:3"),
};

describe.each(SECTIONS)("$name", ({ name, log, dump }) => {
  const packets = packetsOf(log);
  test("six packets", () => expect(packets).toHaveLength(6));

  test.each([0, 1, 2, 3, 4, 5])("packet %i in words: exactly the log's lines, in order", async (at) => {
    const lines = packets[at] ?? [];
    const { code, json } = await chainwalkJson(["explain", dump, EB, "--host", HOST, ...words(lines, at, name)]);
    expect(code).toBe(0);
    const paths: Path[] = json.explanations[0].paths;
    const seen = lines.map(idOf);
    const path = paths.find((each) => JSON.stringify(ids(each)) === JSON.stringify(seen));
    expect(path, paths.map((each) => ids(each).join(" ")).join("\n")).toBeDefined();
    expect(path?.verdict).toBe("ACCEPT");
    expect(path?.decidedBy).toBe(DECIDES[name]?.(at));
    // only the flooded frame leaves something open: whether the bridge had learnt where the container is
    if (name === "local-process-to-container" && at === 0)
      expect(path?.assumptions).toEqual([{ fact: "fdb", rule: null, taken: "not learnt: flooded" }]);
    else expect(paths).toHaveLength(1);
  });

  test("every line alone: the recorded walk is among the paths, and what it took is named", async () => {
    const missing: string[] = [];
    for (const lines of packets) {
      const recorded = JSON.stringify(lines.map(idOf));
      for (const line of lines) {
        const { json } = await chainwalkJson(["explain", dump, EB, "--host", HOST, "--trace-line", line]);
        const paths: Path[] = json.explanations[0].paths;
        const path = paths.find((each) => JSON.stringify(ids(each)) === recorded);
        if (!path) missing.push(`${line}\n  ${paths.map((each) => ids(each).join(" ")).join("\n  ")}`);
        else if (paths.length > 1 && path.assumptions.length === 0) missing.push(`nothing assumed: ${line}`);
      }
    }
    expect(missing).toEqual([]);
  });
});

/** The first ping from container to container. */
const PING = "-i docker0 --physdev-in veth0594f4b -s 192.168.0.2 -d 192.168.0.3 -p icmp".split(" ");

describe("passed over", () => {
  test("every other rule of FORWARD says why", async () => {
    const packet = [...PING, "--icmp-type", "8"];
    const { json } = await chainwalkJson(["explain", FULL, EB, "--host", HOST, ...packet, "--ctstate", "NEW"]);
    const over = Object.fromEntries(
      json.explanations[0].paths[0].passedOver.map(({ rule, because }: { rule: string; because: string }) => [
        rule,
        because,
      ]),
    );
    expect(over["filter:FORWARD:rule:3"]).toBe("ctstate is NEW, the rule wants RELATED,ESTABLISHED");
    expect(over["filter:FORWARD:rule:5"]).toBe("output interface is docker0, the rule wants other than docker0");
    expect(over["nat:PREROUTING:rule:1"]).toBe("destination is 192.168.0.3, the rule wants an address of this host");
  });

  test("an unknown ctstate forks, and names the fact and the rule", async () => {
    const { json } = await chainwalkJson(["explain", NO_MANGLE, EB, "--host", HOST, ...PING]);
    const paths: Path[] = json.explanations[0].paths;
    expect(paths.map(({ decidedBy }) => decidedBy)).toEqual([
      "filter:FORWARD:rule:6",
      "filter:FORWARD:rule:3",
      "filter:FORWARD:rule:6",
    ]);
    expect(paths[2]?.assumptions).toContainEqual({ fact: "ctstate", rule: "filter:FORWARD:rule:3", taken: "no" });
  });

  test("people read the verdict first", async () => {
    const { out } = await chainwalk(["explain", NO_MANGLE, EB, "--host", HOST, ...PING, "--ctstate", "NEW"]);
    const lines = out.split("\n").filter((line) => line !== "");
    expect(lines[0]).toBe("ACCEPT  it leaves by docker0, port veth57a3dec");
    expect(lines[2]).toBe("  decided   by filter:FORWARD:rule:6  -i docker0 -o docker0 -j ACCEPT");
  });
});
