// Functions of histograms in the plain evaluator: at every step the vector is sorted into native histograms and buckets of classic ones.
import { forMetric, type Annotations } from '#query/promql/annotations.ts';
import type { Expr } from '#query/promql/ast.ts';
import { formatGo } from '#query/promql/format-number.ts';
import type { FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { histogramFraction, histogramQuantile, histogramVariance } from '#query/promql/histogram/quantile.ts';
import { LabelSet, METRIC_NAME } from '#query/promql/labels.ts';
import { fractionOfBuckets, quantileOfBuckets, type PlainBucket } from './plain-buckets.ts';
import { textOf } from './plain-labels.ts';
import {
  failure,
  isHistogram,
  renamed,
  rowsOf,
  vectorAt,
  type Place,
  type PlainValue,
  type Row,
  type Sample,
  type World,
} from './plain-value.ts';

/** Functions that look at native histograms alone. */
const OF_NATIVE: Readonly<Record<string, (histogram: FloatHistogram) => number>> = {
  histogram_count: ({ count }) => count,
  histogram_sum: ({ sum }) => sum,
  histogram_avg: ({ count, sum }) => sum / count,
  histogram_stddev: (histogram) => Math.sqrt(histogramVariance(histogram)),
  histogram_stdvar: histogramVariance,
};

export function isHistogramFunction(func: string): boolean {
  return func.startsWith('histogram_');
}

interface Classic {
  readonly labels: LabelSet;
  readonly dropName: boolean;
  readonly buckets: PlainBucket[];
}

interface Sorted {
  readonly native: (Sample & { readonly histogram: FloatHistogram })[];
  readonly classic: Classic[];
}

/** Go's numbers as they stand in `le`. */
function boundOf(text: string): number | undefined {
  const number = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
  if (number !== undefined) return number;
  if (/^\+?inf(inity)?$/i.test(text)) return Infinity;
  if (/^-inf(inity)?$/i.test(text)) return -Infinity;
  return /^nan$/i.test(text) ? NaN : undefined;
}

function sortOut(world: World, where: Expr, vector: readonly Sample[]): Sorted {
  const { annotations, delayedNameRemoval } = world;
  const metric = (labels: LabelSet): string => forMetric(delayedNameRemoval ? labels.get(METRIC_NAME) : '');
  const native: Sorted['native'] = [];
  const classic = new Map<string, Classic>();
  for (const sample of vector) {
    if (isHistogram(sample.point)) {
      native.push({ ...sample, histogram: sample.point });
      continue;
    }
    const le = sample.labels.get('le');
    const bound = boundOf(le);
    if (bound === undefined) {
      annotations.warn(
        where,
        `bucket label "le" is missing or has a malformed value of ${JSON.stringify(le)}${metric(sample.labels)}`,
      );
      continue;
    }
    const labels = sample.labels.without('le');
    const known = classic.get(labels.key) ?? { labels, dropName: sample.dropName, buckets: [] };
    known.buckets.push({ bound, count: sample.point });
    classic.set(labels.key, known);
  }
  const alone = native.filter(({ labels }) => {
    if (!classic.has(labels.key)) return true;
    annotations.warn(where, `vector contains a mix of classic and native histograms${metric(labels)}`);
    return false;
  });
  for (const { labels } of native) classic.delete(labels.key);
  return { native: alone, classic: [...classic.values()] };
}

function validate(annotations: Annotations, where: Expr, q: number): void {
  if (!(q >= 0 && q <= 1)) annotations.warn(where, `quantile value should be between 0 and 1, got ${formatGo(q)}`);
}

export function ofHistograms(
  place: Place,
  func: string,
  args: readonly Expr[],
  values: readonly (PlainValue | undefined)[],
): Row[] {
  const { world } = place;
  const rowsAt = (at: number): readonly Row[] => {
    const value = values[at];
    if (value?.type !== 'vector') throw failure('expected a vector');
    return value.rows;
  };
  const numberAt = (at: number, step: number): number => {
    const value = values[at];
    if (value?.type !== 'scalar') throw failure('expected a scalar');
    return value.numbers[step]!;
  };
  const ofNative = OF_NATIVE[func];
  if (ofNative !== undefined)
    return rowsOf(place, (step) =>
      vectorAt(rowsAt(0), step).flatMap(({ labels, point }): Sample[] =>
        isHistogram(point) ? [{ labels: renamed(world, labels), dropName: true, point: ofNative(point) }] : [],
      ),
    );
  if (func === 'histogram_fraction')
    return rowsOf(place, (step) =>
      fractions(world, args[2]!, vectorAt(rowsAt(2), step), numberAt(0, step), numberAt(1, step)),
    );
  if (func === 'histogram_quantile')
    return rowsOf(place, (step) => {
      const q = numberAt(0, step);
      validate(world.annotations, args[0]!, q);
      return quantiles(place, step, args[1]!, sortOut(world, args[1]!, vectorAt(rowsAt(1), step)), q);
    });
  const label = textOf(args[1]);
  return rowsOf(place, (step) => {
    const found = sortOut(world, args[0]!, vectorAt(rowsAt(0), step));
    return args.slice(2).flatMap((arg, at) => {
      const q = numberAt(at + 2, step);
      validate(world.annotations, arg, q);
      return quantiles(place, step, args[0]!, found, q).map((sample) => ({
        ...sample,
        labels: sample.labels.with(label, openMetrics(q)),
      }));
    });
  });
}

/** As OpenMetrics writes numbers: a whole one has a fraction. */
function openMetrics(q: number): string {
  const text = formatGo(q === 0 ? 0 : q);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function fractions(world: World, where: Expr, vector: readonly Sample[], low: number, high: number): Sample[] {
  const { native, classic } = sortOut(world, where, vector);
  return [
    ...native.map(({ labels, histogram }) => {
      const { value, nan } = histogramFraction(low, high, histogram);
      if (nan)
        world.annotations.info(
          where,
          `input to histogram_fraction has NaN observations, which are excluded from all fractions${forMetric(world.delayedNameRemoval ? labels.get(METRIC_NAME) : '')}`,
        );
      return { labels: renamed(world, labels), dropName: true, point: value };
    }),
    ...classic.map(({ labels, buckets }) => ({
      labels: renamed(world, labels),
      dropName: true,
      point: fractionOfBuckets(low, high, buckets),
    })),
  ];
}

function quantiles(place: Place, step: number, where: Expr, { native, classic }: Sorted, q: number): Sample[] {
  const { world, steps } = place;
  const name = (labels: LabelSet): string => (world.delayedNameRemoval ? labels.get(METRIC_NAME) : '');
  return [
    ...native.map(({ labels, histogram }) => {
      const { value, nan } = histogramQuantile(q, histogram);
      if (nan !== undefined)
        world.annotations.info(
          where,
          `input to histogram_quantile has NaN observations, result is ${nan === 'skew' ? 'skewed higher' : 'NaN'}${forMetric(name(labels))}`,
        );
      return { labels: renamed(world, labels), dropName: true, point: value };
    }),
    ...classic.map(({ labels, buckets }) => {
      const { quantile, bent } = quantileOfBuckets(q, buckets);
      const timeMs = steps.timesMs[step]!;
      if (bent !== undefined)
        world.annotations.monotonicity(where, name(labels), { ...bent, count: 1n, firstMs: timeMs, lastMs: timeMs });
      return { labels: renamed(world, labels), dropName: true, point: quantile };
    }),
  ];
}
