/** Exit codes; DESIGN's contract, and the table in the README. */
export const FOUND_NOTHING = 0;
/** Findings, drift, a failed expectation. */
export const FOUND_SOMETHING = 1;
/** Wrong usage, or a bad scenario file. */
export const BAD_USAGE = 2;
/** An input that cannot be read, or that holds nothing of its kind: never a false all-clear. */
export const BAD_INPUT = 3;

/** A failure with its exit code; its message is all that the user sees. */
export class Failure extends Error {
  readonly exitCode: number;
  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
export const badInput = (message: string): Failure => new Failure(BAD_INPUT, message);
export const badUsage = (message: string): Failure => new Failure(BAD_USAGE, message);
