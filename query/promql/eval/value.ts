// What expressions evaluate to: one number per step and series, with a separate presence flag because NaN is a value.
import type { LabelSet } from '../labels.ts';

/** One series over all steps of an evaluation. */
export interface VectorSeries {
  readonly labels: LabelSet;
  /** The metric name is to be removed at the end (delayed name removal). */
  readonly dropName: boolean;
  readonly values: Float64Array;
  /** 1 where the series has a value at that step. */
  readonly present: Uint8Array;
  /** Times of the samples the values were taken from; only selectors asked for them have them. */
  readonly sampleTimesMs?: Float64Array;
}

export interface VectorValue {
  readonly type: 'vector';
  readonly series: readonly VectorSeries[];
}

export interface ScalarValue {
  readonly type: 'scalar';
  readonly values: Float64Array;
}

interface StringValue {
  readonly type: 'string';
  readonly value: string;
}

export type Value = VectorValue | ScalarValue | StringValue;

/** Raw samples of one series, ascending in time, without staleness markers. */
export interface RangeSeries {
  readonly labels: LabelSet;
  readonly dropName: boolean;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
}

/** Input of range functions: samples, and where each step's window lies (left-open). */
export interface RangeValue {
  readonly series: readonly RangeSeries[];
  readonly rangeMs: number;
  /** Window end of a step. */
  windowEndMs(step: number): number;
}

export function emptySeries(labels: LabelSet, steps: number, dropName = false): VectorSeries {
  return { labels, dropName, values: new Float64Array(steps), present: new Uint8Array(steps) };
}

export function isEmptySeries(series: VectorSeries): boolean {
  return !series.present.includes(1);
}
