/** Recordings that lie beside the checkout, where there are any. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { PacketGrouper, readTrace, type TracedPacket, type TraceEvent } from "../../src/trace/index.ts";

const shared = new URL("../../../shared/", import.meta.url);
export const has = (path: string): boolean => existsSync(new URL(path, shared));
export const bytes = (path: string): string => readFileSync(new URL(path, shared), "latin1");
export const list = (path: string): string[] => (has(path) ? readdirSync(new URL(path, shared)).sort() : []);

export function group(events: readonly TraceEvent[]): TracedPacket[] {
  const grouper = new PacketGrouper();
  return [...events.flatMap((event) => grouper.add(event)), ...grouper.end()];
}
export const packetsOf = (text: string): TracedPacket[] => group(readTrace(text).events);
