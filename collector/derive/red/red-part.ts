// What one shard has counted of its spans since the last time, as plain data for derive/global/.
import { OVERFLOW_SLOT, type InternTable } from '#collector/model/intern-table.ts';
import type { RedSeries, RedTable } from './red-table.ts';

/** One entry per row. */
export interface RedPart {
  /** Services by the numbers of the shard. */
  readonly services: Uint32Array;
  /** null: names that found no room. */
  readonly names: readonly (string | null)[];
  readonly kinds: Uint8Array;
  readonly statuses: Uint8Array;
  readonly calls: Float64Array;
  readonly sumNs: Float64Array;
  /** Collector clock, ms: the calls came after it. */
  readonly sinceMs: Float64Array;
  /** Cumulative over the buckets of a row; rows one behind the other. */
  readonly buckets: Float64Array;
}

/** Rows idle for long are forgotten. */
export function flushRed(red: RedTable, names: InternTable, nowMs: number): RedPart {
  const rows: RedSeries[] = [];
  red.flush(nowMs, (series) => rows.push({ ...series, newBuckets: series.newBuckets.slice() }));
  red.endIdle(nowMs);
  const width = red.boundsMs.length + 1;
  const buckets = new Float64Array(rows.length * width);
  for (const [i, row] of rows.entries()) buckets.set(row.newBuckets, i * width);
  return {
    services: Uint32Array.from(rows, ({ service }) => service),
    names: rows.map(({ name }) => (name === OVERFLOW_SLOT ? null : names.text(name))),
    kinds: Uint8Array.from(rows, ({ kind }) => kind),
    statuses: Uint8Array.from(rows, ({ status }) => status),
    calls: Float64Array.from(rows, ({ newCalls }) => newCalls),
    sumNs: Float64Array.from(rows, ({ newSumNs }) => newSumNs),
    sinceMs: Float64Array.from(rows, ({ sinceMs }) => sinceMs),
    buckets,
  };
}
