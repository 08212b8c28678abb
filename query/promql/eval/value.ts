// What expressions evaluate to: a float or a histogram per step and series, with a separate presence flag because NaN is a value.
import type { FloatHistogram } from '../histogram/float-histogram.ts';
import type { LabelSet } from '../labels.ts';
import type { HistogramColumn, Samples } from '../storage.ts';

/** The flag of a step with a float. Code that knows floats only asks for this one, and so passes histograms by. */
export const FLOAT = 1;
/** The flag of a step with a histogram. */
export const HISTOGRAM = 2;

/** One series over all steps of an evaluation. */
export interface VectorSeries {
  readonly labels: LabelSet;
  /** The metric name is to be removed at the end (delayed name removal). */
  readonly dropName: boolean;
  readonly values: Float64Array;
  /** FLOAT or HISTOGRAM where the series has a value at that step, else 0. */
  readonly present: Uint8Array;
  /** By step. Absent where all values are floats. */
  readonly histograms?: HistogramColumn | undefined;
  /** Times of the samples the values come from; only selectors asked for them have them. */
  readonly sampleTimesMs?: Float64Array | undefined;
  /** When those samples began to count; 0 where that is unknown. */
  readonly startTimesMs?: Float64Array | undefined;
}

/** A series that is being filled. */
export interface OpenSeries extends VectorSeries {
  histograms?: (FloatHistogram | undefined)[] | undefined;
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
export interface RangeSeries extends Samples {
  readonly labels: LabelSet;
  readonly dropName: boolean;
}

/** Input of range functions: samples, and where each step's window lies (left-open). */
export interface RangeValue {
  readonly series: readonly RangeSeries[];
  readonly rangeMs: number;
  /** Window end of a step. */
  windowEndMs(step: number): number;
  /** Windows reach beyond their edges by so much, to the left and to the right: those of anchored and smoothed selectors. */
  readonly beyondMs?: readonly [left: number, right: number];
  /** Samples that a sub-query holds until its range function is done. */
  readonly heldSamples?: number;
  /** What a sub-query has looked at. */
  readonly samplesSeen?: number;
}

export function emptySeries(labels: LabelSet, steps: number, dropName = false): OpenSeries {
  return { labels, dropName, values: new Float64Array(steps), present: new Uint8Array(steps) };
}

/** Writes a float or a histogram; undefined is no value. */
export function put(into: OpenSeries, step: number, value: number | FloatHistogram | undefined): void {
  if (value === undefined) return;
  if (typeof value === 'number') {
    into.values[step] = value;
    into.present[step] = FLOAT;
    return;
  }
  into.histograms ??= Array.from<undefined>({ length: into.present.length });
  into.histograms[step] = value;
  into.present[step] = HISTOGRAM;
}

/** The histogram at a step, or the float. Only where something is present. */
export function valueAt(series: VectorSeries, step: number): number | FloatHistogram {
  return series.present[step] === HISTOGRAM ? series.histograms![step]! : series.values[step]!;
}

export function isEmptySeries({ present }: VectorSeries): boolean {
  for (let step = 0; step < present.length; step++) if (present[step] !== 0) return false;
  return true;
}

/** Presence of the floats alone. */
export function floatsOf({ present, histograms }: VectorSeries): Uint8Array {
  return histograms === undefined ? present : present.map((flag) => (flag === FLOAT ? FLOAT : 0));
}
