/** Customisations of DOCKER-USER: the script that does what its scenarios say, and twins that people write instead. */
export interface Shown {
  readonly name: string;
  /** A stock host in place of the dumps that the scenarios name. */
  readonly base: readonly string[];
  /** The script, and the scenarios that do not hold with it: what is got in place of the verdict expected. */
  readonly broken: readonly (readonly [script: string, fails: Readonly<Record<string, string>>])[];
}

export const GALLERY = new URL("./", import.meta.url).pathname;

export const gallery: readonly Shown[] = [
  {
    name: "allow-list",
    base: [],
    broken: [
      // DNAT has made 80 of it before DOCKER-USER
      ["broken-host-port.sh", { "a stranger does not": "ACCEPT" }],
      // the replies of a connection have its original port too
      ["broken-no-direction.sh", { "and gets its answer": "DROP" }],
    ],
  },
  {
    name: "block-source",
    base: ["--base", "docker-20.10", "--publish", "8080:80/tcp"],
    // until 28.2.1 DOCKER-USER ends with a RETURN of Docker's
    broken: [["broken-after-return.sh", { "the blocked network does not reach the published port": "ACCEPT" }]],
  },
  {
    name: "restrict-egress",
    base: [],
    // answers to clients leave by the same interface
    broken: [["broken-no-established.sh", { "and gets its answer": "REJECT" }]],
  },
  {
    name: "bridges-apart",
    base: [],
    // ACCEPT is final: neither the isolation nor the DROP of what is not published is asked
    broken: [
      [
        "broken-accept-all.sh",
        { "no other port of the database": "ACCEPT", "nobody outside is routed to the database": "ACCEPT" },
      ],
    ],
  },
  {
    name: "behind-ufw",
    base: [],
    broken: [["broken-interface.sh", { "a stranger does not": "ACCEPT" }]],
  },
  {
    name: "ipv6",
    base: [],
    broken: [["broken-v4-only.sh", { "a stranger does not": "ACCEPT" }]],
  },
];
