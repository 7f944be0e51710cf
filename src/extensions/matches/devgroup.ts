import { all, always, type Condition } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, opaque, readMasked, showMasked, WITH_INPUT, WITH_OUTPUT, word } from "../values.ts";

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
const inGroup =
  (side: "input" | "output") =>
  ({ text, any }: Group): Condition =>
    any ? always : opaque(`${side} interface is in group ${text}`, "ip -details link");

/** The group of the interfaces. net/netfilter/xt_devgroup.c */
export const devgroup = match({
  name: "devgroup",
  families: ["ipv4", "ipv6"],
  options: { "--src-group": group(), "--dst-group": group() },
  needs: [["--src-group", "--dst-group"]],
  placed: { "--src-group": WITH_INPUT, "--dst-group": WITH_OUTPUT },
  means: (given) => all(asked(given["--src-group"], inGroup("input")), asked(given["--dst-group"], inGroup("output"))),
});
