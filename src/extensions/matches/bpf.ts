import { all, type Condition } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, chance, opaque, word } from "../values.ts";

const MOST = 64;
const SIZES = [2 ** 16, 2 ** 8, 2 ** 8, 2 ** 32] as const;
/** BPF_RET with a constant or the accumulator: what a program ends with, or net/core/filter.c refuses it. */
const RETURNS = [0x06, 0x16];

/** `code jt jf k`; more digits than fit are cut as scanf cuts them, and what follows the fourth number is not read. */
function readInstruction(given: string): readonly number[] | undefined {
  const numbers = /^\s*([+-]?\d+)\s+([+-]?\d+)\s+([+-]?\d+)\s+([+-]?\d+)/.exec(given)?.slice(1);
  return numbers?.map((each, at) => {
    const size = SIZES[at] as number;
    return ((Number(each) % size) + size) % size;
  });
}
/** `1,6 0 0 65536`: how many instructions, then each. extensions/libxt_bpf.c */
const program = word(
  `the number of instructions, 1-${MOST}, and so many of them, "code jt jf k", after commas, the last one a return`,
  ["1,6 0 0 65536", "4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0"],
  (given) => {
    const [, digits = "", body = ""] = /^\s*(\d+),(.*?),?$/s.exec(given) ?? [];
    const instructions = body.split(",").map(readInstruction);
    const size = Number(digits);
    if (size < 1 || size > MOST || instructions.length !== size) return undefined;
    if (instructions.includes(undefined) || !RETURNS.includes(instructions.at(-1)?.[0] ?? 0)) return undefined;
    return `${size},${instructions.map((each) => each?.join(" ")).join(",")}`;
  },
  (value) => value,
  { negatable: false, quoted: true },
);

const pinned = word(
  "the path of a pinned program",
  ["/sys/fs/bpf/filter"],
  (path) => path.slice(0, 511),
  (value) => value,
  { negatable: false },
);

/** A program that looks at the packet's bytes. net/netfilter/xt_bpf.c */
export const bpf = match({
  name: "bpf",
  families: ["ipv4", "ipv6"],
  options: {
    "--bytecode": program,
    "--object-pinned": pinned,
  },
  needs: [["--bytecode", "--object-pinned"]],
  excludes: [["--bytecode", "--object-pinned"]],
  means: (given): Condition =>
    all(
      asked(given["--bytecode"], (code) => opaque(`bpf program says yes: ${code}`, "the packet's bytes")),
      // may keep state in maps
      asked(given["--object-pinned"], (path) => chance(`bpf ${path}`, `what ${path} decides is not known`)),
    ),
});
