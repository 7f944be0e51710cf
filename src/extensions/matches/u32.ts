import { BadValue, match, type Value } from "../define.ts";
import { asked, hex, opaque, readInteger } from "../values.ts";

/** include/uapi/linux/netfilter/xt_u32.h XT_U32_MAXSIZE */
const MAX = 10;

class Tests {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** `location=values && location=values`, each number in hexadecimal; throws what was expected, and where. */
  read(): string {
    const tests = [this.#test()];
    while (this.#skip("&")) {
      if (this.#text[this.#at++] !== "&") this.#fail("a second &");
      tests.push(this.#test());
    }
    if (this.#at < this.#text.length) this.#fail("a comma or &&");
    if (tests.length > MAX) this.#fail(`at most ${MAX} tests`);
    return tests.join("&&");
  }
  #test(): string {
    let [text, count] = [this.#number(), 1];
    for (let sign = this.#operator(); sign !== ""; sign = this.#operator(), count++) text += sign + this.#number();
    this.#need("=", "an operator &, <<, >>, @ or =");
    if (count > MAX) this.#fail(`at most ${MAX} numbers before =`);
    const values = [this.#range()];
    while (this.#skip(",")) values.push(this.#range());
    if (values.length > MAX) this.#fail(`at most ${MAX} values after =`);
    return `${text}=${values.join(",")}`;
  }
  #range(): string {
    const low = this.#number();
    const high = this.#skip(":") ? this.#number() : low;
    return low === high ? low : `${low}:${high}`;
  }
  #operator(): string {
    if (this.#skip("&")) return "&";
    if (this.#skip("@")) return "@";
    for (const sign of ["<", ">"]) {
      if (!this.#skip(sign)) continue;
      if (this.#text[this.#at] !== sign) this.#fail(`a second ${sign}`);
      this.#at++;
      return sign + sign;
    }
    return "";
  }
  #number(): string {
    this.#skip("");
    const digits = /^(0x[\da-f]+|0[0-7]*|[1-9]\d*)/i.exec(this.#text.slice(this.#at))?.[0] ?? "";
    const value = readInteger(digits, 0xffffffff);
    if (value === undefined) this.#fail("a number 0-0xffffffff");
    this.#at += digits.length;
    this.#skip("");
    return hex(value);
  }
  /** Over blanks, and over the sign if it is there. */
  #skip(sign: string): boolean {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
    const found = sign !== "" && this.#text[this.#at] === sign;
    if (found) this.#at++;
    return found;
  }
  #need(sign: string, expected: string): void {
    if (!this.#skip(sign)) this.#fail(expected);
  }
  #fail(expected: string): never {
    throw new RangeError(`${expected} at character ${this.#at + 1}`);
  }
}
const tests: Value<string> = {
  arity: 1,
  negatable: true,
  quoted: true,
  examples: ["0=1", "0>>22&0x3C@4&0xFF=1:5,8&&6&0xFF=0x10", "4&0x1FFF=0"],
  read([first]) {
    try {
      return new Tests(first?.text ?? "").read();
    } catch (error) {
      if (!first || !(error instanceof RangeError)) throw error;
      throw new BadValue(first, error.message);
    }
  },
  write: (value) => [value],
};

/** Numbers taken from anywhere in the packet. net/netfilter/xt_u32.c */
export const u32 = match({
  name: "u32",
  families: ["ipv4", "ipv6"],
  options: { "--u32": tests },
  needs: [["--u32"]],
  means: (given) => asked(given["--u32"], (text) => opaque(`packet passes u32 ${text}`, "the packet's bytes")),
});
