// npm run bench: speed and memory beside the tools that people have. It judges nothing: it prints.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parse, Source } from "../../dist/index.js";
import { hostile, kube } from "./inputs.mjs";
import { readers, tracelog } from "./logs.mjs";
import { isThere, median, memory, peakOf, put, ratio, table } from "./measure.mjs";
import { chains, load, packets, time } from "./walks.mjs";
import { DEAD, workload } from "./workloads.mjs";

const here = (name) => new URL(name, import.meta.url).pathname;
const node = process.execPath;
const cli = here("../../dist/cli/main.js");
const big = put("kube100k.save", kube(100_000));
const read = [node, here("parse.mjs"), big];
const print = [node, cli, "print", big];
const peers = {
  "iptables-restore-translate -f": ["iptables-restore-translate", "-f", big],
  "grep -c": ["grep", "-c", "KUBE", big],
  "wc -l": ["wc", "-l", big],
  "node -e 0": [node, "-e", "0"],
};

const size = (readFileSync(big).length / 1e6).toFixed(1);
const rows = [["work", "beside", "ours ms", "theirs ms", "ratio", "peak MB"]];
for (const [work, command] of Object.entries({ parse: read, "print --format save": print })) {
  const peak = memory(command);
  for (const [name, peer] of Object.entries(peers)) {
    if (!isThere(peer[0])) {
      rows.push([work, `${name}: not installed`, "", "", "", peak]);
      continue;
    }
    const { ours, theirs, ratio: times } = ratio(command, peer);
    rows.push([work, name, Math.round(ours), Math.round(theirs), times.toFixed(2), peak]);
  }
}
table(`a kube-proxy-like dump of 100,000 rules, ${size} MB, whole processes, medians of 7 pairs`, rows);

const cold = put("docker.save", readFileSync(here("../../src/owners/docker/bases/docker-28.save"), "latin1"));
const start = [["work", "ours ms", "node -e 0 ms", "ratio"]];
for (const command of ["print", "lint"]) {
  const { ours, theirs, ratio: times } = ratio([node, cli, command, cold], peers["node -e 0"], 15);
  start.push([command, Math.round(ours), Math.round(theirs), times.toFixed(2)]);
}
table("a stock Docker dump, from a cold start, medians of 15 pairs", start);

const deadRows = [["workload", "rules", "dead: found, known", "whole lint ms", "print ms", "ratio", "peak MB"]];
for (const [size, kinds] of Object.entries(DEAD))
  for (const kind of Object.keys(kinds)) {
    const file = put(`${kind}.save`, workload(kind, Number(size)));
    const lint = [node, cli, "lint", file];
    const { ours, theirs, ratio: times } = ratio(lint, [node, cli, "print", file], 3);
    const report = spawnSync(node, [cli, "lint", "--format", "json", file], { encoding: "utf8", maxBuffer: 2 ** 30 });
    const { findings } = JSON.parse(report.stdout);
    const idle = findings.filter(({ rule, severity }) => severity !== "info" && /-rule$/.test(rule)).length;
    const row = [Math.round(ours), Math.round(theirs), times.toFixed(1), memory(lint)];
    deadRows.push([kind, size, `${idle}, ${kinds[kind]}`, ...row]);
  }
table("dead rules: lint of chains that are hard for one method or another, medians of 3 pairs", deadRows);

/** The best of some runs of the reader alone, in this process: what grows is the work, not the machine's noise. */
function best(text) {
  const source = new Source("bench", text);
  const times = Array.from({ length: 5 }, () => {
    const from = performance.now();
    parse(source);
    return performance.now() - from;
  });
  return Math.min(...times);
}
const growth = [["input", "1x ms", "2x ms", "4x ms", "8x ms", "worst doubling"]];
const shapes = { "ordinary (rules)": (bytes) => kube(Math.round(bytes / 150)), ...hostile };
for (const [name, make] of Object.entries(shapes)) {
  const times = [1, 2, 4, 8].map((times) => best(make(500_000 * times)));
  const worst = Math.max(...times.slice(1).map((time, at) => time / times[at]));
  growth.push([name, ...times.map((time) => time.toFixed(1)), worst.toFixed(2)]);
}
table("growth of the reader, inputs of 0.5, 1, 2 and 4 MB", growth);

const times = (count, make) => Array.from({ length: count }, (_, at) => make(at));
const inPairs = (pairs) => [
  ...[0, 1].map((at) => median(pairs.map((pair) => pair[at])).toFixed(2)),
  `${median(pairs.map(([a, b]) => a / b)).toFixed(1)}x`,
];
const some = packets(400);
/** A sample that takes long enough to be measured. */
const walks = (world, linear) =>
  time(world, time(world, some.slice(0, 2), linear) < 1 ? some : some.slice(0, 2), linear);
const heading = ["100,000 rules", "asked ms", "ours ms", "ratio", "first: asked", "ours ms", "ratio", "MB", "ours"];
const walked = [heading];
for (const [name, make] of Object.entries(chains)) {
  const text = make(100_000);
  const file = put("walk.save", text);
  const first = times(3, () => [true, false].map((linear) => time(load(text), some.slice(0, 1), linear)));
  const world = load(text);
  const pairs = times(6, () => [true, false].map((linear) => walks(world, linear))).slice(1);
  const peaks = ["linear", "ours"].map((how) => memory([node, here("walk-once.mjs"), file, how]));
  walked.push([name, ...inPairs(pairs), ...inPairs(first), ...peaks]);
}
table("walks, and the first of a rule-set: every rule asked, and as it is done, medians of pairs", walked);

const grown = [["walks", "", "12.5k", "25k", "50k", "100k rules", "worst doubling"]];
for (const [name, make] of Object.entries(chains)) {
  const costs = [12_500, 25_000, 50_000, 100_000].map((rules) => {
    const text = make(rules);
    const worlds = times(3, () => load(text));
    const first = Math.min(...worlds.map((world) => time(world, some.slice(0, 1), false)));
    return [first, Math.min(...times(5, () => walks(worlds[0], false)))];
  });
  for (const [at, what] of ["the first", "others"].entries()) {
    const row = costs.map((cost) => cost[at]);
    const worst = Math.max(...row.slice(1).map((cost, i) => cost / row[i]));
    grown.push([name, what, ...row.map((cost) => cost.toFixed(2)), worst.toFixed(2)]);
  }
}
table("growth of walks, ms", grown);

/** `npm run bench -- 1024` for a log of 1 GB. */
const largest = Number(process.argv[2] ?? 40);
const logs = [["drift of a log by a pipe", "ours ms", "grep -c ms", "ratio", "wc -l ms", "ratio", "peak MB"]];
for (const megabytes of [largest / 4, largest / 2, largest]) {
  const { drift, ...others } = readers(tracelog(megabytes));
  const shell = (text) => ["sh", "-c", text];
  const runs = Object.values(others).map((other) => ratio(shell(drift), shell(other), 1));
  const beside = runs.flatMap(({ theirs, ratio: times }) => [Math.round(theirs), times.toFixed(0)]);
  logs.push([`${megabytes} MB`, Math.round(runs[0].ours), ...beside, peakOf(drift)]);
}
table("growth of a log that is held against the dump", logs);
