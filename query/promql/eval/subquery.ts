// Sub-queries: an instant expression evaluated on its own grid, which is aligned to absolute multiples of its step.
import type { Subquery } from '../ast.ts';
import { durationMs } from '../duration.ts';
import { makeGrid, type EvalContext } from './context.ts';
import { evaluateVector } from './operands.ts';
import { lookAt } from './selector.ts';
import type { RangeSeries, RangeValue } from './value.ts';

/** Evaluates the inner expression once over everything that the outer steps will look at. */
export async function evaluateSubquery(context: EvalContext, expr: Subquery): Promise<RangeValue> {
  const { scope, grid } = context;
  const rangeMs = durationMs(expr.range, scope.durations, false);
  const stepMs = expr.step === undefined ? scope.subqueryStepMs : durationMs(expr.step, scope.durations, false);
  const look = lookAt(context, expr);
  if (grid.steps === 0) return { series: [], rangeMs, windowEndMs: look.timeMs };
  const fromMs = look.timeMs(0) - rangeMs;
  let startMs = stepMs * Math.trunc(fromMs / stepMs);
  if (startMs <= fromMs) startMs += stepMs;
  const inner = { scope, grid: makeGrid(startMs, look.timeMs(grid.steps - 1), stepMs) };
  scope.budget.reserve(inner.grid.steps);
  const value = await evaluateVector(inner, expr.expr);
  const series: RangeSeries[] = [];
  for (const one of value.series) {
    let count = 0;
    for (const flag of one.present) count += flag;
    const timesMs = new Float64Array(count);
    const values = new Float64Array(count);
    let to = 0;
    for (let step = 0; step < one.present.length; step++) {
      if (one.present[step] !== 1) continue;
      timesMs[to] = inner.grid.startMs + step * stepMs;
      values[to++] = one.values[step]!;
    }
    scope.budget.spend(one.present.length);
    if (count > 0) series.push({ labels: one.labels, dropName: one.dropName, timesMs, values });
  }
  return { series, rangeMs, windowEndMs: look.timeMs };
}
