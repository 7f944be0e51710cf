import { target } from "../define.ts";
import { flag, readInteger, text, word } from "../values.ts";

const FOREVER = 0xffffffff;
/** The tool prints a signed number: `inf` as -1 (extensions/libxt_LED.c LED_save), which it does not read again. */
const delay = word(
  "milliseconds, or inf",
  ["50", "0x10", "inf"],
  (given) => (/^inf/i.test(given) || given === "-1" ? FOREVER : readInteger(given, FOREVER)),
  (value) => (value === 0 ? null : String(value | 0)),
  { negatable: false },
);
const { quoted: _, ...id } = text({ max: 16, examples: ["foo", "eth0-rx"] });

/** Blinks. net/netfilter/xt_LED.c */
export const LED = target({
  name: "LED",
  families: ["ipv4", "ipv6"],
  options: {
    // always in quotes, in which ' stays as it is
    "--led-trigger-id": {
      ...id,
      write: (value) => [`"${value.replace(/["\\]/g, "\\$&")}"`],
    },
    "--led-delay": delay,
    "--led-always-blink": flag(),
  },
  needs: [["--led-trigger-id"]],
  does: () => [{ does: "continue" }],
});
