// The buffer in the collector's own metrics: traces that wait for their decision, how late decisions come, and spans that come after them.
import { counter, gauge, type Metric } from '#collector/model/metric-table.ts';
import type { DecidedSpans } from './decided-spans.ts';
import type { TraceShard } from './shard.ts';

export interface BufferState {
  readonly shard: TraceShard;
  readonly decidedSpans: DecidedSpans;
  /** Collector clock. */
  readonly nowMs: number;
}

const LAG_QUANTILES = [0.5, 0.99];

export const BUFFER_METRICS: readonly Metric<BufferState>[] = [
  gauge('winnow_buffer_traces', 'traces that wait for their decision', ({ shard }) => shard.traces),
  gauge('winnow_buffer_spans', 'spans that wait for the decision on their trace', ({ shard }) => shard.ledger.pending),
  gauge('winnow_buffer_oldest_seconds', 'how long the oldest trace has waited for its decision', ({ shard, nowMs }) => {
    const oldest = shard.oldestMs();
    return oldest === undefined ? 0 : Math.max(0, (nowMs - oldest) / 1000);
  }),
  gauge(
    'winnow_buffer_bytes',
    'bytes of spans that wait for their decision, bookkeeping included',
    ({ shard }) => shard.liveBytes,
  ),
  gauge('winnow_buffer_pressure', 'part of the buffer in use, 1 = full', ({ shard }) => shard.pressure),
  {
    name: 'winnow_decision_lag_seconds',
    kind: 'gauge',
    labels: ['quantile'],
    help: 'how long after they were due the last million traces were decided: an upper bound',
    read: ({ shard }) =>
      LAG_QUANTILES.map((share) => [{ quantile: String(share) }, shard.lag.quantileMs(share) / 1000]),
  },
  counter('winnow_late_spans_total', 'spans that came after their trace was decided', ({ shard }) => shard.ledger.late),
  counter(
    'winnow_late_spans_dropped_total',
    'late spans of dropped traces, dropped like them',
    ({ shard }) => shard.ledger.lateDropped,
  ),
  gauge(
    'winnow_span_copy_window_seconds',
    'how far back spans of decided traces are known: a copy of one is not counted',
    ({ decidedSpans, nowMs }) => decidedSpans.windowMs(nowMs) / 1000,
  ),
];
