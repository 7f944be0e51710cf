/** The rules that choose among routing tables, as `ip rule` lists them. net/core/fib_rules.c, net/ipv4/fib_rules.c */
import { type Family, readPrefix } from "./address.ts";
import { all, always, type Condition, not, within } from "./condition.ts";
import { readValues } from "./fields.ts";
import type { HostJson, RuleJson } from "./host-json.ts";
import { exactly, prefix } from "./value-set.ts";

/** Packets that ask a table, or that are refused. */
export interface PolicyRule {
  readonly condition: Condition;
  readonly table: string;
  readonly type: (typeof ACTIONS)[number] | undefined;
  /** Routes with a prefix no longer than this do not count. */
  readonly suppressed: number;
}

/** In the order in which they are asked. */
export function policyRules(json: HostJson, family: Family): readonly PolicyRule[] {
  const rules = json.rule?.filter(
    ({ family: of }) => of === undefined || of === (family === "ipv6" ? "inet6" : "inet"),
  );
  return [...(rules ?? DEFAULT_RULES)]
    .sort((a, b) => (a.priority ?? 0) - (b.priority ?? 0))
    .map((rule) => ({
      condition: conditionOf(rule, family),
      table: tableName(rule.table),
      type: ACTIONS.find((each) => each === rule.action),
      suppressed: rule.suppress_prefixlen ?? -1,
    }));
}

const DEFAULT_RULES: readonly RuleJson[] = [
  { priority: 0, table: "local" },
  { priority: 32766, table: "main" },
  { priority: 32767, table: "default" },
];
const ACTIONS = ["blackhole", "unreachable", "prohibit"] as const;
const TABLES: Readonly<Record<string, string>> = { "255": "local", "254": "main", "253": "default" };
export const tableName = (table: string | number | undefined): string => {
  const name = String(table ?? "main");
  return TABLES[name] ?? name;
};

/** What `ip rule` asks of the packet. include/uapi/linux/fib_rules.h */
function conditionOf(rule: RuleJson, family: Family): Condition {
  const parts: Condition[] = [];
  const address = (field: "source" | "destination", text: string | undefined, length: number | undefined) => {
    const range =
      text === undefined || text === "all" ? undefined : readPrefix(length === undefined ? text : `${text}/${length}`);
    if (range && typeof range[0] === (family === "ipv6" ? "bigint" : "number"))
      parts.push(within(field, [range], String(text)));
  };
  address("source", rule.src, rule.srclen);
  address("destination", rule.dst, rule.dstlen);
  if (rule.fwmark !== undefined) {
    const [value, mask] = [Number(rule.fwmark), Number(rule.fwmask ?? 0xffffffff)];
    const wants = `0x${value.toString(16)}`;
    parts.push(
      mask === 0xffffffff ? within("mark", exactly(value), wants) : { is: "bits", field: "mark", mask, value, wants },
    );
  }
  for (const [field, name] of [
    ["inInterface", rule.iif],
    ["outInterface", rule.oif],
  ] as const)
    if (name !== undefined)
      parts.push(within(field, name.endsWith("+") ? [prefix(name.slice(0, -1))] : exactly(name), name));
  if (rule.ipproto !== undefined) parts.push(within("protocol", readValues("protocol", rule.ipproto), rule.ipproto));
  for (const [field, port] of [
    ["sourcePort", rule.sport],
    ["destinationPort", rule.dport],
  ] as const)
    if (port !== undefined) parts.push(within(field, readValues(field, String(port).replace("-", ":")), String(port)));
  // rules that ask what no packet tells
  for (const key of ["l3mdev", "uid_start", "tun_id"] as const)
    if (rule[key] !== undefined)
      parts.push({ is: "opaque", key: `ip rule ${key}`, settledBy: "the socket or device that the packet belongs to" });
  const condition = parts.length === 0 ? always : all(...parts);
  return rule.not === undefined ? condition : not(condition);
}
