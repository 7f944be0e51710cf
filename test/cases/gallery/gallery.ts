/** Customisations of DOCKER-USER: the script that does what its scenarios say, and twins that people write instead. */
export interface Shown {
  readonly name: string;
  /** Where the script holds: the dumps that the scenarios name (none), or stock hosts in place of them; the twins are for the first. */
  readonly bases: readonly (readonly string[])[];
  /** The script, and the scenarios that do not hold with it: what is got in place of the verdict expected. */
  readonly broken: readonly (readonly [script: string, fails: Readonly<Record<string, string>>])[];
}

export const GALLERY = new URL("./", import.meta.url).pathname;

const STOCK = ["docker-20.10", "docker-17.06", "docker-28", "docker-29"].map((name) => [
  "--base",
  name,
  "--publish",
  "8080:80/tcp",
]);

export const gallery: readonly Shown[] = [
  {
    name: "allow-list",
    bases: [[], ...STOCK],
    broken: [
      // DNAT has made 80 of it before DOCKER-USER
      ["broken-host-port.sh", { "a stranger does not": "ACCEPT" }],
      // and the container's address of the host's
      ["broken-host-address.sh", { "a stranger does not": "ACCEPT" }],
      // FORWARD has the way out as well
      ["broken-no-interface.sh", { "the container reaches a stranger's port 8080": "DROP" }],
      // the replies of a connection have its original port too
      ["broken-no-direction.sh", { "and gets its answer": "DROP" }],
    ],
  },
  {
    name: "block-source",
    bases: STOCK,
    broken: [
      // until 28.2.1 DOCKER-USER ends with a RETURN of Docker's
      ["broken-after-return.sh", { "the blocked network does not reach the published port": "ACCEPT" }],
      // what is published is forwarded
      ["broken-input.sh", { "the blocked network does not reach the published port": "ACCEPT" }],
    ],
  },
  {
    name: "restrict-egress",
    bases: [[]],
    // answers to clients leave by the same interface
    broken: [["broken-no-established.sh", { "and gets its answer": "REJECT" }]],
  },
  {
    name: "bridges-apart",
    bases: [[]],
    // ACCEPT is final: neither the isolation nor the DROP of what is not published is asked
    broken: [
      [
        "broken-accept-all.sh",
        { "no other port of the database": "ACCEPT", "nobody outside is routed to the database": "ACCEPT" },
      ],
    ],
  },
  {
    name: "bridges-apart-27",
    bases: [[]],
    // until 27 the isolation comes before what lets answers through
    broken: [["broken-one-way.sh", { "and gets its answer": "DROP" }]],
  },
  {
    name: "behind-ufw",
    bases: [[]],
    broken: [["broken-interface.sh", { "a stranger does not": "ACCEPT" }]],
  },
  {
    name: "ipv6",
    bases: [[]],
    broken: [["broken-v4-only.sh", { "a stranger does not": "ACCEPT" }]],
  },
];
