/** From text to data, without meaning: what a dump says, line by line and word by word. */
export { familyHint } from "./dialect.ts";
export {
  type ChainLine,
  type CommandLine,
  type Dialect,
  Dump,
  type Line,
  type PlainLine,
  type RuleLine,
  type TableLine,
  type Word,
} from "./dump.ts";
export { blanked, type HereDocument, hereDocuments } from "./here-documents.ts";
export { parse } from "./parse.ts";
export { type Expanded, expand, expandText, MOST_TEXT } from "./shell.ts";
