/** capture: the script that collects a host, which has no Node to run anything else. */
import type { Command } from "commander";
import { FOUND_NOTHING } from "./exit-codes.ts";
import { captureScript } from "./generated/capture.ts";
import type { Io } from "./io.ts";

export function define(program: Command, io: Io, exit: (code: number) => void): void {
  program
    .command("capture")
    .summary("prints a POSIX script that collects a host's dumps and facts, and can trace")
    .description(
      "Prints a POSIX script. On the host, as root, `sh capture.sh FOLDER` collects its dumps and facts into FOLDER, " +
        "which every command reads; `sh capture.sh FOLDER --trace SECONDS MATCH...` traces packets as well.",
    )
    .action(() => {
      io.out(captureScript);
      exit(FOUND_NOTHING);
    });
}
