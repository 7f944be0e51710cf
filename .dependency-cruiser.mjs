// The arrows of the house: data climbs, nothing climbs down. One ordered list; the rules are made from it.
const floors = [
  ["source", "finding", "checked-yaml", "nearest", "own"],
  ["syntax", "facts"],
  ["trace", "space", "extensions"],
  ["model"],
  ["path", "owners"],
  ["proof"],
  ["lint", "drift", "scenario"],
  ["report"],
  ["cli"],
];
const room = (name) => `^src/${name}(/|\\.ts$)`;
const any = (names) => names.map(room).join("|");

const arrows = floors.flatMap((names, at) =>
  names.map((name) => ({
    name: `${name}-imports-only-lower-floors`,
    comment: `${name} may import its own room and lower floors, never its floor's neighbours or what is built on it.`,
    severity: "error",
    from: { path: room(name) },
    to: {
      path:
        any([
          ...names.filter((other) => other !== name && !["source", "finding", "nearest", "own"].includes(other)),
          ...floors.slice(at + 1).flat(),
        ]) || "^$",
    },
  })),
);
const faces = floors
  .flat()
  .filter((name) => !["source", "finding", "checked-yaml", "nearest", "own", "report", "cli"].includes(name))
  .map((name) => ({
    name: `${name}-by-its-index`,
    comment: "Other rooms see a room's face only, so that what is behind it can change.",
    severity: "error",
    from: { path: "^src/", pathNot: `^src/${name}/` },
    to: { path: `^src/${name}/`, pathNot: `^src/${name}/index\\.ts$` },
  }));
const apart = (name, folder, allowed, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: `^src/${folder}/([^/]+)\\.ts$` },
  to: { path: `^src/${folder}/`, pathNot: [`^src/${folder}/$1\\.ts$`, ...allowed] },
});

export default {
  forbidden: [
    ...arrows,
    ...faces,
    {
      name: "an-extension-is-alone",
      comment:
        "An extension imports facts, define, values and own only: so each can be read, tested and added by itself.",
      severity: "error",
      from: { path: "^src/extensions/(matches|targets|watchers)/" },
      to: { path: "^src/", pathNot: "^src/(facts/index|extensions/define|extensions/values|own)\\.ts$" },
    },
    apart("checks-do-not-meet", "lint/checks", [], "A check stands alone; what two need belongs to the analysis."),
    apart(
      "trace-formats-do-not-meet",
      "trace/formats",
      ["^src/trace/formats/(line|prefix|fields)\\.ts$"],
      "A log format stands alone.",
    ),
    {
      name: "the-world-is-touched-in-cli",
      comment: "Files, streams, clock and process are cli's: everything else is a function of its arguments.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/cli/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "commander-in-cli",
      severity: "error",
      comment: "Only the command line knows how options are parsed.",
      from: { path: "^src/", pathNot: "^src/cli/" },
      to: { path: "node_modules/commander" },
    },
    {
      name: "yaml-and-ajv-in-checked-yaml",
      comment: "They cost 200 ms to load: only what users write in YAML pays it.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/checked-yaml\\.ts$" },
      to: { path: "node_modules/(yaml|ajv)/" },
    },
    {
      name: "no-circles",
      severity: "error",
      comment: "A circle is one room pretending to be two.",
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
  },
};
