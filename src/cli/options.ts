/** Options that several commands take. */
import { Option } from "commander";
import { once } from "./packet-words.ts";

export const formatOption = (): Option =>
  new Option("-f, --format <format>", "how to print").choices(["pretty", "json"]).default("pretty");
export const hostOption = (): Option =>
  new Option("--host <file>", "facts of the host (addresses, routes, sysctls …) as JSON").argParser(once);
