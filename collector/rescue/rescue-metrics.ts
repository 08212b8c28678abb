// Late spans and second chances in the collector's own metrics.
import type { LateAges } from '#collector/assemble/late-ages.ts';
import { counter, gauge, type Metric } from '#collector/model/metric-table.ts';
import type { Rescuer } from './rescuer.ts';

/** What {@link rescueNumbers} finds. */
export interface RescueNumbers {
  /** One for each of {@link LATE_QUANTILES}. */
  readonly lateAgesMs: readonly number[];
  readonly lateErrors: readonly (readonly [outcome: string, spans: number])[];
  readonly rescued: readonly (readonly [why: string, traces: number])[];
  readonly bytes: number;
  readonly diskBytes: number;
  readonly traces: number;
  readonly horizonMs: number;
  readonly share: number;
  readonly oversized: number;
}

const LATE_QUANTILES = [0.5, 0.99, 0.999];
/** Thresholds of randomness, high half. */
const HALF = 2 ** 28;

/** @param nowMs collector clock */
export function rescueNumbers({ ring, lateErrors, rescued }: Rescuer, ages: LateAges, nowMs: number): RescueNumbers {
  return {
    lateAgesMs: LATE_QUANTILES.map((part) => ages.quantileMs(part)),
    lateErrors: [...lateErrors],
    rescued: [...rescued],
    bytes: ring?.bytes ?? 0,
    diskBytes: ring?.diskBytes ?? 0,
    traces: ring?.index.traces ?? 0,
    horizonMs: ring?.horizonMs(nowMs) ?? 0,
    share: ring === undefined ? 0 : 1 - ring.leastHi / HALF,
    oversized: ring?.oversized ?? 0,
  };
}

export const RESCUE_METRICS: readonly Metric<RescueNumbers>[] = [
  {
    name: 'winnow_late_span_age_seconds',
    kind: 'gauge',
    labels: ['quantile'],
    help: 'how long after the first span of their trace the last million late spans came, rounded up: compare with winnow_decision_memory_seconds and sampling.wait',
    read: ({ lateAgesMs }) => LATE_QUANTILES.map((part, i) => [{ quantile: String(part) }, lateAgesMs[i]! / 1000]),
  },
  {
    name: 'winnow_late_errors_total',
    kind: 'counter',
    labels: ['outcome'],
    help: 'error spans after the decision on their trace. kept: the trace was; rescued: they brought it back; expired: the rescue ring does not hold it; final: a rule with a condition and keep: 0% dropped it',
    read: ({ lateErrors }) => lateErrors.map(([outcome, spans]) => [{ outcome }, spans]),
  },
  {
    name: 'winnow_rescued_traces_total',
    kind: 'counter',
    labels: ['why'],
    help: 'dropped traces that were brought back; their spans, sampled out before, count as received again: winnow_spans_received_total{transport="rescue"}',
    read: ({ rescued }) => rescued.map(([why, traces]) => [{ why }, traces]),
  },
  gauge(
    'winnow_rescue_ring_bytes',
    'memory of dropped traces that can still be brought back, index included',
    ({ bytes }) => bytes,
  ),
  gauge('winnow_rescue_ring_disk_bytes', 'the same on disk', ({ diskBytes }) => diskBytes),
  gauge('winnow_rescue_ring_traces', 'dropped traces that can still be brought back', ({ traces }) => traces),
  gauge(
    'winnow_rescue_ring_horizon_seconds',
    'how far back dropped traces can be brought back',
    ({ horizonMs }) => horizonMs / 1000,
  ),
  gauge(
    'winnow_rescue_ring_share',
    'part of the dropped traces that the ring takes, by randomness: below 1 under load',
    ({ share }) => share,
  ),
  counter(
    'winnow_rescue_oversized_traces_total',
    'dropped traces too large for the rescue ring: more than an eighth of it',
    ({ oversized }) => oversized,
  ),
];
