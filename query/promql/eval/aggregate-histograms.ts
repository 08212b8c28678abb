// sum and avg of groups that have native histograms, and notes about those that other aggregations leave out.
import {
  collidingResets,
  ignoredInAggregation,
  MIXED_IN_AGGREGATION,
  mixedBucketSchemas,
  reconciledBounds,
} from '../annotation-texts.ts';
import { compact, type FloatHistogram } from '../histogram/float-histogram.ts';
import { HistogramMean, HistogramSum } from '../histogram/histogram-sum.ts';
import { KahanMean, KahanSum } from '../kahan.ts';
import { METRIC_NAME } from '../labels.ts';
import type { Notes } from './notes.ts';
import { FLOAT, HISTOGRAM, put, type OpenSeries, type VectorSeries } from './value.ts';

export function hasHistograms(members: readonly VectorSeries[]): boolean {
  return members.some((one) => one.histograms !== undefined && one.present.includes(HISTOGRAM));
}

/** Notes that an aggregation of floats has passed histograms by. */
export function noteIgnored(members: readonly VectorSeries[], op: string, notes: Notes): void {
  if (hasHistograms(members)) notes.info(ignoredInAggregation(op));
}

interface FloatTotal {
  add(value: number): void;
  readonly value: number;
}

interface HistogramTotal {
  add(histogram: FloatHistogram): boolean;
  readonly boundsReconciled: boolean;
  readonly value: FloatHistogram;
}

/** A sum or mean under way: of floats, or of histograms. */
class Fold {
  readonly #floats: FloatTotal;
  readonly #startHistograms: (first: FloatHistogram) => HistogramTotal;
  #histograms: HistogramTotal | undefined;
  #floatCount = 0;
  #histogramCount = 0;
  #incompatible = false;
  #reset = false;
  #notReset = false;

  constructor(op: 'sum' | 'avg') {
    this.#floats = op === 'sum' ? new KahanSum() : new KahanMean();
    this.#startHistograms = (first) => (op === 'sum' ? new HistogramSum(first) : new HistogramMean(first));
  }

  addFloat(value: number): void {
    if (this.#incompatible) return;
    this.#floatCount++;
    this.#floats.add(value);
  }

  addHistogram(histogram: FloatHistogram, metric: string, notes: Notes): void {
    if (this.#incompatible) return;
    this.#histogramCount++;
    if (this.#histograms === undefined) {
      // Floats were there before it: the group has no result, and the histogram need not be looked at.
      if (this.#floatCount > 0) return;
      this.#histograms = this.#startHistograms(histogram);
    } else if (!this.#histograms.add(histogram)) {
      notes.warn(mixedBucketSchemas(metric));
      this.#incompatible = true;
    }
    this.#reset ||= histogram.hint === 'reset';
    this.#notReset ||= histogram.hint === 'not_reset';
  }

  result(notes: Notes): number | FloatHistogram | undefined {
    if (this.#histograms?.boundsReconciled === true) notes.info(reconciledBounds('aggregation'));
    if (this.#floatCount > 0 && this.#histogramCount > 0) {
      notes.warn(MIXED_IN_AGGREGATION);
      return undefined;
    }
    if (this.#incompatible) return undefined;
    if (this.#reset && this.#notReset) notes.warn(collidingResets('aggregation'));
    return this.#histograms === undefined ? this.#floats.value : compact(this.#histograms.value);
  }
}

/** Folds a group that has histograms, step by step. A group with floats and histograms at a step has no value there. */
export function foldHistograms(
  op: 'sum' | 'avg',
  members: readonly VectorSeries[],
  into: OpenSeries,
  notes: Notes,
): void {
  for (let step = 0; step < into.values.length; step++) {
    let fold: Fold | undefined;
    for (const one of members) {
      const flag = one.present[step]!;
      if (flag === 0) continue;
      fold ??= new Fold(op);
      if (flag === FLOAT) fold.addFloat(one.values[step]!);
      else fold.addHistogram(one.histograms![step]!, one.labels.get(METRIC_NAME), notes);
    }
    put(into, step, fold?.result(notes));
  }
}
