/** The conversations of a recording once more, as other packets: with ports, ids and sequence numbers of their own. */

/** A fixed sequence of numbers below 1 (the C standard's example of rand). */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** Gives each number of a copy another one of `from` to 65535, and none twice before all are used up. */
function fresh(from: number): (copy: number, old: string) => number {
  const given = new Map<string, number>();
  return (copy, old) => {
    const key = `${copy} ${old}`;
    const number = given.get(key) ?? from + (given.size % (65536 - from));
    given.set(key, number);
    return number;
  };
}

/** Copies lines: clients' ports, which have five digits, ids of packets and of echoes, numbers of TCP, labels of IPv6. */
export function copier(): (lines: readonly string[], copy: number) => string[] {
  const [ports, ids, echoes] = [fresh(10_000), fresh(1), fresh(1)];
  return (lines, copy) =>
    lines.map((line) =>
      line
        .replace(/([SD]PT=)(\d{5})\b/g, (_, key, port) => key + ports(copy, port))
        .replace(/( TTL=\d+ ID=)(\d+)/g, (_, key, id) => key + (id === "0" ? 0 : ids(copy, id)))
        .replace(/( CODE=0 ID=)(\d+)/g, (_, key, id) => key + echoes(copy, id))
        .replace(/\b(SEQ=|ACK=)(\d{5,})/g, (_, key, number) => key + ((Number(number) + copy * 100003) % 2 ** 32))
        .replace(/\b(FLOWLBL=)([1-9]\d*)/g, (_, key, label) => key + ((Number(label) + copy * 1009) % 2 ** 20)),
    );
}
