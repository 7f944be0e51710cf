/** Host facts as `ip -j` and `bridge -j` print them, and whether a file has that shape: what is wrong is said. */
import { readIpsets } from "./ipset.ts";

interface AddrJson {
  readonly ifname?: string;
  readonly ifindex?: number;
  readonly address?: string;
  readonly master?: string;
  readonly mtu?: number;
  readonly group?: string;
  readonly addr_info?: readonly {
    readonly family?: string;
    readonly local?: string;
    readonly prefixlen?: number;
    readonly broadcast?: string;
    readonly scope?: string;
    readonly secondary?: boolean;
  }[];
}
interface LinkJson {
  readonly ifname?: string;
  readonly ifindex?: number;
  readonly address?: string;
  readonly master?: string;
  readonly mtu?: number;
  readonly group?: string;
  /** The device that it is built on. */
  readonly link?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: {
      readonly nf_call_iptables?: number;
      readonly nf_call_ip6tables?: number;
      /** Of a VLAN device. */
      readonly id?: number;
    };
    readonly info_slave_data?: { readonly state?: string; readonly hairpin?: boolean };
  };
}
export interface RouteJson {
  readonly type?: string;
  readonly dst?: string;
  readonly dev?: string;
  readonly table?: string | number;
  readonly prefsrc?: string;
  readonly gateway?: string;
  readonly metric?: number;
  readonly nexthops?: readonly {
    readonly dev?: string;
    readonly gateway?: string;
    readonly flags?: readonly string[];
  }[];
  /** Its realms. */
  readonly flow?: { readonly from?: string; readonly to?: string };
}
/** As `ip -j rule` prints it. */
export interface RuleJson {
  readonly family?: string;
  readonly priority?: number;
  readonly not?: unknown;
  readonly src?: string;
  readonly srclen?: number;
  readonly dst?: string;
  readonly dstlen?: number;
  readonly iif?: string;
  readonly oif?: string;
  readonly fwmark?: string | number;
  readonly fwmask?: string | number;
  readonly ipproto?: string;
  readonly sport?: string | number;
  readonly dport?: string | number;
  readonly table?: string | number;
  readonly action?: string;
  readonly suppress_prefixlen?: number;
  readonly flow?: unknown;
  readonly l3mdev?: unknown;
  readonly uid_start?: number;
  readonly tun_id?: unknown;
}
interface NeighJson {
  readonly dst?: string;
  readonly lladdr?: string;
}
interface FdbJson {
  readonly mac?: string;
  readonly state?: string;
  readonly ifname?: string;
  readonly master?: string;
}

export interface HostJson {
  readonly addr?: readonly AddrJson[];
  readonly link?: readonly LinkJson[];
  readonly route?: readonly RouteJson[];
  readonly rule?: readonly RuleJson[];
  readonly neigh?: readonly NeighJson[];
  readonly fdb?: readonly FdbJson[];
  /** The connections that conntrack knows, a line each as `conntrack -L` prints them; empty: none. */
  readonly conntrack?: readonly string[];
  readonly sysctl?: Readonly<Record<string, string | number>>;
  readonly kernel?: string;
  readonly backend?: { readonly iptables?: "legacy" | "nft"; readonly ebtables?: "legacy" | "nft" };
  readonly loadedTables?: Readonly<Record<string, readonly string[]>>;
  /** What `ipset save` prints. */
  readonly ipset?: string;
  /** What `ip xfrm state` and `ip xfrm policy` print: empty where nothing is done with IPsec. */
  readonly xfrm?: string;
  /** When the packet comes, as ISO 8601; the offset from UTC is the kernel's own zone (`date -Iseconds`). */
  readonly time?: string;
  readonly comment?: string;
}

type Shape = "string" | "number" | "text" | "object" | { readonly [key: string]: Shape } | readonly [Shape];

const device: Shape = {
  ifname: "string",
  ifindex: "number",
  address: "string",
  master: "string",
  mtu: "number",
  group: "string",
};
const SHAPES: Readonly<Record<string, Shape>> = {
  addr: [
    {
      ...device,
      addr_info: [{ family: "string", local: "string", prefixlen: "number", broadcast: "string", scope: "string" }],
    },
  ],
  link: [
    {
      ...device,
      link: "string",
      linkinfo: {
        info_kind: "string",
        info_data: { nf_call_iptables: "number", nf_call_ip6tables: "number", id: "number" },
        info_slave_data: { state: "string" },
      },
    },
  ],
  route: [
    {
      type: "string",
      dst: "string",
      dev: "string",
      table: "text",
      prefsrc: "string",
      gateway: "string",
      metric: "number",
      nexthops: [{ dev: "string", gateway: "string", flags: ["string"] }],
      flow: { from: "string", to: "string" },
    },
  ],
  rule: [
    {
      family: "string",
      priority: "number",
      src: "string",
      srclen: "number",
      dst: "string",
      dstlen: "number",
      iif: "string",
      oif: "string",
      fwmark: "text",
      fwmask: "text",
      ipproto: "string",
      sport: "text",
      dport: "text",
      table: "text",
      action: "string",
      suppress_prefixlen: "number",
    },
  ],
  neigh: [{ dst: "string", lladdr: "string" }],
  fdb: [{ mac: "string", ifname: "string", master: "string", state: "string" }],
  conntrack: ["string"],
  sysctl: "object",
  kernel: "string",
  backend: { iptables: "string", ebtables: "string" },
  loadedTables: "object",
  ipset: "string",
  xfrm: "string",
  time: "string",
  comment: "string",
};

/** `addr[2].ifname: expected a string`; null when all that is known here has its shape. Keys that are not known are left alone. */
export function hostMistake(json: unknown): string | null {
  if (!isObject(json)) return "expected an object with addr, route, link, sysctl …";
  for (const [key, value] of Object.entries(json)) {
    const shape = SHAPES[key];
    const mistake = shape === undefined ? null : mistakeIn(value, shape, key);
    if (mistake !== null) return mistake;
  }
  const { ipset, time } = json as HostJson;
  if (time !== undefined && readTime(time) === undefined)
    return "time: expected a date and time with its zone, such as 2026-11-25T03:37:00+01:00";
  const [mistake] = ipset === undefined ? [] : readIpsets(ipset).mistakes;
  return mistake ? `ipset, line ${mistake.line}: expected ${mistake.expected}, found ${mistake.found}` : null;
}

/** Seconds since 1970 in UTC, and how far the zone is ahead of it; undefined: no such text. */
export function readTime(text: string): { seconds: number; ahead: number } | undefined {
  const [, local, zone] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)$/.exec(text) ?? [];
  const milliseconds = Date.parse(`${local}Z`);
  if (zone === undefined || Number.isNaN(milliseconds)) return undefined;
  const [sign, hours, minutes] = [zone.startsWith("-") ? -1 : 1, zone.slice(1, 3), zone.slice(-2)];
  const ahead = zone === "Z" ? 0 : sign * (Number(hours) * 3600 + Number(minutes) * 60);
  return { seconds: milliseconds / 1000 - ahead, ahead };
}

function mistakeIn(value: unknown, shape: Shape, path: string): string | null {
  if (shape === "text")
    return typeof value === "string" || typeof value === "number" ? null : `${path}: expected a name or number`;
  if (shape === "object") return isObject(value) ? null : `${path}: expected an object`;
  if (typeof shape === "string") return typeof value === shape ? null : `${path}: expected a ${shape}`;
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return `${path}: expected a list`;
    const [row] = shape as readonly [Shape];
    return first(value.map((each, at) => mistakeIn(each, row, `${path}[${at}]`)));
  }
  if (!isObject(value)) return `${path}: expected an object`;
  return first(
    Object.entries(shape).map(([key, inner]) =>
      value[key] === undefined ? null : mistakeIn(value[key], inner, `${path}.${key}`),
    ),
  );
}

const first = (mistakes: readonly (string | null)[]): string | null => mistakes.find((each) => each !== null) ?? null;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
