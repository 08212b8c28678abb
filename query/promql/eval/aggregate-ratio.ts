// limit_ratio: keeps a share of the series, always the same ones, chosen by the XXH64 of their labels, so that the same ones are kept as by Prometheus.
import type { Aggregate } from '../ast.ts';
import { formatGo } from '../format-number.ts';
import { labelHash } from '../label-hash.ts';
import type { LabelSet } from '../labels.ts';
import { PromqlError } from '../promql-error.ts';
import type { EvalContext } from './context.ts';
import { isEmptySeries, type VectorSeries, type VectorValue } from './value.ts';

/** Where a series stands between 0 and 1. */
function placeOf(labels: LabelSet): number {
  return Number(labelHash(labels)) / 2 ** 64;
}

/** Keeps series whose place is below the ratio, or, for a negative one, those that its complement leaves out. */
export function limitRatio(
  context: EvalContext,
  expr: Aggregate,
  parameters: Float64Array,
  input: VectorValue,
): VectorValue {
  const ratios = parameters.map((ratio) => {
    if (Number.isNaN(ratio)) throw new PromqlError('execution', 'Ratio value is NaN');
    return Math.min(1, Math.max(-1, ratio));
  });
  for (const ratio of extremes(parameters)) {
    if (Math.abs(ratio) <= 1) continue;
    context.scope.annotations.warn(
      expr.param ?? expr,
      `ratio value should be between -1 and 1, got ${formatGo(ratio)}, capping to ${formatGo(Math.sign(ratio))}`,
    );
  }
  const series = input.series.map((one): VectorSeries => {
    const place = placeOf(one.labels);
    const keeps = (ratio: number): boolean => (ratio >= 0 ? place < ratio : place >= 1 + ratio);
    context.scope.budget.spend(ratios.length);
    return { ...one, present: one.present.map((flag, step) => (flag !== 0 && keeps(ratios[step]!) ? flag : 0)) };
  });
  return { type: 'vector', series: series.filter((one) => !isEmptySeries(one)) };
}

function extremes(values: Float64Array): [number, number] {
  let least = Infinity;
  let most = -Infinity;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}
