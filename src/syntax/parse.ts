/** Bytes to a Dump. Bad lines become Problems; nothing here throws for what a file holds. */
import type { Source } from "../source.ts";
import { Columns } from "./columns.ts";
import { recogniseDialect } from "./dialect.ts";
import { Dump } from "./dump.ts";
import { explainAll } from "./explain.ts";
import { parse as recogniseCommands } from "./generated/commands.recogniser.js";
import { parse as recogniseEbtables } from "./generated/ebtables-save.recogniser.js";
import { parse as recogniseIptables } from "./generated/iptables-save.recogniser.js";
import { blanked, hereDocuments } from "./here-documents.ts";

const recognisers = { iptables: recogniseIptables, ebtables: recogniseEbtables, commands: recogniseCommands };

export function parse(source: Source): Dump {
  const dialect = recogniseDialect(source.bytes);
  const columns = new Columns(dialect === "commands");
  const text = dialect === "commands" ? blanked(source.bytes, hereDocuments(source.bytes)) : source.bytes;
  recognisers[dialect](text, { sink: columns });
  const bad = columns.bad.map((index) => columns.line(index));
  return new Dump(source, dialect, columns, explainAll(source, dialect, bad));
}
