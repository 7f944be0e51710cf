/** Lines of an input that are not part of an answer, for commands that do not lint. */
import type { LoadedDump } from "../model/index.ts";
import { safe } from "./text.ts";

/** What could not be read or applied, a line each. */
export function* problemLines(dumps: readonly LoadedDump[]): Generator<string, void> {
  for (const { problems } of dumps) {
    for (const { place, data, message } of problems) {
      const { line, column } = place.source.position(place.start);
      const what =
        data["reason"] ??
        (data["expected"]
          ? `expected ${data["expected"]}, found ${data["found"]}`
          : `table ${data["table"]} ${message === "uncommitted" ? "ends without COMMIT" : "begins a second time"}`);
      yield safe(`${place.source.name}:${line}:${column}: ${what}`);
    }
  }
}
