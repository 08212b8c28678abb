// Functions of histograms: quantiles and fractions of classic and native ones, and the functions that take native ones only.
import { forMetric } from '../annotations.ts';
import { dropName, type EvalContext } from '../eval/context.ts';
import { evaluateVector, stringOf } from '../eval/operands.ts';
import { emptySeries, HISTOGRAM, put, type VectorSeries, type VectorValue } from '../eval/value.ts';
import { formatGo } from '../format-number.ts';
import type { FloatHistogram } from '../histogram/float-histogram.ts';
import { histogramFraction, histogramQuantile, histogramVariance } from '../histogram/quantile.ts';
import { METRIC_NAME, type LabelSet } from '../labels.ts';
import type { Call, Expr } from '../ast.ts';
import { bucketFraction, bucketQuantile, type Bucket } from './bucket-quantile.ts';
import { bucketsAt, histogramsOf, type ClassicHistogram, type Histograms } from './classic-histograms.ts';
import {
  argument,
  namelessVector,
  scalarArguments,
  type FunctionImplementation,
  type PromqlFunction,
} from './function.ts';
import { MonotonicityNotes } from './monotonicity-notes.ts';
import { experimental, optional, takes } from './signature.ts';

interface Named {
  readonly labels: LabelSet;
  readonly dropName: boolean;
}

/** What is asked of each histogram at each step; undefined is no answer. */
interface Question {
  classic(buckets: Bucket[], step: number, metric: string): number | undefined;
  native(histogram: FloatHistogram, step: number, metric: string): number | undefined;
}

/** One series of each histogram. `rename` gives the labels of the answer. */
function answers(
  context: EvalContext,
  { classic, native }: Histograms,
  question: Question,
  rename: (named: Named) => Named,
  bucketsOf = bucketsAt,
): VectorSeries[] {
  const { grid, scope } = context;
  const start = (labels: LabelSet, drops: boolean): ReturnType<typeof emptySeries> => {
    const named = rename(dropName(context, { labels, dropName: drops }));
    return emptySeries(named.labels, grid.steps, named.dropName);
  };
  const fromNative = native.map(({ series, conflicts }) => {
    const into = start(series.labels, series.dropName);
    const metric = series.labels.get(METRIC_NAME);
    for (let step = 0; step < grid.steps; step++) {
      if (series.present[step] !== HISTOGRAM || conflicts?.[step] === 1) continue;
      put(into, step, question.native(series.histograms![step]!, step, metric));
    }
    scope.budget.spend(grid.steps);
    return into;
  });
  const fromClassic = classic.map((histogram) => {
    const into = start(histogram.labels, histogram.dropName);
    const metric = histogram.labels.get(METRIC_NAME);
    for (let step = 0; step < grid.steps; step++) {
      const buckets = bucketsOf(histogram, step);
      scope.budget.spend(histogram.series.length);
      if (buckets.length > 0) put(into, step, question.classic(buckets, step, metric));
    }
    return into;
  });
  return [...fromNative, ...fromClassic];
}

async function histogramsAt(context: EvalContext, call: Call, at: number): Promise<Histograms> {
  return histogramsOf(context, argument(call, at), await evaluateVector(context, argument(call, at)));
}

/** Warns of each value outside 0…1. */
function warnQuantiles({ scope }: EvalContext, where: Expr, parameters: Float64Array): void {
  for (const q of new Set(parameters))
    if (!(q >= 0 && q <= 1))
      scope.annotations.warn(where, `quantile value should be between 0 and 1, got ${formatGo(q)}`);
}

/** @param where what notes about the histograms point at */
function quantileQuestion(
  { scope }: EvalContext,
  where: Expr,
  parameters: Float64Array,
  bent: MonotonicityNotes,
  applies: (step: number) => boolean = () => true,
): Question {
  const { annotations, delayedNameRemoval } = scope;
  return {
    classic: (buckets, step, metric) => {
      if (!applies(step)) return undefined;
      const { quantile, fix } = bucketQuantile(parameters[step]!, buckets);
      if (fix !== undefined) bent.add(delayedNameRemoval ? metric : '', fix, step);
      return quantile;
    },
    native: (histogram, step, metric) => {
      if (!applies(step)) return undefined;
      const { value, nan } = histogramQuantile(parameters[step]!, histogram);
      if (nan !== undefined)
        annotations.info(
          where,
          `input to histogram_quantile has NaN observations, result is ${nan === 'skew' ? 'skewed higher' : 'NaN'}${forMetric(delayedNameRemoval ? metric : '')}`,
        );
      return value;
    },
  };
}

const quantile: FunctionImplementation = async (context, call) => {
  const [parameters] = await scalarArguments(context, call, [0]);
  const histograms = await histogramsAt(context, call, 1);
  warnQuantiles(context, argument(call, 0), parameters!);
  const bent = new MonotonicityNotes(context);
  const question = quantileQuestion(context, argument(call, 1), parameters!, bent);
  const series = answers(context, histograms, question, (named) => named);
  bent.report(argument(call, 1));
  return namelessVector(context, series);
};

/** The buckets of each histogram and step are the same ones for all quantiles: what one of them has bent stays so for the next. */
function keptBuckets({ grid, scope }: EvalContext): typeof bucketsAt {
  const kept = new Map<ClassicHistogram, (Bucket[] | undefined)[]>();
  return (histogram, step) => {
    let bySteps = kept.get(histogram);
    if (bySteps === undefined) {
      scope.budget.reserve(grid.steps * histogram.series.length);
      bySteps = Array.from<undefined>({ length: grid.steps });
      kept.set(histogram, bySteps);
    }
    bySteps[step] ??= bucketsAt(histogram, step);
    return bySteps[step];
  };
}

/** Each quantile has series of its own, with its value in a label. */
const quantiles: FunctionImplementation = async (context, call) => {
  const label = stringOf(call.args[1]);
  const histograms = await histogramsAt(context, call, 0);
  const where = argument(call, 0);
  const bent = new MonotonicityNotes(context);
  const bucketsOf = keptBuckets(context);
  const series: VectorSeries[] = [];
  for (let at = 2; at < call.args.length; at++) {
    const [parameters] = await scalarArguments(context, call, [at]);
    warnQuantiles(context, argument(call, at), parameters!);
    const texts = Array.from(parameters!, formatOpenMetrics);
    for (const text of new Set(texts)) {
      const question = quantileQuestion(context, where, parameters!, bent, (step) => texts[step] === text);
      const rename = (named: Named): Named => ({ ...named, labels: named.labels.with(label, text) });
      series.push(...answers(context, histograms, question, rename, bucketsOf));
    }
  }
  bent.report(where);
  return namelessVector(context, series);
};

/** As OpenMetrics writes values of `le` and `quantile`: 0.5, 1.0, NaN. */
function formatOpenMetrics(value: number): string {
  const text = formatGo(value);
  return Number.isFinite(value) && !/[.e]/.test(text) ? `${text}.0` : text;
}

const fraction: FunctionImplementation = async (context, call) => {
  const [lower, upper] = await scalarArguments(context, call, [0, 1]);
  const where = argument(call, 2);
  const { annotations, delayedNameRemoval } = context.scope;
  const question: Question = {
    classic: (buckets, step) => bucketFraction(lower![step]!, upper![step]!, buckets),
    native: (histogram, step, metric) => {
      const { value, nan } = histogramFraction(lower![step]!, upper![step]!, histogram);
      if (nan)
        annotations.info(
          where,
          `input to histogram_fraction has NaN observations, which are excluded from all fractions${forMetric(delayedNameRemoval ? metric : '')}`,
        );
      return value;
    },
  };
  return namelessVector(
    context,
    answers(context, await histogramsAt(context, call, 2), question, (named) => named),
  );
};

/** A function of native histograms alone; floats drop out. */
function ofNative(read: (histogram: FloatHistogram) => number): FunctionImplementation {
  return async (context, call): Promise<VectorValue> => {
    const input = await evaluateVector(context, argument(call, 0));
    const series: VectorSeries[] = [];
    for (const one of input.series) {
      if (one.histograms === undefined) continue;
      const named = dropName(context, one);
      const into = emptySeries(named.labels, context.grid.steps, named.dropName);
      for (const [step, histogram] of one.histograms.entries())
        if (histogram !== undefined && one.present[step] === HISTOGRAM) put(into, step, read(histogram));
      context.scope.budget.spend(context.grid.steps);
      series.push(into);
    }
    return namelessVector(context, series);
  };
}

export const histogramFunctions: readonly PromqlFunction[] = [
  ['histogram_quantile', takes('scalar', 'vector'), quantile],
  ['histogram_fraction', takes('scalar', 'scalar', 'vector'), fraction],
  ['histogram_quantiles', experimental(optional(9, takes('vector', 'string', 'scalar', 'scalar'))), quantiles],
  ['histogram_avg', takes('vector'), ofNative((histogram) => histogram.sum / histogram.count)],
  ['histogram_count', takes('vector'), ofNative((histogram) => histogram.count)],
  ['histogram_sum', takes('vector'), ofNative((histogram) => histogram.sum)],
  ['histogram_stddev', takes('vector'), ofNative((histogram) => Math.sqrt(histogramVariance(histogram)))],
  ['histogram_stdvar', takes('vector'), ofNative(histogramVariance)],
];
