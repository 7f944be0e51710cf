/** Options that several commands take. */
import { type Command, Option } from "commander";
import { stockNames } from "../owners/index.ts";
import { once } from "./packet-words.ts";

export const formatOption = (): Option =>
  new Option("-f, --format <format>", "how to print").choices(["pretty", "json"]).default("pretty");
export const hostOption = (): Option =>
  new Option("--host <file>", "facts of the host (addresses, routes, sysctls …) as JSON").argParser(once);
export const logOption = (): Option =>
  new Option("--log <file>", "the log: dmesg, syslog, journal or a document with such lines; - for standard input")
    .argParser(once)
    .makeOptionMandatory();
export const ipsetOption = (): Option =>
  new Option("--ipset <file>", "the host's sets, as ipset save prints them").argParser(once);

const several = (value: string, previous: readonly string[] | undefined): readonly string[] => [
  ...(previous ?? []),
  value,
];

/** A stock host instead of dumps, and changes to what is loaded. */
export function addChangeOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--base <name>", "a stock Docker host instead of dumps").choices(stockNames()).argParser(once),
    )
    .addOption(
      new Option(
        "--publish <[address:]port:port[/protocol]>",
        "a container behind a published port on --base",
      ).argParser(several),
    )
    .addOption(
      new Option("--apply <file>", "first apply a change: iptables commands, or a file for iptables-restore").argParser(
        several,
      ),
    );
}
