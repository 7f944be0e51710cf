/** Host facts as `ip -j` and `bridge -j` print them, and whether a file has that shape: what is wrong is said. */

interface AddrJson {
  readonly ifname?: string;
  readonly ifindex?: number;
  readonly address?: string;
  readonly master?: string;
  readonly addr_info?: readonly {
    readonly family?: string;
    readonly local?: string;
    readonly prefixlen?: number;
    readonly broadcast?: string;
    readonly secondary?: boolean;
  }[];
}
interface LinkJson {
  readonly ifname?: string;
  readonly ifindex?: number;
  readonly address?: string;
  readonly master?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: { readonly nf_call_iptables?: number; readonly nf_call_ip6tables?: number };
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
  readonly rule?: unknown;
  readonly neigh?: readonly NeighJson[];
  readonly fdb?: readonly FdbJson[];
  readonly sysctl?: Readonly<Record<string, string | number>>;
  readonly kernel?: string;
  readonly backend?: { readonly iptables?: "legacy" | "nft"; readonly ebtables?: "legacy" | "nft" };
  readonly loadedTables?: Readonly<Record<string, readonly string[]>>;
  readonly comment?: string;
}

type Shape = "string" | "number" | "text" | "object" | { readonly [key: string]: Shape } | readonly [Shape];

const device: Shape = { ifname: "string", ifindex: "number", address: "string", master: "string" };
const SHAPES: Readonly<Record<string, Shape>> = {
  addr: [{ ...device, addr_info: [{ family: "string", local: "string", prefixlen: "number" }] }],
  link: [
    {
      ...device,
      linkinfo: {
        info_kind: "string",
        info_data: { nf_call_iptables: "number", nf_call_ip6tables: "number" },
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
    },
  ],
  rule: [{}],
  neigh: [{ dst: "string", lladdr: "string" }],
  fdb: [{ mac: "string", ifname: "string", master: "string", state: "string" }],
  sysctl: "object",
  kernel: "string",
  backend: { iptables: "string", ebtables: "string" },
  loadedTables: "object",
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
  return null;
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
