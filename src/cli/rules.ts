/** rules: the lint catalogue; one rule explained. */
import type { Command } from "commander";
import { ruleNamed } from "../lint/index.ts";
import { rulesJson, rulesPretty } from "../report/rules.ts";
import { badUsage, FOUND_NOTHING } from "./exit-codes.ts";
import { type Io, jsonText, styleOf } from "./io.ts";
import { formatOption } from "./options.ts";

export function define(program: Command, io: Io, exit: (code: number) => void): void {
  program
    .command("rules")
    .summary("the lint catalogue; one rule explained")
    .description("Lists the lint rules, or explains one: what it finds, why that matters, what to write instead.")
    .argument("[name]", "a lint rule")
    .addOption(formatOption())
    .action((name: string | undefined, { format }: { format: string }) => {
      const found = name === undefined ? null : ruleNamed(name);
      if (found && !found.rule) {
        throw badUsage(`there is no lint rule ${name}${found.nearest ? ` (did you mean ${found.nearest}?)` : ""}`);
      }
      const rule = found?.rule ?? null;
      if (format === "json") io.out(jsonText(rulesJson(rule)));
      else for (const line of rulesPretty(styleOf(io.colour), rule)) io.out(`${line}\n`);
      exit(FOUND_NOTHING);
    });
}
