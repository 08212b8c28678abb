// RED series and service edges in the collector's own metrics.
import { counter, gauge, type Metric } from '#collector/model/metric-table.ts';
import type { ServiceEdges } from './edges/service-edges.ts';
import type { RedTable } from './red/red-table.ts';

export const DERIVE_METRICS: readonly Metric<{ readonly red: RedTable; readonly edges: ServiceEdges }>[] = [
  gauge('winnow_red_series', 'combinations of service, name, kind and status that are counted', ({ red }) => red.size),
  counter(
    'winnow_red_overflow_spans_total',
    'spans counted under the name __overflow__ of their service, or of all: raise red.max_series, or take ids out of span names',
    ({ red }) => red.overflowed,
  ),
  counter(
    'winnow_edges_overflow_total',
    'calls counted under an edge to __overflow__: raise red.max_series',
    ({ edges }) => edges.counters.overflowed,
  ),
  gauge(
    'winnow_edges_waiting',
    'spans that wait for a caller decided after them, by parent or link',
    ({ edges }) => edges.waiting.waiting,
  ),
  counter(
    'winnow_edges_unresolved_total',
    'spans whose caller was not seen within ten minutes, or whose place was needed: no edge',
    ({ edges }) => edges.waiting.unresolved,
  ),
];
