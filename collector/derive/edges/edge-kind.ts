// What two spans that hang together make of the edge between their services, and what both edge finders share.
import { nanosOf } from '#proto/model/unix-nano.ts';
import { KIND_CLIENT, KIND_CONSUMER, KIND_PRODUCER, KIND_SERVER } from '#proto/otlp/enums.ts';
import type { SpanTable } from '../../model/span-table.ts';
import { EDGE_INTERNAL, EDGE_QUEUE, EDGE_RPC } from './call.ts';

/** Node numbers: services by their slot, virtual nodes (databases, queues, other peers) from here on. */
export const VIRTUAL = 1 << 28;
const NS_PER_MINUTE = 60e9;

/** HOT: kind of the edge from a span's service to that of its child. @param messaging both tell of messaging in their attributes */
export function edgeKindOf(parentKind: number, kind: number, messaging: boolean): number {
  if (parentKind === KIND_PRODUCER || kind === KIND_CONSUMER || messaging) return EDGE_QUEUE;
  return parentKind === KIND_CLIENT || kind === KIND_SERVER ? EDGE_RPC : EDGE_INTERNAL;
}

/** HOT: Unix minute of a time given in halves of ns. */
export function minuteOfTime(hi: number, lo: number): number {
  return Math.floor(nanosOf(hi, lo) / NS_PER_MINUTE);
}

/** HOT: Unix minute of a span's start. */
export function minuteOf(spans: SpanTable, row: number): number {
  return minuteOfTime(spans.startHi[row]!, spans.startLo[row]!);
}
