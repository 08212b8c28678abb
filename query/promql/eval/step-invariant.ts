// Expressions that have the same value at every step because all their selectors are pinned with `@`: they are evaluated once.
import type { Call, Expr } from '../ast.ts';
import { sizeInSamples } from '../histogram/float-histogram.ts';
import { HISTOGRAM, type Value, type VectorSeries } from './value.ts';
import type { Budget, QueryScope } from './context.ts';
import { sharedReference } from './reference-time.ts';

/** Functions whose value depends on the time of the step, whatever their arguments. */
const TIME_DEPENDENT: ReadonlySet<string> = new Set([
  'days_in_month',
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'hour',
  'minute',
  'month',
  'predict_linear',
  'time',
  'timestamp',
  'year',
]);

type Times = Pick<QueryScope, 'query' | 'durations'>;

function isPinnedCall(call: Call, times: Times): boolean {
  // The time of a sample that is pinned is always the same one; that of a step is not.
  const timeOfSample = call.func === 'timestamp' && call.args[0]?.kind === 'vector';
  if (TIME_DEPENDENT.has(call.func) && !timeOfSample) return false;
  if (call.func !== 'info') return call.args.every((arg) => isPinned(arg, times));
  // Info series are looked up at the time of the step where selectors look at different times.
  const [arg] = call.args;
  return arg !== undefined && isPinned(arg, times) && sharedReference(arg, times) !== undefined;
}

/** True when nothing in it depends on the step. */
function isPinned(expr: Expr, times: Times): boolean {
  let inner = expr;
  for (;;) {
    switch (inner.kind) {
      case 'number':
      case 'string':
        return true;
      case 'vector':
      case 'subquery':
        return inner.at !== undefined;
      case 'matrix':
        return inner.selector.at !== undefined;
      case 'paren':
      case 'unary':
      case 'aggregate':
        inner = inner.expr;
        continue;
      case 'binary':
        if (!isPinned(inner.right, times)) return false;
        inner = inner.left;
        continue;
      case 'call':
        return isPinnedCall(inner, times);
    }
  }
}

/** True for what is worth evaluating once: numbers and texts are as quick step by step. */
export function isStepInvariant(expr: Expr, times: Times): boolean {
  let inner = expr;
  while (inner.kind === 'paren' || inner.kind === 'unary' || inner.kind === 'aggregate') inner = inner.expr;
  return inner.kind !== 'number' && inner.kind !== 'string' && isPinned(inner, times);
}

function repeat(one: VectorSeries, steps: number): VectorSeries {
  const histogram = one.histograms?.[0];
  return {
    labels: one.labels,
    dropName: one.dropName,
    values: new Float64Array(steps).fill(one.values[0]!),
    present: new Uint8Array(steps).fill(one.present[0]!),
    ...(histogram === undefined ? {} : { histograms: Array.from({ length: steps }, () => histogram) }),
  };
}

/** The value of one step at all steps. */
export function repeated(value: Value, steps: number, budget: Budget): Value {
  if (value.type === 'string') return value;
  if (value.type === 'scalar') {
    budget.hold(steps - 1);
    return { type: 'scalar', values: new Float64Array(steps).fill(value.values[0]!) };
  }
  const series: VectorSeries[] = [];
  for (const one of value.series) {
    if (one.present[0] === 0) continue;
    budget.reserve(steps);
    budget.hold((steps - 1) * (one.present[0] === HISTOGRAM ? sizeInSamples(one.histograms![0]!) : 1));
    series.push(repeat(one, steps));
  }
  return { type: 'vector', series };
}
