// Series descriptions of test scripts and unit tests of rules: labels, and values in a notation that repeats and steps.
import { add, subtract } from './histogram/arithmetic.ts';
import type { FloatHistogram } from './histogram/float-histogram.ts';
import type { LabelSet } from './labels.ts';
import { MAX_SERIES_VALUES } from './limits.ts';
import { PromqlError } from './promql-error.ts';

export interface HistogramLiteral {
  readonly histogram: FloatHistogram;
  /** A counter-reset hint was written: it counts in a comparison. */
  readonly hinted: boolean;
}

/** One item of a description, as written. `count` is the number of values it stands for. */
export type SeriesItem =
  | { readonly kind: 'gap'; readonly count: number }
  | { readonly kind: 'stale'; readonly count: number }
  | { readonly kind: 'float'; readonly value: number; readonly step: number; readonly count: number }
  | {
      readonly kind: 'histogram';
      readonly literal: HistogramLiteral;
      readonly change: { readonly op: '+' | '-'; readonly by: HistogramLiteral } | undefined;
      readonly count: number;
    };

export interface SeriesDescription {
  readonly labels: LabelSet;
  readonly items: readonly SeriesItem[];
}

/** One value of a series. */
export type SeriesValue =
  | { readonly kind: 'gap' | 'stale' }
  | { readonly kind: 'float'; readonly value: number }
  | ({ readonly kind: 'histogram' } & HistogramLiteral);

/** The values that items stand for. Throws PromqlError `bad_data` where they are too many, or histograms cannot be added. */
export function seriesValues(items: readonly SeriesItem[]): SeriesValue[] {
  const values: SeriesValue[] = [];
  let total = 0;
  for (const item of items) {
    total += item.count;
    if (total > MAX_SERIES_VALUES) {
      throw new PromqlError('bad_data', `series limit: more than the ${MAX_SERIES_VALUES} values that are allowed`);
    }
    if (item.kind === 'histogram') pushHistograms(values, item);
    else if (item.kind === 'float') {
      let { value } = item;
      for (let at = 0; at < item.count; at++) {
        values.push({ kind: 'float', value });
        value += item.step;
      }
    } else for (let at = 0; at < item.count; at++) values.push({ kind: item.kind });
  }
  return values;
}

function pushHistograms(values: SeriesValue[], item: Extract<SeriesItem, { kind: 'histogram' }>): void {
  const { literal, change, count } = item;
  let { histogram } = literal;
  const hinted = (change?.by ?? literal).hinted;
  for (let at = 0; at < count; at++) {
    values.push({ kind: 'histogram', histogram, hinted });
    if (change === undefined || at + 1 === count) continue;
    if (histogram.schema > change.by.histogram.schema) {
      throw new PromqlError(
        'bad_data',
        `error combining histograms: cannot merge from schema ${change.by.histogram.schema} to ${histogram.schema}`,
      );
    }
    const combined = (change.op === '+' ? add : subtract)(histogram, change.by.histogram);
    if (combined === undefined) {
      throw new PromqlError(
        'bad_data',
        'cannot apply this operation on histograms with a mix of exponential and custom bucket schemas',
      );
    }
    ({ histogram } = combined);
  }
}
