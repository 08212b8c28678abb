// Histograms of which only count and sum are looked at: selectors leave out the buckets and, while those are there, find the counter resets.
import type { BinaryOp } from '../ast.ts';
import { detectReset } from '../histogram/detect-reset.ts';
import { EMPTY_HISTOGRAM, withHint, type CounterResetHint, type FloatHistogram } from '../histogram/float-histogram.ts';
import type { Series } from '../storage.ts';
import type { EvalContext } from './context.ts';

const OF_TOTALS: ReadonlySet<string> = new Set(['histogram_count', 'histogram_sum', 'histogram_avg']);
const OF_BUCKETS: ReadonlySet<string> = new Set([
  'histogram_quantile',
  'histogram_quantiles',
  'histogram_fraction',
  'histogram_stddev',
  'histogram_stdvar',
]);

/** The context of the arguments of a function. */
export function insideCall(context: EvalContext, name: string): EvalContext {
  if (context.needs === 'buckets') return context;
  if (OF_BUCKETS.has(name)) return { ...context, needs: 'buckets' };
  return OF_TOTALS.has(name) ? { ...context, needs: 'totals' } : context;
}

/** The context of the operands of an operator. */
export function insideOperator(context: EvalContext, op: BinaryOp): EvalContext {
  return op === '</' || op === '>/' ? { ...context, needs: 'buckets' } : context;
}

function hintOf(now: FloatHistogram, before: FloatHistogram | undefined): CounterResetHint {
  if (now.hint !== 'unknown' || before === undefined) return now.hint;
  return detectReset(now, before) ? 'reset' : 'not_reset';
}

/** The samples of a series with count and sum alone. */
export function totalsOf(series: Series): Series {
  if (series.histograms === undefined) return series;
  let before: FloatHistogram | undefined;
  const histograms = series.histograms.map((now) => {
    if (now === undefined) return undefined;
    const { schema, count, sum } = now;
    const total = withHint({ ...EMPTY_HISTOGRAM, schema, count, sum }, hintOf(now, before));
    before = now;
    return total;
  });
  return { ...series, histograms };
}
