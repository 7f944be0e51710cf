/** How many cases are drawn, and from where: KERNEL_CASES and KERNEL_SEED in the environment say otherwise. */
import { env } from "node:process";

/** Always the same, so that a check passes or fails for what was changed. */
export const SEED = 20261122;

/** Rules that are drawn where nobody says otherwise. */
export const USUAL = 2000;
const factor = Number(env["KERNEL_CASES"] ?? USUAL) / USUAL;
/** KERNEL_CASES counts rules; of what is usually fewer there are fewer in the same measure. */
export const cases = (usual: number): number => Math.ceil(usual * factor);
/** A failure can be repeated: the seed is printed with it. */
export const freshSeed = (): number => Number(env["KERNEL_SEED"] ?? Date.now() % 2 ** 32);
