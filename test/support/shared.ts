/** What lies beside the checkout: real dumps, recordings, netfilter's own tests. Tests that need it skip where it is absent. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";

const root = new URL("../../../shared/", import.meta.url);
export const hasShared = existsSync(root);
/** A file's bytes, one char each. */
export const sharedBytes = (path: string): string => readFileSync(new URL(path, root), "latin1");

/** Every file below a folder whose name fits, as paths below `../shared/`. */
export function sharedFiles(folder: string, fits: (name: string) => boolean): string[] {
  if (!hasShared) return [];
  return readdirSync(new URL(folder, root))
    .sort()
    .flatMap((name) => {
      const path = `${folder}${name}`;
      if (statSync(new URL(path, root)).isDirectory()) return sharedFiles(`${path}/`, fits);
      return fits(name) ? [path] : [];
    });
}
