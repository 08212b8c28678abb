// Functions of classic histograms (series per `le`). Native histograms will stand beside them.
import { forMetric } from '../annotations.ts';
import { warnQuantiles } from '../eval/aggregate.ts';
import { dropName, timeAt, type EvalContext } from '../eval/context.ts';
import { evaluateVector, stringOf } from '../eval/operands.ts';
import { mergeSameLabels } from '../eval/same-labels.ts';
import { emptySeries, type VectorSeries, type VectorValue } from '../eval/value.ts';
import { formatGo } from '../format-number.ts';
import { BUCKET_LABEL, METRIC_NAME, type LabelSet } from '../labels.ts';
import type { Call, Expr } from '../ast.ts';
import { parseNumber } from '../literals.ts';
import { bucketFraction, bucketQuantile, type Bucket } from './bucket-quantile.ts';
import { argument, scalarArguments, type FunctionImplementation, type PromqlFunction } from './function.ts';
import { experimental, optional, takes } from './signature.ts';

interface Histogram {
  readonly labels: LabelSet;
  readonly metric: string;
  readonly series: { bound: number; of: VectorSeries }[];
}

function readBound(text: string): number | undefined {
  const signed = /^([+-]?)(.*)$/.exec(text);
  const number = parseNumber(signed?.[2] ?? '');
  if (number === undefined || number.duration) return undefined;
  return signed?.[1] === '-' ? -number.value : number.value;
}

function collect(context: EvalContext, written: Expr, input: VectorValue): Histogram[] {
  const histograms = new Map<string, Histogram>();
  for (const one of input.series) {
    const le = one.labels.get(BUCKET_LABEL);
    const bound = readBound(le);
    const metric = one.labels.get(METRIC_NAME);
    if (bound === undefined) {
      context.scope.annotations.warn(
        written,
        `bucket label "le" is missing or has a malformed value of ${JSON.stringify(le)}${forMetric(context.scope.delayedNameRemoval ? metric : '')}`,
      );
      continue;
    }
    const labels = one.labels.without(BUCKET_LABEL);
    let histogram = histograms.get(labels.key);
    if (histogram === undefined) {
      histogram = { labels, metric, series: [] };
      histograms.set(labels.key, histogram);
    }
    histogram.series.push({ bound, of: one });
  }
  return [...histograms.values()];
}

/** One series of each histogram; `value` is undefined where it has none at that step. */
function seriesOf(
  { grid, scope }: EvalContext,
  histograms: readonly Histogram[],
  labelsOf: (labels: LabelSet) => { readonly labels: LabelSet; readonly dropName: boolean },
  value: (buckets: Bucket[], step: number, metric: string) => number | undefined,
): VectorSeries[] {
  return histograms.map((histogram) => {
    const { labels, dropName: dropsName } = labelsOf(histogram.labels);
    const into = emptySeries(labels, grid.steps, dropsName);
    for (let step = 0; step < grid.steps; step++) {
      const buckets: Bucket[] = [];
      for (const { bound, of } of histogram.series)
        if (of.present[step] === 1) buckets.push({ bound, count: of.values[step]! });
      scope.budget.spend(histogram.series.length);
      const result = buckets.length === 0 ? undefined : value(buckets, step, histogram.metric);
      if (result === undefined) continue;
      into.values[step] = result;
      into.present[step] = 1;
    }
    return into;
  });
}

/** The histograms of an argument, buckets ascending. */
async function histogramsAt(context: EvalContext, call: Call, at: number): Promise<Histogram[]> {
  const histograms = collect(context, argument(call, at), await evaluateVector(context, argument(call, at)));
  for (const { series } of histograms) series.sort((a, b) => a.bound - b.bound);
  return histograms;
}

function vectorOf(context: EvalContext, series: VectorSeries[]): VectorValue {
  return { type: 'vector', series: context.scope.delayedNameRemoval ? series : mergeSameLabels(series) };
}

const nameless =
  (context: EvalContext) =>
  (labels: LabelSet): { readonly labels: LabelSet; readonly dropName: boolean } =>
    dropName(context, { labels, dropName: false });

/** The quantile of some buckets at a step. @param where what a note about buckets that are not monotonic points at */
function quantileAt(
  { scope, grid }: EvalContext,
  where: Expr,
): (q: number, buckets: Bucket[], step: number, metric: string) => number {
  return (q, buckets, step, metric) => {
    const { quantile, fix } = bucketQuantile(q, buckets);
    if (fix !== undefined)
      scope.annotations.monotonicity(where, scope.delayedNameRemoval ? metric : '', {
        ...fix,
        timeMs: timeAt(grid, step),
      });
    return quantile;
  };
}

const histogramQuantile: FunctionImplementation = async (context, call) => {
  const [parameters] = await scalarArguments(context, call, [0]);
  const quantile = quantileAt(context, argument(call, 1));
  const series = seriesOf(context, await histogramsAt(context, call, 1), nameless(context), (buckets, step, metric) =>
    quantile(parameters![step]!, buckets, step, metric),
  );
  warnQuantiles(context, argument(call, 0), parameters!);
  return vectorOf(context, series);
};

/** Each quantile has series of its own, with its value in a label. */
const histogramQuantiles: FunctionImplementation = async (context, call) => {
  const label = stringOf(call.args[1]);
  const histograms = await histogramsAt(context, call, 0);
  const quantile = quantileAt(context, argument(call, 1));
  const series: VectorSeries[] = [];
  for (let at = 2; at < call.args.length; at++) {
    const [parameters] = await scalarArguments(context, call, [at]);
    warnQuantiles(context, argument(call, at), parameters!);
    const texts = Array.from(parameters!, formatOpenMetrics);
    for (const text of new Set(texts)) {
      const labelled = (labels: LabelSet): ReturnType<ReturnType<typeof nameless>> => {
        const named = nameless(context)(labels);
        return { ...named, labels: named.labels.with(label, text) };
      };
      series.push(
        ...seriesOf(context, histograms, labelled, (buckets, step, metric) =>
          texts[step] === text ? quantile(parameters![step]!, buckets, step, metric) : undefined,
        ),
      );
    }
  }
  return vectorOf(context, series);
};

/** As OpenMetrics writes values of `le` and `quantile`: 0.5, 1.0, NaN. */
function formatOpenMetrics(value: number): string {
  const text = formatGo(value);
  return Number.isFinite(value) && !/[.e]/.test(text) ? `${text}.0` : text;
}

const histogramFraction: FunctionImplementation = async (context, call) => {
  const [lower, upper] = await scalarArguments(context, call, [0, 1]);
  const series = seriesOf(context, await histogramsAt(context, call, 2), nameless(context), (buckets, step) =>
    bucketFraction(lower![step]!, upper![step]!, buckets),
  );
  return vectorOf(context, series);
};

export const histogramFunctions: readonly PromqlFunction[] = [
  ['histogram_quantile', takes('scalar', 'vector'), histogramQuantile],
  ['histogram_fraction', takes('scalar', 'scalar', 'vector'), histogramFraction],
  ['histogram_quantiles', experimental(optional(9, takes('vector', 'string', 'scalar', 'scalar'))), histogramQuantiles],
  // Of native histograms.
  ['histogram_avg', takes('vector')],
  ['histogram_count', takes('vector')],
  ['histogram_stddev', takes('vector')],
  ['histogram_stdvar', takes('vector')],
  ['histogram_sum', takes('vector')],
];
