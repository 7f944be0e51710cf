/** How many cases are drawn, and from where: KERNEL_CASES and KERNEL_SEED in the environment say otherwise. */
import { env } from "node:process";

/** Always the same, so that a check passes or fails for what was changed. */
export const SEED = 20261122;

/** A number as it is wanted for everybody; in the environment it counts rules, lists of commands are a quarter of them. */
export const cases = (usual: number): number => {
  const told = Number(env["KERNEL_CASES"] ?? 2000);
  return Math.ceil((usual * told) / 2000);
};
/** A failure can be repeated: the seed is printed with it. */
export const freshSeed = (): number => Number(env["KERNEL_SEED"] ?? Date.now() % 2 ** 32);
