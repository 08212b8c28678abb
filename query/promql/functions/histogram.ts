// Functions of classic histograms (series per `le`). Native histograms will stand beside them.
import { forMetric } from '../annotations.ts';
import { warnQuantiles } from '../eval/aggregate.ts';
import { dropName, timeAt, type EvalContext } from '../eval/context.ts';
import { evaluateVector } from '../eval/operands.ts';
import { mergeSameLabels } from '../eval/same-labels.ts';
import { emptySeries, type VectorSeries, type VectorValue } from '../eval/value.ts';
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

async function perHistogram(
  context: EvalContext,
  call: Call,
  vectorAt: number,
  value: (buckets: Bucket[], step: number, metric: string) => number,
): Promise<VectorValue> {
  const input = await evaluateVector(context, argument(call, vectorAt));
  const { grid, scope } = context;
  const series = collect(context, argument(call, vectorAt), input).map((histogram) => {
    const named = dropName(context, { labels: histogram.labels, dropName: false });
    const into = emptySeries(named.labels, grid.steps, named.dropName);
    histogram.series.sort((a, b) => a.bound - b.bound);
    for (let step = 0; step < grid.steps; step++) {
      const buckets: Bucket[] = [];
      for (const { bound, of } of histogram.series)
        if (of.present[step] === 1) buckets.push({ bound, count: of.values[step]! });
      scope.budget.spend(histogram.series.length);
      if (buckets.length === 0) continue;
      into.values[step] = value(buckets, step, histogram.metric);
      into.present[step] = 1;
    }
    return into;
  });
  return { type: 'vector', series: scope.delayedNameRemoval ? series : mergeSameLabels(series) };
}

const histogramQuantile: FunctionImplementation = async (context, call) => {
  const [parameters] = await scalarArguments(context, call, [0]);
  const { scope, grid } = context;
  const result = await perHistogram(context, call, 1, (buckets, step, metric) => {
    const { quantile, fix } = bucketQuantile(parameters![step]!, buckets);
    if (fix !== undefined)
      scope.annotations.monotonicity(argument(call, 1), scope.delayedNameRemoval ? metric : '', {
        ...fix,
        timeMs: timeAt(grid, step),
      });
    return quantile;
  });
  warnQuantiles(context, argument(call, 0), parameters!);
  return result;
};

const histogramFraction: FunctionImplementation = async (context, call) => {
  const [lower, upper] = await scalarArguments(context, call, [0, 1]);
  return perHistogram(context, call, 2, (buckets, step) => bucketFraction(lower![step]!, upper![step]!, buckets));
};

export const histogramFunctions: readonly PromqlFunction[] = [
  ['histogram_quantile', takes('scalar', 'vector'), histogramQuantile],
  ['histogram_fraction', takes('scalar', 'scalar', 'vector'), histogramFraction],
  ['histogram_quantiles', experimental(optional(9, takes('vector', 'string', 'scalar', 'scalar')))],
  // Of native histograms.
  ['histogram_avg', takes('vector')],
  ['histogram_count', takes('vector')],
  ['histogram_stddev', takes('vector')],
  ['histogram_stdvar', takes('vector')],
  ['histogram_sum', takes('vector')],
];
