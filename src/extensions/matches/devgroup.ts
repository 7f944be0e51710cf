import {
  all,
  always,
  any,
  type Condition,
  exactly,
  type Host,
  not,
  present,
  unite,
  within,
} from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, opaque, readInteger, readMasked, showMasked, WITH_INPUT, WITH_OUTPUT, word } from "../values.ts";

interface Group {
  readonly text: string;
  /** A mask of 0. */
  readonly any: boolean;
}
/** Names are those of the host's /etc/iproute2/group; 0 is `default` everywhere. */
const group = () =>
  word(
    "a group number, value/mask or a name of /etc/iproute2/group",
    ["1", "0x1/0xff", "default"],
    (text): Group | undefined => {
      if (/^[a-z][\w.-]*$/i.test(text)) return { text, any: false };
      const number = readMasked(text);
      if (!number) return undefined;
      const isDefault = number.value === 0 && number.mask === 0xffffffff;
      return { text: isDefault ? "default" : showMasked(number), any: number.mask === 0 };
    },
    ({ text }) => text,
  );
/** undefined: a name, whose number is the host's own. */
const numberOf = (text: string): number | undefined => (text === "default" ? 0 : readInteger(text, 0xffffffff));
function isIn(group: string, wanted: string): boolean | undefined {
  if (group === wanted) return true;
  const [number, asks] = [numberOf(group), readMasked(wanted === "default" ? "0" : wanted)];
  return number === undefined || !asks ? undefined : (number & asks.mask) >>> 0 === asks.value;
}
const inGroup =
  (field: "inInterface" | "outInterface", host: Host) =>
  ({ text, any: isAny }: Group): Condition => {
    if (isAny) return always;
    const groups = [...host.groups()];
    const named = (wanted: boolean) =>
      exactly(...groups.filter(([, group]) => isIn(group, text) === wanted).map(([name]) => name));
    const [members, others] = [named(true), named(false)];
    const open = opaque(`${field} is in group ${text}`, "ip -details link");
    return any(
      within(field, members, `group ${text}`),
      all(present(field), not(within(field, unite([...members, ...others]), "known")), open),
    );
  };

/** The group of the interfaces. net/netfilter/xt_devgroup.c */
export const devgroup = match({
  name: "devgroup",
  families: ["ipv4", "ipv6"],
  options: { "--src-group": group(), "--dst-group": group() },
  needs: [["--src-group", "--dst-group"]],
  placed: { "--src-group": WITH_INPUT, "--dst-group": WITH_OUTPUT },
  means: (given, host) =>
    all(
      asked(given["--src-group"], inGroup("inInterface", host)),
      asked(given["--dst-group"], inGroup("outInterface", host)),
    ),
});
