import { always, never } from "../../facts/index.ts";
import { match, type Value } from "../define.ts";
import { asked, hex, opaque, readMasked, word } from "../values.ts";

/** The only name that iproute2 brings; others are the host's own (/etc/iproute2/rt_realms) and stay names. */
const COSMOS = "cosmos";
const FULL = 0xffffffff;
const realmValue: Value<string> = word(
  "a realm 0-0xffffffff, realm/mask, or a name",
  ["4", "0x1/0x2a", COSMOS, "0"],
  (text) => {
    if (/^[a-z_][\w.-]*$/i.test(text)) return text;
    const given = readMasked(text);
    if (!given) return undefined;
    if (given.mask !== FULL) return `${hex(given.value)}/${hex(given.mask)}`;
    return given.value === 0 ? COSMOS : hex(given.value);
  },
  (value) => value,
);

const numberOf = (text: string) => (text === COSMOS ? { value: 0, mask: FULL } : readMasked(text));

/** The realm of the packet's route, 0 where no route or rule gives one. net/netfilter/xt_realm.c */
export const realm = match({
  name: "realm",
  families: ["ipv4"],
  options: { "--realm": realmValue },
  needs: [["--realm"]],
  placement: { hooks: ["INPUT", "FORWARD", "OUTPUT", "POSTROUTING"] },
  means: (given, host) =>
    asked(given["--realm"], (value) => {
      const number = numberOf(value);
      if (host.hasRealms === false && number) return number.value === 0 ? always : never;
      return opaque(`route's realm is ${value}`, "ip route: realms");
    }),
});
