import { type Effect, type Given, type OptionTable, target } from "../define.ts";
import { flag, integer } from "../values.ts";

const bit = integer({ max: 1, examples: ["0", "1"] });
const options = {
  "--ecn-tcp-remove": flag(),
  "--ecn-tcp-ece": bit,
  "--ecn-tcp-cwr": bit,
  "--ecn-ip-ect": integer({ max: 3, examples: ["0", "2", "3"] }),
} satisfies OptionTable;
type Options = Given<typeof options>;

/** --ecn-tcp-remove takes back an --ecn-ip-ect that was given before it (extensions/libipt_ECN.c ECN_parse). */
function codepoint(given: Options): number | undefined {
  const { "--ecn-tcp-remove": remove, "--ecn-ip-ect": ect } = given;
  return remove && ect && remove.at > ect.at ? undefined : ect?.value;
}

const [ECE, CWR] = [1, 2];

/** The ECN bits of the IPv4 and the tcp header. net/ipv4/netfilter/ipt_ECN.c */
export const ECN = target({
  name: "ECN",
  families: ["ipv4"],
  options,
  needs: [Object.keys(options)],
  excludes: [
    ["--ecn-tcp-remove", "--ecn-tcp-ece"],
    ["--ecn-tcp-remove", "--ecn-tcp-cwr"],
  ],
  placement: { tables: ["mangle"] },
  check: (given, _, { protocol }) =>
    Object.keys(given).some((option) => option.startsWith("--ecn-tcp")) &&
    (protocol?.name !== "tcp" || protocol.negated)
      ? { expected: "-p tcp for what is in the tcp header" }
      : null,
  write(given) {
    const remove = given["--ecn-tcp-remove"] ? 0 : undefined;
    const ece = given["--ecn-tcp-ece"]?.value ?? remove;
    const cwr = given["--ecn-tcp-cwr"]?.value ?? remove;
    const ect = codepoint(given);
    if (ece === 0 && cwr === 0 && ect === undefined) return ["--ecn-tcp-remove"];
    return [["--ecn-tcp-ece", ece] as const, ["--ecn-tcp-cwr", cwr] as const, ["--ecn-ip-ect", ect] as const].flatMap(
      ([option, value]) => (value === undefined ? [] : [option, String(value)]),
    );
  },
  does(given) {
    const ect = codepoint(given);
    const remove = given["--ecn-tcp-remove"] ? 0 : undefined;
    const flag = (bit: number, value: number | undefined): readonly Effect[] =>
      value === undefined ? [] : [{ does: "set", field: "tcpEcn", value: value * bit, mask: bit }];
    return [
      ...flag(ECE, given["--ecn-tcp-ece"]?.value ?? remove),
      ...flag(CWR, given["--ecn-tcp-cwr"]?.value ?? remove),
      ...(ect === undefined ? [] : [{ does: "set", field: "tos", value: ect, mask: 3 } as const]),
    ];
  },
});
