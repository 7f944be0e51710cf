import { all, type Condition, not } from "../../facts/index.ts";
import { match, type One, type Value } from "../define.ts";
import { flag, hostMask, numberedProtocol, oneOf, opaque, optionText, readPort, word } from "../values.ts";

const port = () => word("a port 0-65535", ["80", "ftp", "0x50"], readPort, String);
const isOurs = (what: string): Condition => opaque(`ipvs: ${what}`, "the table of IPVS connections");

const service = {
  "--vproto": numberedProtocol(),
  "--vaddr": hostMask(),
  "--vport": port(),
  "--vdir": oneOf(["ORIGINAL", "REPLY"], { anyCase: true, negatable: false }),
  "--vmethod": oneOf(["GATE", "IPIP", "MASQ"], { anyCase: true }),
  "--vportctl": port(),
};

/**
 * The virtual service that a packet belongs to. net/netfilter/xt_ipvs.c: a packet that IPVS did not touch
 * matches `! --ipvs` alone.
 */
export const ipvs = match({
  name: "ipvs",
  families: ["ipv4", "ipv6"],
  options: {
    "--ipvs": flag({ negatable: true }),
    ...service,
  },
  needs: [["--ipvs", ...Object.keys(service)]],
  check: (given) =>
    given["--ipvs"]?.negated && Object.keys(given).length > 1
      ? { option: "--ipvs", expected: "! --ipvs alone, since the other options need an IPVS connection" }
      : null,
  // every other option implies --ipvs, which is then not printed
  write: (given, saver) =>
    given["--ipvs"] && Object.keys(given).length > 1
      ? Object.entries(service).flatMap(([flag, value]) => {
          const one = given[flag as keyof typeof service];
          return one ? optionText(flag, value as Value<unknown>, one, saver) : [];
        })
      : null,
  means(given) {
    if (given["--ipvs"]?.negated) return not(isOurs("a packet of a connection"));
    const asks = Object.entries(given as Record<string, One<{ toString(): string; text?: string }> | undefined>);
    return all(
      isOurs("a packet of a connection"),
      ...asks.flatMap(([option, one]) => {
        if (!one || option === "--ipvs") return [];
        const asked = isOurs(`${option} ${one.value.text ?? one.value}`);
        return [one.negated ? not(asked) : asked];
      }),
    );
  },
});
