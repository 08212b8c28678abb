// Late spans and second chances in the collector's own metrics.
import type { LateAges } from '#collector/assemble/late-ages.ts';
import { counter, gauge, type Metric } from '#collector/model/metric-table.ts';
import type { Rescuer } from './rescuer.ts';

export interface RescueState {
  readonly rescuer: Rescuer;
  readonly ages: LateAges;
  /** Collector clock. */
  readonly nowMs: number;
}

const LATE_QUANTILES = [0.5, 0.99, 0.999];
/** Thresholds of randomness, high half. */
const HALF = 2 ** 28;

export const RESCUE_METRICS: readonly Metric<RescueState>[] = [
  {
    name: 'winnow_late_span_age_seconds',
    kind: 'gauge',
    labels: ['quantile'],
    help: 'how long after the first span of their trace the last million late spans came, rounded up: compare with winnow_decision_memory_seconds and sampling.wait',
    read: ({ ages }) => LATE_QUANTILES.map((part) => [{ quantile: String(part) }, ages.quantileMs(part) / 1000]),
  },
  {
    name: 'winnow_late_errors_total',
    kind: 'counter',
    labels: ['outcome'],
    help: 'error spans after the decision on their trace. kept: the trace was; rescued: they brought it back; expired: the rescue ring does not hold it; final: a rule with a condition and keep: 0% dropped it',
    read: ({ rescuer }) => [...rescuer.lateErrors].map(([outcome, spans]) => [{ outcome }, spans]),
  },
  {
    name: 'winnow_rescued_traces_total',
    kind: 'counter',
    labels: ['why'],
    help: 'dropped traces that were brought back; their spans, sampled out before, count as received again: winnow_spans_received_total{transport="rescue"}',
    read: ({ rescuer }) => [...rescuer.rescued].map(([why, traces]) => [{ why }, traces]),
  },
  gauge(
    'winnow_rescue_ring_bytes',
    'memory of dropped traces that can still be brought back, index included',
    ({ rescuer: { ring } }) => ring?.bytes ?? 0,
  ),
  gauge('winnow_rescue_ring_disk_bytes', 'the same on disk', ({ rescuer: { ring } }) => ring?.diskBytes ?? 0),
  gauge(
    'winnow_rescue_ring_traces',
    'dropped traces that can still be brought back',
    ({ rescuer: { ring } }) => ring?.index.traces ?? 0,
  ),
  gauge(
    'winnow_rescue_ring_horizon_seconds',
    'how far back dropped traces can be brought back',
    ({ rescuer: { ring }, nowMs }) => (ring?.horizonMs(nowMs) ?? 0) / 1000,
  ),
  gauge(
    'winnow_rescue_ring_share',
    'part of the dropped traces that the ring takes, by randomness: below 1 under load',
    ({ rescuer: { ring } }) => (ring === undefined ? 0 : 1 - ring.leastHi / HALF),
  ),
  counter(
    'winnow_rescue_oversized_traces_total',
    'dropped traces too large for the rescue ring: more than an eighth of it',
    ({ rescuer: { ring } }) => ring?.oversized ?? 0,
  ),
];
