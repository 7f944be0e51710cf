import { describe, expect, it } from "vitest";
import { type Condition, type Field, readValues, within } from "../../src/facts/index.ts";
import { Atoms, Uncut } from "../../src/space/index.ts";

const asks = (field: Field, text: string): Condition => within(field, readValues(field, text), text);
const bits = (mask: number, value: number): Condition => ({ is: "bits", field: "mark", mask, value, wants: "" });

describe("atoms", () => {
  it("cuts a field where questions differ, and nowhere else", () => {
    const atoms = new Atoms("ipv4", [asks("source", "10.0.0.0/8"), asks("source", "10.1.0.0/16")]);
    // below 10/8, before 10.1/16, 10.1/16, behind it, above 10/8; and not there
    expect(atoms.dimensions).toMatchObject([{ key: "source", of: "values", size: 6 }]);
    expect(atoms.within("source", readValues("source", "10.0.0.0/8"))).toEqual([[[0, [[1, 4]]]]]);
  });

  it("makes no atom of names between which there is no name", () => {
    // names above all of eth0+ and below eth1: none, for 1 follows 0; before eth0: some
    const atoms = new Atoms("ipv4", [
      asks("inInterface", "eth0+"),
      asks("inInterface", "eth1"),
      asks("inInterface", "eth0"),
    ]);
    const examples = Array.from({ length: 5 }, (_, code) => atoms.example("inInterface", () => code));
    expect(examples).toEqual(["ens0", "eth0", "eth00", "eth1", "if0"]);
    expect(atoms.dimensions[0]?.size).toBe(6);
  });

  it("asks a mark bit by bit only where a mask does, and only the bits that are asked", () => {
    const whole = new Atoms("ipv4", [bits(0xffffffff, 5)]);
    expect(whole.dimensions.map(({ key }) => key)).toEqual(["mark"]);
    const masked = new Atoms("ipv4", [bits(0xc000, 0x4000)]);
    expect(masked.dimensions.map(({ key }) => key)).toEqual(["mark?", "mark.15", "mark.14"]);
    expect(masked.bits(bits(0xc000, 0x4000) as never)).toEqual([
      [
        [0, [[1, 2]]],
        [2, [[1, 2]]],
        [1, [[0, 1]]],
      ],
    ]);
  });

  it("takes any value where a mask asks for no bit", () => {
    const atoms = new Atoms("ipv4", [bits(0, 0)]);
    expect(atoms.bits(bits(0, 0) as never)).toEqual([[[0, [[0, 1]]]]]);
    expect(atoms.bits(bits(0, 1) as never)).toEqual([]);
  });

  it("says so where a value was not cut", () => {
    const atoms = new Atoms("ipv6", [asks("source", "2001:db8::/32")]);
    expect(() => atoms.within("source", readValues("source", "2001:db8::1"))).toThrow(Uncut);
    expect(() => atoms.within("destinationPort", [[80, 81]])).toThrow(Uncut);
  });
});
