/** print gives back what iptables-save and ebtables-save print. */
import { existsSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chainwalk, chainwalkJson } from "./support/cli.ts";
import { EB, FULL, NO_MANGLE, read, temporary } from "./support/seed.ts";

const LAYOUTS = new URL("../../shared/layouts/", import.meta.url).pathname;

test.each([FULL, NO_MANGLE, EB])("%s byte for byte", async (file) => {
  expect(await chainwalk(["print", file])).toEqual({ code: 0, out: read(file), err: "" });
});

describe.skipIf(!existsSync(LAYOUTS))("stock Docker dumps (../shared/layouts)", () => {
  const files = existsSync(LAYOUTS) ? readdirSync(LAYOUTS).filter((name) => name.endsWith(".save")) : [];
  test("all 56 of them", () => expect(files).toHaveLength(56));
  test.each(files)("%s has no unreadable line and prints back byte for byte", async (name) => {
    const { json } = await chainwalkJson(["print", LAYOUTS + name]);
    expect(json.dumps[0].problems).toEqual([]);
    expect((await chainwalk(["print", LAYOUTS + name])).out).toBe(read(LAYOUTS + name));
  });
});

test("a line is printed the same whatever came before it", async () => {
  const before = ["-A INPUT -s 192.0.2.1/32 -j ACCEPT", "-A INPUT -s 192.0.2.1/32 -j OWN"];
  const lines = [
    "-A INPUT  -s 192.0.2.2/32\t-j ACCEPT",
    '-A INPUT -s 192.0.2.2/32 -j "OWN"',
    "-A INPUT -s 192.0.2.3/32 -j ACCEPT  ",
  ];
  const canonical = [
    "-A INPUT -s 192.0.2.2/32 -j ACCEPT",
    "-A INPUT -s 192.0.2.2/32 -j OWN",
    "-A INPUT -s 192.0.2.3/32 -j ACCEPT",
  ];
  const dump = (...rules: string[]) => `*filter\n:INPUT ACCEPT [0:0]\n:OWN - [0:0]\n${rules.join("\n")}\nCOMMIT\n`;
  for (const first of [[], before])
    expect((await chainwalk(["print", temporary(dump(...first, ...lines))])).out).toBe(dump(...first, ...canonical));
});

test("a line that cannot be read stays as it is, such as a name with a blank as iptables-save 1.8.9 prints it", async () => {
  const line = "-A INPUT -m recent --set --name a b --mask 255.255.255.255 --rsource";
  const dump = `*filter\n:INPUT ACCEPT [0:0]\n${line}\nCOMMIT\n`;
  expect((await chainwalk(["print", temporary(dump)])).out).toBe(dump);
});

// semantics 5.2: what iptables-save makes of each, from the g01 recordings and the man page
test.each([
  ["-A INPUT -p tcp --dport 80 -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT"],
  ["-A INPUT -s 10.0.0.1 -i + -j DROP", "-A INPUT -s 10.0.0.1/32 -j DROP"],
  ["-A INPUT -s 0.0.0.0/0 -d 10.1.2.3/8 -j DROP", "-A INPUT -d 10.0.0.0/8 -j DROP"],
  ["-A INPUT -p tcp -m tcp --syn -j DROP", "-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP"],
  ["-A INPUT -p icmp -m icmp --icmp-type echo-request -j ACCEPT", "-A INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT"],
  ['-A INPUT -m comment --comment "foo" -j ACCEPT', "-A INPUT -m comment --comment foo -j ACCEPT"],
  ['-A INPUT -m comment --comment "it\'s" -j ACCEPT', '-A INPUT -m comment --comment "it\\\'s" -j ACCEPT'],
  [
    "-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
    "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
  ],
  ["-A INPUT -m mark --mark 16 -j ACCEPT", "-A INPUT -m mark --mark 0x10 -j ACCEPT"],
  ["-A INPUT -m nosuch --a b ! --c -j ACCEPT", "-A INPUT -m nosuch --a b ! --c -j ACCEPT"],
  ["-A INPUT -s 10.0.0.0/255.0.255.0 -j DROP", "-A INPUT -s 10.0.0.0/255.0.255.0 -j DROP"],
  ["-A INPUT ! -s 10.0.0.0/8 -p 47 -j DROP", "-A INPUT ! -s 10.0.0.0/8 -p gre -j DROP"],
])("%s", async (line, canonical) => {
  const dump = (rule: string) => `*filter\n:INPUT ACCEPT [0:0]\n${rule}\nCOMMIT\n`;
  expect((await chainwalk(["print", temporary(dump(line))])).out).toBe(dump(canonical));
});
