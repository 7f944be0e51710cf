/** A set as products that people can read, the largest first, and one packet of it. */
import { after, allValues, type Field, type Range, type Ranges, unite, type Value } from "../facts/index.ts";
import type { AtomSets } from "./atom-sets.ts";
import type { Atoms, Term } from "./atoms.ts";
import { EVERY, NONE, type Node } from "./bdd.ts";
import type { Codes } from "./stretches.ts";

/** Each dimension named has one of its codes, the others are free; `share`: of all packets, each atom by its size. */
export interface Product {
  readonly codes: ReadonlyMap<number, Codes>;
  readonly share: number;
}
interface Open extends Product {
  readonly node: Node;
}

/** More stretches looked at than this are too many to read, too. */
const MOST_OPEN = 20_000;

/** The disjoint products of a set, those with the largest share first; at most so many. */
export function products(sets: AtomSets, set: Node, most: number): Product[] {
  const out: Product[] = [];
  const open = new Heap();
  open.push({ node: set, codes: new Map(), share: 1 });
  for (let left = MOST_OPEN; left > 0 && out.length < most; left--) {
    const next = open.pop();
    if (!next) break;
    if (next.node === NONE) continue;
    if (next.node === EVERY) {
      out.push({ codes: next.codes, share: next.share });
      continue;
    }
    const dimension = sets.dimensionOf(next.node);
    for (const { child, codes } of sets.split(next.node, dimension)) {
      if (child === NONE) continue;
      const share = next.share * shareOf(sets.atoms, dimension, codes);
      open.push({ node: child, codes: new Map(next.codes).set(dimension, codes), share });
    }
  }
  return out;
}

/** How much of all packets a set is: for comparisons, each field's values counted alike. */
export function shareOfSet(sets: AtomSets, set: Node): number {
  const memo = new Map<Node, number>([
    [NONE, 0],
    [EVERY, 1],
  ]);
  const visit = (node: Node): number => {
    let share = memo.get(node);
    if (share !== undefined) return share;
    const dimension = sets.dimensionOf(node);
    share = 0;
    for (const { child, codes } of sets.split(node, dimension))
      if (child !== NONE) share += visit(child) * shareOf(sets.atoms, dimension, codes);
    memo.set(node, share);
    return share;
  };
  return visit(set);
}

function shareOf(atoms: Atoms, dimension: number, codes: Codes): number {
  const { of, field, size } = atoms.dimensions[dimension] as (typeof atoms.dimensions)[number];
  if (of !== "values" || field === null) return codes.reduce((sum, [from, to]) => sum + (to - from), 0) / size;
  const [low, high] = allValues(field, atoms.family)[0] as Range;
  let share = 0;
  for (const [from, to] of codes)
    for (let code = from; code < to; code++) {
      const range = atoms.rangeOf(field, code);
      if (!range || typeof low === "string") share += 1 / size;
      else share += (Number(range[1]) - Number(range[0])) / (Number(high) - Number(low));
    }
  return share;
}

/** The values of a field that codes of its own dimension stand for. */
export function valuesOf(atoms: Atoms, field: Field, codes: Codes): { absent: boolean; ranges: Ranges } {
  const ranges: Range[] = [];
  let absent = false;
  for (const [from, to] of codes)
    for (let code = from; code < to; code++) {
      const range = atoms.rangeOf(field, code);
      if (range) ranges.push(range);
      // codes above stand for nothing
      else absent ||= code === atoms.absentCode(field);
    }
  return { absent, ranges: unite(ranges) };
}

/** One packet: a value for each field that any question is about (undefined: not there), and the answers to keys. */
export interface Example {
  readonly fields: ReadonlyMap<Field, Value | undefined>;
  readonly answers: ReadonlyMap<string, boolean>;
}

/** Values that are rather taken than others, the best first. */
export type Wishes = Readonly<Partial<Record<Field, readonly Value[]>>>;

/** Values that read well: of documentation (RFC 5737, RFC 3849), of clients and servers. */
const NICE: Wishes = {
  source: [0xcb007107, 0xc6336407, 0x0a000005],
  destination: [0xc0000202, 0xc6336402, 0x0a000006],
  protocol: [6, 17, 1],
  sourcePort: [40000],
  destinationPort: [80, 443, 8080, 22, 53],
  tcpFlags: [2],
  ttl: [64],
  length: [60],
  tos: [0],
  mark: [0],
  ctmark: [0],
  icmpType: [8 * 256],
  inInterface: ["eth0"],
  outInterface: ["eth0"],
};
const NICE_SIX: Wishes = {
  source: [(0x20010db8n << 96n) + 7n],
  destination: [(0x20010db8n << 96n) + 2n],
};

/** Few packets have them: rather none than any. */
const RARE: ReadonlySet<Field> = new Set([
  "physdevIn",
  "physdevOut",
  "vlanTag",
  "macSource",
  "macDestination",
  "uidOwner",
]);

/** Those of a set that read best: of each field in turn the first nice value that any of them has. */
export function nicest(sets: AtomSets, set: Node, wishes: Wishes): Node {
  const { atoms, bdd } = sets;
  let left = set;
  const fields = [...new Set(atoms.dimensions.flatMap(({ field, of }) => (field && of === "values" ? [field] : [])))];
  for (const field of fields.sort((a, b) => rank(a) - rank(b))) {
    const values = RARE.has(field) ? [undefined] : nices(atoms, field, wishes);
    const terms = [...values.map((value) => atoms.holding(field, value)), ...ordinary(atoms, field)];
    const met = terms.map((wish) => bdd.and(left, sets.term(wish))).find((next) => next !== NONE);
    left = met ?? left;
  }
  return left;
}

/** Addresses of hosts: not of the loopback, of no group, and not of this network (RFC 6890, RFC 5771). */
function ordinary(atoms: Atoms, field: Field): Term[] {
  const [dimension] = atoms.of(field);
  if (dimension === undefined || atoms.family !== "ipv4" || (field !== "source" && field !== "destination")) return [];
  const codes: [number, number][] = [];
  for (let code = 0; code < (atoms.absentCode(field) ?? 0); code++) {
    const [low] = atoms.rangeOf(field, code) ?? [0];
    const first = Math.floor(Number(low) / 2 ** 24);
    if (first !== 0 && first !== 127 && first < 224) codes.push([code, code + 1]);
  }
  return [[[dimension, codes]]];
}
/** What the others depend on first. */
const rank = (field: Field): number => (field === "protocol" ? 0 : field in NICE ? 1 : 2);

export function exampleOf(sets: AtomSets, { codes }: Product, wishes: Wishes): Example {
  const { atoms } = sets;
  const chosen = new Map<number, number>();
  for (const [at, { field, of, size }] of atoms.dimensions.entries()) {
    const own = codes.get(at);
    const allowed = own ?? [[0, size]];
    if (!own && field && of === "values" && RARE.has(field)) {
      chosen.set(at, size - 1);
      continue;
    }
    const nice = field && of === "values" ? niceOf(atoms, field, allowed, wishes) : undefined;
    chosen.set(at, nice ?? (of === "there" ? last(allowed) : (allowed[0]?.[0] ?? 0)));
  }
  const codeOf = (dimension: number): number => chosen.get(dimension) ?? 0;
  const fields = new Map<Field, Value | undefined>();
  const answers = new Map<string, boolean>();
  for (const [at, { field, key, of }] of atoms.dimensions.entries()) {
    if (of === "opaque") answers.set(key, codeOf(at) === 1);
    else if (field && !fields.has(field)) fields.set(field, chosenOf(atoms, field, codeOf, wishes));
  }
  return { fields, answers };
}
const last = (codes: Codes): number => (codes.at(-1)?.[1] ?? 1) - 1;

const nices = ({ family }: Atoms, field: Field, wishes: Wishes): readonly Value[] => [
  ...((family === "ipv6" ? NICE_SIX[field] : undefined) ?? NICE[field] ?? []),
  ...(wishes[field] ?? []),
];

function niceOf(atoms: Atoms, field: Field, allowed: Codes, wishes: Wishes): number | undefined {
  return nices(atoms, field, wishes)
    .map((value) => atoms.codeOf(field, value))
    .find((code) => code !== undefined && allowed.some(([from, to]) => from <= code && code < to));
}

/** A nice value if it is one of the stretch; of addresses rather the second than the first, which names a network. */
function chosenOf(
  atoms: Atoms,
  field: Field,
  codeOf: (dimension: number) => number,
  wishes: Wishes,
): Value | undefined {
  const value = atoms.example(field, codeOf);
  const [dimension] = atoms.of(field);
  const range = dimension === undefined ? undefined : atoms.rangeOf(field, codeOf(dimension));
  if (value === undefined || !range) return value;
  const nice = nices(atoms, field, wishes).find((each) => range[0] <= each && each < range[1]);
  if (nice !== undefined) return nice;
  const isAddress = field === "source" || field === "destination";
  return isAddress && after(value) < range[1] ? after(value) : value;
}

/** The largest share first. */
class Heap {
  readonly #items: Open[] = [];
  push(item: Open): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if ((items[above] as Open).share >= item.share) break;
      items[at] = items[above] as Open;
      at = above;
    }
    items[at] = item;
  }
  pop(): Open | undefined {
    const items = this.#items;
    const first = items[0];
    const item = items.pop();
    if (!first || !item || items.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && (items[below + 1] as Open).share > (items[below] as Open).share) below++;
      if ((items[below] as Open).share <= item.share) break;
      items[at] = items[below] as Open;
      at = below;
    }
    items[at] = item;
    return first;
  }
}
