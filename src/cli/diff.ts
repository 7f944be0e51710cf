/** diff: packets that two rule-sets treat differently. */
import type { Command } from "commander";
import { anyPacket, type Family, type Packet } from "../facts/index.ts";
import { diff } from "../proof/index.ts";
import { type Compared, diffJson, diffPretty } from "../report/diff.ts";
import { badUsage, FOUND_NOTHING, FOUND_SOMETHING } from "./exit-codes.ts";
import { type OneHost, readHost, type Setting } from "./inputs.ts";
import { type Io, jsonText, styleOf } from "./io.ts";
import { addChangeOptions, formatOption, hostOption, ipsetOption } from "./options.ts";
import { addPacketWords, packetOf } from "./packet-words.ts";
import { decided, sideOf } from "./sides.ts";

interface Options extends Omit<Setting, "names"> {
  readonly format: string;
  readonly [word: string]: unknown;
}

export function define(program: Command, io: Io, exit: (code: number) => void): void {
  const command = program
    .command("diff")
    .summary("packets that two rule-sets treat differently")
    .description(
      "Which packets end otherwise (verdict, rejection, NAT) with NEW than with OLD, or with OLD after --apply: in words, with one of them to replay and the rules that decide on both sides. Packet words narrow what is compared.",
    )
    .argument("[old]", "a dump or a folder; or --base")
    .argument("[new]", "a dump or a folder; or --apply, which changes the old one")
    .addOption(hostOption())
    .addOption(ipsetOption())
    .addOption(formatOption())
    .action(async (old: string | undefined, now: string | undefined, options: Options) =>
      exit(await run(old, now, options, io)),
    );
  addChangeOptions(command);
  addPacketWords(command);
}

async function run(old: string | undefined, now: string | undefined, options: Options, io: Io): Promise<number> {
  const { apply, ...unchanged } = options;
  const isStock = options.base !== undefined;
  const first = old === undefined ? [] : [old];
  if (isStock && first.length > 0 && apply) throw badUsage("give a dump, or --base, not both");
  const [before, after] = isStock && old !== undefined ? [[], first] : [first, now === undefined ? first : [now]];
  if (!apply && (isStock ? old === undefined : now === undefined))
    throw badUsage("nothing to compare with: name a second dump, or a change with --apply");
  if (apply && now !== undefined) throw badUsage("give a second dump, or --apply, not both");
  const { base: _, publish: __, ...plain } = unchanged;
  const settings: readonly [Setting, Setting] = [
    { ...unchanged, names: before },
    apply ? { ...options, names: before } : { ...(isStock ? plain : unchanged), names: after },
  ];
  const [one, other] = [await readHost(settings[0], io), await readHost(settings[1], io)];
  const compared = packetsOf(options, [one, other]).map(
    (packet): Compared => ({ packet, found: decided(() => diff(one, other, packet)) }),
  );
  const sides = settings.map(({ names, ...setting }) => sideOf(names, setting)) as [string[], string[]];
  if (options.format === "json") io.out(jsonText(diffJson(compared, sides)));
  else for (const line of diffPretty(compared, styleOf(io.colour))) io.out(`${line}\n`);
  return compared.some(({ found }) => found.differences.length > 0) ? FOUND_SOMETHING : FOUND_NOTHING;
}

/** One of each family that either side has tables of, unless the words say which. */
function packetsOf(options: Options, hosts: readonly OneHost[]): readonly Packet[] {
  const has = (family: Family) => hosts.some(({ ruleset }) => ruleset.tables.some((table) => table.family === family));
  const stated = packetOf(options, has("ipv6") && !has("ipv4") ? "ipv6" : "ipv4");
  if (stated) return [stated];
  const families = (["ipv4", "ipv6"] as const).filter(has);
  return (families.length > 0 ? families : (["ipv4"] as const)).map(anyPacket);
}
