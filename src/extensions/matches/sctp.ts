import { BadValue, match, type Value } from "../define.ts";
import { asked, asks, ofHeader, opaque, ports, truncated } from "../values.ts";

/** Chunk types by number, and the letters of their flags from bit 7 down where they have any. extensions/libxt_sctp.c */
const TYPES: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    `DATA INIT INIT_ACK SACK HEARTBEAT HEARTBEAT_ACK ABORT SHUTDOWN SHUTDOWN_ACK ERROR COOKIE_ECHO COOKIE_ACK
    ECN_ECNE ECN_CWR SHUTDOWN_COMPLETE`
      .split(/\s+/)
      .map((name, at) => [name, at]),
  ),
  I_DATA: 64,
  ASCONF_ACK: 128,
  RE_CONFIG: 130,
  PAD: 132,
  FORWARD_TSN: 192,
  ASCONF: 193,
  I_FORWARD_TSN: 194,
};
const NO_FLAGS = "--------";
const FLAGS: Readonly<Record<string, string>> = {
  DATA: "----IUBE",
  I_DATA: "----IUBE",
  ABORT: "-------T",
  SHUTDOWN_COMPLETE: "-------T",
};
/** Flags of types past this one are read, but neither kept nor printed in the type's own place. */
const LAST_WITH_FLAGS = 14;

/** `DATA:Be,SACK` as it is printed: in the order of the types, capital for a flag that is set; undefined where it is no list. */
function readTypes(text: string): string | undefined {
  if (/^(all|none)$/i.test(text)) return text.toUpperCase();
  const found = new Map<string, string[]>();
  for (const item of text.split(",").filter((each) => each !== "")) {
    const [, typed = "", letters = ""] = /^([^:]*):?(.*)$/s.exec(item) ?? [];
    const type = typed.toUpperCase();
    if (!Object.hasOwn(TYPES, type)) return undefined;
    const flags = found.get(type) ?? Array(8).fill("");
    found.set(type, flags);
    for (const letter of letters) {
      const bit = (FLAGS[type] ?? NO_FLAGS).indexOf(letter.toUpperCase());
      if (bit < 0) return undefined;
      // once asked to be set, a flag stays so
      if (flags[bit] === "" || letter === letter.toUpperCase()) flags[bit] = letter;
    }
  }
  const types = [...found].sort(([a], [b]) => (TYPES[a] ?? 0) - (TYPES[b] ?? 0));
  return (
    types
      .map(([type, flags]) => ((TYPES[type] ?? 0) > LAST_WITH_FLAGS ? [type, ""] : [type, flags.join("")]))
      .map(([type, flags]) => (flags === "" ? type : `${type}:${flags}`))
      .join(",") || "NONE"
  );
}
const chunkTypes: Value<readonly string[]> = {
  arity: 2,
  negatable: true,
  examples: ["any INIT,INIT_ACK", "all DATA:Be,SACK", "only ABORT:t", "ANY all", "all none"],
  read([how, types]) {
    const mode = how?.text.toLowerCase() ?? "";
    if (how && !["all", "any", "only"].includes(mode)) throw new BadValue(how, "all, any or only");
    const list = readTypes(types?.text ?? "");
    if (types && (list === undefined || /^[-!]/.test(types.text)))
      throw new BadValue(types, `ALL, NONE or a list of ${Object.keys(TYPES).join(", ")}`);
    return [mode, list ?? ""];
  },
  write: (value) => value,
};

/** /etc/services seldom has names for sctp. */
const PORTS = ["3868", "1024:65535", ":1023"];

/** sctp ports and chunks. net/netfilter/xt_sctp.c; semantics 6.2: later fragments are no in both polarities. */
export const sctp = match({
  name: "sctp",
  families: ["ipv4", "ipv6"],
  options: {
    "--sport": ports({ aliases: ["--source-port"], examples: PORTS }),
    "--dport": ports({ aliases: ["--destination-port"], examples: PORTS }),
    "--chunk-types": chunkTypes,
  },
  placement: { protocols: ["sctp"] },
  means: (given) =>
    ofHeader(
      12,
      asks("sourcePort", given["--sport"]),
      asks("destinationPort", given["--dport"]),
      asked(given["--chunk-types"], (chunks) => opaque(`sctp chunks: ${chunks.join(" ")}`, "the packet's chunks")),
    ),
  dropsIf: () => truncated(12),
});
