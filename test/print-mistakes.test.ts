/** A rule that its tool would refuse is printed as it stands, and everything is the same when it is printed again. */
import { expect, test } from "vitest";
import { Host } from "../src/facts/index.ts";
import { loadDump, printDump } from "../src/model/index.ts";
import { Source } from "../src/source.ts";
import { parse } from "../src/syntax/index.ts";

const print = (text: string) => printDump(loadDump(parse(new Source("mistakes", text)), new Host()));
const table = (line: string) => `*filter\n:INPUT ACCEPT [0:0]\n${line}\nCOMMIT\n`;

test.each([
  "-A INPUT -px -j DROP",
  "-A INPUT ! -s10.0.0.300 --dport 80",
  "-A INPUT -p tcp -m tcp --dport 99999 -j ACCEPT",
  "-A INPUT -m recent --seconds",
  "-A INPUT -m set --match-set",
  '-A INPUT -m set --match-set "" src',
  "-A INPUT -s 10.0.0.1,,10.0.0.2 -j DROP",
  '-A INPUT -m "two words" -j "no chain"',
  '-A INPUT -j ""',
])("%s", (line) => expect(print(table(line))).toBe(table(line)));

test.each([
  [
    "the words of a script as they are meant",
    "iptables -A INPUT -m nosuch --zz 'b c' --zy \"$x\" --zx \\\nf\n",
    ' --zz "b c"',
  ],
  ["blanks between words", table("-A  INPUT\t-px"), "-A INPUT -px\n"],
  ["returns before the line end", table("-A INPUT -px\r\r"), "-A INPUT -px\n"],
])("%s", (_, text, expected) => expect(print(text.replace('"$x"', "x"))).toContain(expected));

test("blank lines, the first one too, whatever stands before the next", () => {
  expect(print("\n *filter\n:INPUT ACCEPT [0:0]\n\n COMMIT\n")).toBe("\n*filter\n:INPUT ACCEPT [0:0]\n\nCOMMIT\n");
  expect(print("\r\nhuh\r\n")).toBe("\nhuh\n");
});

test("a chain without a policy, behind a command, is still a dump's", () => {
  const printed = print("iptables -RT 1 \n:1 ");
  expect(parse(new Source("printed", printed)).dialect).toBe("iptables");
});
