import { type Given, type OptionTable, target } from "../define.ts";
import { flag, hex, integer, markChange } from "../values.ts";

const mask = integer({ examples: ["0xff", "255", "0xffffffff"] });
/** 32 is within the tool's bounds, but not within the kernel's. */
const shift = integer({ max: 31, examples: ["4", "0x8", "31"] });
const options = {
  "--set-xmark": markChange,
  "--save-mark": flag(),
  "--restore-mark": flag(),
  "--nfmask": mask,
  "--ctmask": mask,
  "--mask": mask,
  "--left-shift-mark": shift,
  "--right-shift-mark": shift,
} satisfies OptionTable;
type Options = Given<typeof options>;
type Masks = "--nfmask" | "--ctmask" | "--mask" | "--left-shift-mark" | "--right-shift-mark";

const ALL = 0xffffffff;
const OPERATIONS = ["--set-xmark", "--save-mark", "--restore-mark"] as const;
/** Of options that write the same place the last one counts. */
const latest = (given: Options, ...names: readonly Masks[]) =>
  names
    .flatMap((name) => (given[name] ? [{ name, ...given[name] }] : []))
    .sort((a, b) => a.at - b.at)
    .at(-1);

/**
 * The connection's mark: set, copied from the packet's mark, or copied to it. net/netfilter/xt_connmark.c connmark_tg_shift
 */
export const CONNMARK = target({
  name: "CONNMARK",
  families: ["ipv4", "ipv6"],
  options,
  needs: [OPERATIONS],
  excludes: [OPERATIONS, ["--mask", "--nfmask"], ["--mask", "--ctmask"]],
  write(given) {
    const set = given["--set-xmark"];
    const ctmask = latest(given, "--ctmask", "--mask");
    const nfmask = latest(given, "--nfmask", "--mask");
    const shifted = latest(given, "--left-shift-mark", "--right-shift-mark");
    const moved = shifted && shifted.value > 0 ? [shifted.name, String(shifted.value)] : [];
    // --ctmask stands where the mask of --set-xmark does
    if (set) {
      const own = ctmask && ctmask.at > set.at ? ctmask.value : set.value.mask;
      return ["--set-xmark", `${hex(set.value.value)}/${hex(own)}`, ...moved];
    }
    const copy = given["--save-mark"] ? "--save-mark" : "--restore-mark";
    return [copy, "--nfmask", hex(nfmask?.value ?? ALL), "--ctmask", hex(ctmask?.value ?? ALL), ...moved];
  },
  does(given) {
    const set = given["--set-xmark"];
    const ctmask = latest(given, "--ctmask", "--mask");
    const nfmask = latest(given, "--nfmask", "--mask")?.value ?? ALL;
    const shifted = latest(given, "--left-shift-mark", "--right-shift-mark");
    const shift = (shifted?.value ?? 0) * (shifted?.name === "--right-shift-mark" ? -1 : 1);
    if (set) {
      const mask = ctmask && ctmask.at > set.at ? ctmask.value : set.value.mask;
      return [{ does: "set", field: "ctmark", value: set.value.value, mask, shift }];
    }
    const [packet, connection] = [
      { field: "mark", mask: nfmask },
      { field: "ctmark", mask: ctmask?.value ?? ALL },
    ] as const;
    const [to, from] = given["--save-mark"] ? [connection, packet] : [packet, connection];
    return [{ does: "copy", field: to.field, mask: to.mask, from: from.field, fromMask: from.mask, shift }];
  },
});
