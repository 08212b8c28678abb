// When a trace is to be looked at again.
import type { ShardOptions } from './shard-options.ts';
import { CHECKED, HAS_ROOT, IS_LATE, type TraceTable } from './trace-table.ts';

/** HOT: per root, and per span after a check. Collector clock, ms. */
export function dueMs(table: TraceTable, trace: number, { quietMs, afterRootMs, maxMs, lateMs }: ShardOptions): number {
  const flags = table.flags[trace]!;
  let due = table.firstSeenMs[trace]! + maxMs;
  if ((flags & IS_LATE) !== 0) return Math.min(due, table.lastSeenMs[trace]! + (lateMs ?? quietMs));
  if ((flags & HAS_ROOT) === 0) return due;
  due = Math.min(due, table.rootSeenMs[trace]! + afterRootMs);
  return (flags & CHECKED) === 0 ? Math.min(due, table.lastSeenMs[trace]! + quietMs) : due;
}
