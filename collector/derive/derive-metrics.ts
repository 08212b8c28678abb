// RED series and service edges in the collector's own metrics.
import { counter, gauge, type Metric } from '#collector/model/metric-table.ts';
import type { GlobalFacts } from './global/global-facts.ts';

export const DERIVE_METRICS: readonly Metric<GlobalFacts>[] = [
  gauge(
    'winnow_red_series',
    'combinations of service, name, kind and status that are counted',
    ({ red }) => red.table.size,
  ),
  counter(
    'winnow_red_overflow_spans_total',
    'spans counted under the name __overflow__ of their service, or of all: raise red.max_series, or take ids out of span names',
    ({ red }) => red.table.overflowed,
  ),
  counter(
    'winnow_edges_overflow_total',
    'calls counted under an edge to __overflow__: raise red.max_series',
    ({ graph }) => graph.counters.overflowed,
  ),
  gauge(
    'winnow_edges_waiting',
    'spans that wait for a caller decided after them, by parent or link',
    ({ graph }) => graph.waiting.waiting,
  ),
  counter(
    'winnow_edges_unresolved_total',
    'spans whose caller was not seen within ten minutes, or whose place was needed: no edge',
    ({ graph }) => graph.waiting.unresolved,
  ),
];
