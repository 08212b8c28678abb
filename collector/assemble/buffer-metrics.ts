// The buffer in the collector's own metrics: traces that wait for their decision, how late decisions come, and spans that come after them.
import { counter, gauge, type Metric } from '#collector/model/metric-table.ts';
import type { DecidedSpans } from './decided-spans.ts';
import type { TraceShard } from './shard.ts';

/** What {@link bufferNumbers} finds; times by the collector's clock. */
export interface BufferNumbers {
  readonly traces: number;
  readonly spans: number;
  /** When the first span of the oldest trace came, ms; undefined while the buffer is empty. */
  readonly oldestMs: number | undefined;
  readonly liveBytes: number;
  readonly pressure: number;
  /** One for each of {@link LAG_QUANTILES}. */
  readonly lagMs: readonly number[];
  readonly late: number;
  readonly lateDropped: number;
  readonly copyWindowMs: number;
  readonly nowMs: number;
}

const LAG_QUANTILES = [0.5, 0.99];

/** One pass over the table of traces. */
export function bufferNumbers(shard: TraceShard, decidedSpans: DecidedSpans, nowMs: number): BufferNumbers {
  return {
    traces: shard.traces,
    spans: shard.ledger.pending,
    oldestMs: shard.oldestMs(),
    liveBytes: shard.liveBytes,
    pressure: shard.pressure,
    lagMs: LAG_QUANTILES.map((share) => shard.lag.quantileMs(share)),
    late: shard.ledger.late,
    lateDropped: shard.ledger.lateDropped,
    copyWindowMs: decidedSpans.windowMs(nowMs),
    nowMs,
  };
}

export const BUFFER_METRICS: readonly Metric<BufferNumbers>[] = [
  gauge('winnow_buffer_traces', 'traces that wait for their decision', ({ traces }) => traces),
  gauge('winnow_buffer_spans', 'spans that wait for the decision on their trace', ({ spans }) => spans),
  gauge(
    'winnow_buffer_oldest_seconds',
    'how long the oldest trace has waited for its decision',
    ({ oldestMs, nowMs }) => (oldestMs === undefined ? 0 : Math.max(0, (nowMs - oldestMs) / 1000)),
  ),
  gauge(
    'winnow_buffer_bytes',
    'bytes of spans that wait for their decision, bookkeeping included',
    ({ liveBytes }) => liveBytes,
  ),
  gauge('winnow_buffer_pressure', 'part of the buffer in use, 1 = full', ({ pressure }) => pressure),
  {
    name: 'winnow_decision_lag_seconds',
    kind: 'gauge',
    labels: ['quantile'],
    help: 'how long after they were due the last million traces were decided: an upper bound',
    read: ({ lagMs }) => LAG_QUANTILES.map((share, i) => [{ quantile: String(share) }, lagMs[i]! / 1000]),
  },
  counter('winnow_late_spans_total', 'spans that came after their trace was decided', ({ late }) => late),
  counter(
    'winnow_late_spans_dropped_total',
    'late spans of dropped traces, dropped like them',
    ({ lateDropped }) => lateDropped,
  ),
  gauge(
    'winnow_span_copy_window_seconds',
    'how far back spans of decided traces are known: a copy of one is not counted',
    ({ copyWindowMs }) => copyWindowMs / 1000,
  ),
];
