export type Workload = "svc" | "pairs" | "union" | "ranges" | "mixed" | "acl";
export declare const DEAD: Readonly<Record<10_000 | 100_000, Readonly<Record<Workload, number>>>>;
export declare function workload(kind: Workload, size: number): string;
