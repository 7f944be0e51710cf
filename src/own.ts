/** Tables that are asked for words of the input. */

/** What the table itself has under this name: `constructor` is a word like any other. */
export const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;
