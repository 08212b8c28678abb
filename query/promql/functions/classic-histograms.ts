// Sorts the series of a vector into classic histograms (series per `le`) and native ones, for functions that know both.
import { forMetric } from '../annotations.ts';
import type { Expr } from '../ast.ts';
import type { EvalContext } from '../eval/context.ts';
import { FLOAT, HISTOGRAM, type VectorSeries, type VectorValue } from '../eval/value.ts';
import { BUCKET_LABEL, METRIC_NAME, type LabelSet } from '../labels.ts';
import { parseNumber } from '../literals.ts';
import type { Bucket } from './bucket-quantile.ts';

export interface ClassicHistogram {
  /** Without `le`. */
  readonly labels: LabelSet;
  readonly dropName: boolean;
  /** Ascending by bound. */
  readonly series: { readonly bound: number; readonly of: VectorSeries }[];
  /** Steps at which there is a native histogram with the same labels: neither of the two counts. */
  conflicts: Uint8Array | undefined;
}

interface NativeHistogram {
  readonly series: VectorSeries;
  readonly conflicts: Uint8Array | undefined;
}

export interface Histograms {
  readonly classic: readonly ClassicHistogram[];
  readonly native: readonly NativeHistogram[];
}

function readBound(text: string): number | undefined {
  const signed = /^([+-]?)(.*)$/.exec(text);
  const number = parseNumber(signed?.[2] ?? '');
  if (number === undefined || number.duration) return undefined;
  return signed?.[1] === '-' ? -number.value : number.value;
}

function classicHistograms(
  series: readonly VectorSeries[],
  malformed: (le: string, labels: LabelSet) => void,
): Map<string, ClassicHistogram> {
  const found = new Map<string, ClassicHistogram>();
  for (const one of series) {
    if (!one.present.includes(FLOAT)) continue;
    const le = one.labels.get(BUCKET_LABEL);
    const bound = readBound(le);
    if (bound === undefined) {
      malformed(le, one.labels);
      continue;
    }
    const labels = one.labels.without(BUCKET_LABEL);
    let histogram = found.get(labels.key);
    if (histogram === undefined) {
      histogram = { labels, dropName: one.dropName, series: [], conflicts: undefined };
      found.set(labels.key, histogram);
    }
    histogram.series.push({ bound, of: one });
  }
  for (const { series: buckets } of found.values()) buckets.sort((a, b) => a.bound - b.bound);
  return found;
}

/** Steps at which both are there. */
function conflictsOf(classic: ClassicHistogram, native: VectorSeries): Uint8Array | undefined {
  const both = native.present.map((flag, step) =>
    flag === HISTOGRAM && classic.series.some(({ of }) => of.present[step] === FLOAT) ? 1 : 0,
  );
  return both.includes(1) ? both : undefined;
}

/** @param written where notes about the vector point */
export function histogramsOf({ scope }: EvalContext, written: Expr, input: VectorValue): Histograms {
  const { annotations, delayedNameRemoval } = scope;
  const metricOf = (labels: LabelSet): string => forMetric(delayedNameRemoval ? labels.get(METRIC_NAME) : '');
  const classic = classicHistograms(input.series, (le, labels) =>
    annotations.warn(
      written,
      `bucket label "le" is missing or has a malformed value of ${JSON.stringify(le)}${metricOf(labels)}`,
    ),
  );
  const native: NativeHistogram[] = [];
  for (const one of input.series) {
    if (one.histograms === undefined || !one.present.includes(HISTOGRAM)) continue;
    const same = classic.get(one.labels.key);
    const conflicts = same === undefined ? undefined : conflictsOf(same, one);
    if (same !== undefined && conflicts !== undefined) {
      same.conflicts = conflicts;
      annotations.warn(written, `vector contains a mix of classic and native histograms${metricOf(one.labels)}`);
    }
    native.push({ series: one, conflicts });
  }
  return { classic: [...classic.values()], native };
}

/** The buckets of a classic histogram at a step; empty where it has none. */
export function bucketsAt(histogram: ClassicHistogram, step: number): Bucket[] {
  const buckets: Bucket[] = [];
  if (histogram.conflicts?.[step] === 1) return buckets;
  for (const { bound, of } of histogram.series)
    if (of.present[step] === FLOAT) buckets.push({ bound, count: of.values[step]! });
  return buckets;
}
