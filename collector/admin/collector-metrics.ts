// The collector's own metrics beside the ledger: decisions, buffer, spool, memory of decisions. Other programs rely on the names.
import { SIGNALS } from '#proto/otlp/signal.ts';
import type { LargeRequests } from '#collector/admit/large-requests/large-requests.ts';
import type { RefusedConnections } from '#collector/receive/refused-connections.ts';
import type { ConfigReload } from './reload-config.ts';
import type { Pipeline } from '#collector/pipeline.ts';
import { requestMetrics } from './wal-metrics.ts';
import { rescueMetrics } from './rescue-metrics.ts';
import { imbalanceMetric, ledgerMetrics, refusalMetrics, type MetricSource } from '#collector/self/metrics.ts';
import { storeMetrics } from './store-metrics.ts';
import type { StoreWriter } from '#collector/store/writer.ts';

export function collectorMetrics(
  pipeline: Pipeline,
  writer: () => StoreWriter | undefined,
  reload: ConfigReload,
  nowMs: () => number,
  large: LargeRequests,
  refused: Readonly<Record<string, RefusedConnections>>,
): MetricSource[] {
  const { traces, ledger } = pipeline;
  const gauge = (name: string, help: string, read: () => number): MetricSource => ({
    name,
    kind: 'gauge',
    help,
    labels: [],
    read: () => [[{}, read()]],
  });
  const counter = (name: string, help: string, read: () => number): MetricSource => ({
    name,
    kind: 'counter',
    help,
    labels: [],
    read: () => [[{}, read()]],
  });
  return [
    ...ledgerMetrics(ledger),
    imbalanceMetric(ledger),
    refusalMetrics(ledger),
    {
      name: 'winnow_traces_decided_total',
      kind: 'counter',
      labels: ['decision', 'rule', 'trigger'],
      help: 'traces decided',
      read: () =>
        [...traces.decided.all()].map(({ decision, rule, trigger, traces: count }) => [
          { decision, rule, trigger },
          count,
        ]),
    },
    gauge('winnow_buffer_traces', 'traces that wait for their decision', () => traces.shard.traces),
    gauge('winnow_buffer_spans', 'spans that wait for the decision on their trace', () => traces.shard.ledger.pending),
    gauge('winnow_buffer_oldest_seconds', 'how long the oldest trace has waited for its decision', () => {
      const oldest = traces.shard.oldestMs();
      return oldest === undefined ? 0 : Math.max(0, (nowMs() - oldest) / 1000);
    }),
    gauge(
      'winnow_buffer_bytes',
      'bytes of spans that wait for their decision, bookkeeping included',
      () => traces.shard.liveBytes,
    ),
    gauge('winnow_buffer_pressure', 'part of the buffer in use, 1 = full', () => traces.shard.pressure),
    gauge(
      'winnow_overload_probability',
      'how likely a trace that is new is taken in: below 1 while overload turns traces away',
      () => pipeline.overload.probability,
    ),
    {
      name: 'winnow_overload_transitions_total',
      kind: 'counter',
      labels: ['direction'],
      help: 'steps of that probability: up = half as likely, down = twice as likely',
      read: () => [
        [{ direction: 'up' }, pipeline.overload.raised],
        [{ direction: 'down' }, pipeline.overload.lowered],
      ],
    },
    counter(
      'winnow_overload_traces_shed_total',
      'traces turned away at their first span; their service edges are estimated from those taken in',
      () => traces.shedding.traces,
    ),
    {
      name: 'winnow_decision_lag_seconds',
      kind: 'gauge',
      labels: ['quantile'],
      help: 'how long after they were due the last million traces were decided: an upper bound',
      read: () => [0.5, 0.99].map((share) => [{ quantile: String(share) }, traces.shard.lag.quantileMs(share) / 1000]),
    },
    gauge(
      'winnow_event_loop_lag_seconds',
      'how far the event loop is behind, averaged over seconds',
      () => pipeline.overload.lagMs / 1000,
    ),
    {
      name: 'winnow_work_seconds_total',
      kind: 'counter',
      labels: ['on'],
      help: 'time spent on requests and on decisions, in one thread',
      read: () => [
        [{ on: 'requests' }, pipeline.work.requestsMs / 1000],
        [{ on: 'decisions' }, pipeline.work.decisionsMs / 1000],
      ],
    },
    counter('winnow_late_spans_total', 'spans that came after their trace was decided', () => traces.shard.ledger.late),
    counter(
      'winnow_late_spans_dropped_total',
      'late spans of dropped traces, let go like them',
      () => traces.shard.ledger.lateDropped,
    ),
    ...rescueMetrics(traces.rescue, nowMs),
    gauge(
      'winnow_red_series',
      'combinations of service, name, kind and status that are counted',
      () => traces.red.size,
    ),
    gauge(
      'winnow_derived_series',
      'Prometheus series alive that are made from spans: RED, service graph, clocks, propagation, repairs',
      () => pipeline.derived.openSeries,
    ),
    counter(
      'winnow_red_overflow_spans_total',
      'spans counted under the name __overflow__ of their service, or of all: raise red.max_series, or take ids out of span names',
      () => traces.red.overflowed,
    ),
    counter(
      'winnow_edges_overflow_total',
      'calls counted under an edge to __overflow__: raise red.max_series',
      () => traces.edges.counters.overflowed,
    ),
    gauge(
      'winnow_edges_waiting',
      'spans that wait for a caller decided after them, by parent or link',
      () => traces.edges.waiting.waiting,
    ),
    counter(
      'winnow_edges_unresolved_total',
      'spans whose caller was not seen within ten minutes, or whose place was needed: no edge',
      () => traces.edges.waiting.unresolved,
    ),
    gauge('winnow_decision_memory_seconds', 'how far back decisions are remembered', () => {
      const since = traces.decisions.rememberedSinceMs();
      return Number.isFinite(since) ? Math.max(0, (nowMs() - since) / 1000) : 0;
    }),
    gauge(
      'winnow_span_copy_window_seconds',
      'how far back spans of decided traces are known: a copy of one is not counted',
      () => traces.decidedSpans.windowMs(nowMs()) / 1000,
    ),
    {
      name: 'winnow_config_reloads_total',
      kind: 'counter',
      labels: ['result'],
      help: 'readings of the configuration while running: applied, unchanged, or refused for its mistakes',
      read: () => [...reload.counts].map(([result, count]) => [{ result }, count]),
    },
    {
      name: 'winnow_config_info',
      kind: 'gauge',
      labels: ['hash'],
      help: '1; hash of the rules and waits in force',
      read: () => [[{ hash: reload.hash }, 1]],
    },
    {
      name: 'winnow_large_requests_total',
      kind: 'counter',
      labels: ['signal'],
      help: 'requests that were cut into pieces, so that they do not delay others',
      read: () => SIGNALS.map((signal) => [{ signal }, large.requests[signal]]),
    },
    {
      name: 'winnow_large_request_pieces_total',
      kind: 'counter',
      labels: ['signal'],
      help: 'pieces of such requests that were accepted',
      read: () => SIGNALS.map((signal) => [{ signal }, large.pieces[signal]]),
    },
    {
      name: 'winnow_connections_refused_total',
      kind: 'counter',
      labels: ['listener', 'reason'],
      help: 'connections that were not accepted: too many at once, or no file descriptors',
      read: () =>
        Object.entries(refused).flatMap(([listener, { counts }]) =>
          Object.entries(counts).map(([reason, count]): [Record<string, string>, number] => [
            { listener, reason },
            count,
          ]),
        ),
    },
    gauge(
      'winnow_large_requests_pending_bytes',
      'bytes of large requests that wait to be checked, are checked, or are being accepted',
      () => large.pendingBytes,
    ),
    gauge(
      'winnow_wal_bytes',
      'bytes of requests whose traces are not decided and in the spool yet',
      () => pipeline.durability?.bytes ?? 0,
    ),
    ...requestMetrics(pipeline),
    ...storeMetrics(writer),
  ];
}
