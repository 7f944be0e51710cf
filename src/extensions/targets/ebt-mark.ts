import { type Effect, target } from "../define.ts";
import { afterwards, ebtVerdict, hex, integer } from "../values.ts";

const value = (aliases: readonly string[] = []) =>
  integer({ print: hex, aliases, examples: ["1", "0x10", "0xffffffff"] });
const FULL = 0xffffffff;

/** Changes the frame's mark. net/bridge/netfilter/ebt_mark.c */
export const ebtMark = target({
  name: "mark",
  families: ["bridge"],
  options: {
    "--mark-set": value(["--set-mark"]),
    "--mark-or": value(),
    "--mark-xor": value(),
    "--mark-and": value(),
    "--mark-target": ebtVerdict(),
  },
  needs: [["--mark-set", "--mark-or", "--mark-xor", "--mark-and", "--mark-target"]],
  excludes: [["--mark-set", "--mark-or", "--mark-xor", "--mark-and"]],
  complete(given) {
    const hasWork = Object.keys(given).some((option) => option !== "--mark-target");
    const zero = { value: 0, negated: false, at: 0 };
    return {
      ...(hasWork ? given : { "--mark-set": zero }),
      "--mark-target": given["--mark-target"] ?? { value: "ACCEPT", negated: false, at: 0 },
    };
  },
  does(given) {
    const change = (value: number, mask: number): Effect => ({ does: "set", field: "mark", value, mask });
    const [set, or, xor, and] = (["--mark-set", "--mark-or", "--mark-xor", "--mark-and"] as const).map(
      (option) => given[option]?.value,
    );
    const changes = [
      set === undefined ? [] : [change(set, FULL)],
      or === undefined ? [] : [change(or, or)],
      xor === undefined ? [] : [change(xor, 0)],
      and === undefined ? [] : [change(0, (FULL & ~and) >>> 0)],
    ].flat();
    return [...changes, afterwards(given["--mark-target"]?.value ?? "ACCEPT")];
  },
});
