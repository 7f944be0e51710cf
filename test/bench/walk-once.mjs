// What the bench measures the memory of: a rule-set in a process of its own, walked by a few packets.
import { readFileSync } from "node:fs";
import { load, packets, time } from "./walks.mjs";

const [file, how] = process.argv.slice(2);
time(load(readFileSync(file, "latin1")), packets(5), how === "linear");
