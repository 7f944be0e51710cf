import { target } from "../define.ts";
import { bareWord } from "../values.ts";

/** Gives the packet a security mark, which no rule asks for. net/netfilter/xt_SECMARK.c */
export const SECMARK = target({
  name: "SECMARK",
  families: ["ipv4", "ipv6"],
  options: { "--selctx": bareWord(255, ["system_u:object_r:http_server_packet_t:s0"]) },
  needs: [["--selctx"]],
  placement: { tables: ["mangle", "security"] },
  does: () => [{ does: "continue" }],
});
