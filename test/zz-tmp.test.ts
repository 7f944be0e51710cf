import { test } from "vitest";
import { chainwalkJson } from "./support/cli.ts";
import { hostOf, RECORDINGS } from "./support/recording.ts";
import { read, temporary } from "./support/seed.ts";

test.each(["t03a-hotdrop-names", "t08-edge-probes", "t02b-zoo-plain-ct", "t02a-zoo-plain-noct"])(
  "%s",
  async (name) => {
    const folder = `${RECORDINGS}${name}/`;
    const host = temporary(JSON.stringify(hostOf(name)));
    const dumps = ["iptables-save.legacy", "ip6tables-save.legacy", "ebtables-save.nft"]
      .map((file) => `${folder}pre/${file}`)
      .filter((file) => read(file) !== "");
    const { code, json } = await chainwalkJson(["drift", ...dumps, "--host", host, "--log", `${folder}dmesg.log`]);
    const { lines, packets, explained, assumed, lost, unread, drifts } = json;
    console.log(
      name,
      code,
      { lines, packets, explained, assumed, lost, unread },
      drifts
        .slice(0, 6)
        .map((d: object) => JSON.stringify(d).slice(0, 420))
        .join("\n"),
    );
  },
  120000,
);
