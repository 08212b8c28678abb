// A slow and plain evaluator of PromQL, written down apart from the engine: every node is worked out step by step and sample by sample.
// With the engine it shares the parser, label sets, the arithmetic of native histograms, and the list of annotations.
import type { Call, Expr, VectorSelector } from '#query/promql/ast.ts';
import { multiply } from '#query/promql/histogram/arithmetic.ts';
import { aggregate } from './plain-aggregate.ts';
import { binary } from './plain-binary.ts';
import { callFunction } from './plain-functions.ts';
import { isInvariant } from './plain-invariant.ts';
import { lookTimes, smoothedRows, timedRows } from './plain-selector.ts';
import {
  failure,
  makeSteps,
  mergeRows,
  renamed,
  type PlainValue,
  type Place,
  type Row,
  type World,
} from './plain-value.ts';

export function evaluate(place: Place, expr: Expr): PlainValue {
  const { steps } = place;
  const { timesMs } = steps;
  if (steps.startMs !== steps.endMs && timesMs.length > 0 && isInvariant(place.world, expr).wrapped) {
    const once = evaluate({ ...place, steps: makeSteps(steps.startMs, steps.startMs, 1) }, expr);
    if (once.type === 'string') return once;
    if (once.type === 'scalar') return { type: 'scalar', numbers: timesMs.map(() => once.numbers[0]!) };
    return { type: 'vector', rows: once.rows.map((row) => ({ ...row, points: timesMs.map(() => row.points[0]) })) };
  }
  switch (expr.kind) {
    case 'number':
      return { type: 'scalar', numbers: timesMs.map(() => expr.value) };
    case 'string':
      return { type: 'string', text: expr.value };
    case 'paren':
      return evaluate(place, expr.expr);
    case 'unary': {
      const value = evaluate(place, expr.expr);
      if (expr.op === '+' || value.type === 'string') return value;
      return value.type === 'scalar'
        ? { type: 'scalar', numbers: value.numbers.map((one) => -one) }
        : { type: 'vector', rows: negated(place.world, value.rows) };
    }
    case 'binary':
      return binary(place, expr, evaluate);
    case 'aggregate':
      return { type: 'vector', rows: aggregate(place, expr, evaluate) };
    case 'call':
      return call(place, expr);
    case 'vector':
      return { type: 'vector', rows: selected(place, expr) };
    case 'matrix':
    case 'subquery':
      throw failure('a range vector cannot stand here');
  }
}

function negated(world: World, rows: readonly Row[]): readonly Row[] {
  const opposite = rows.map((row): Row => ({
    labels: renamed(world, row.labels),
    dropName: true,
    points: row.points.map((point) =>
      point === undefined ? undefined : typeof point === 'number' ? -point : multiply(point, -1),
    ),
  }));
  return world.delayedNameRemoval ? opposite : mergeRows(opposite);
}

function selected(place: Place, expr: VectorSelector): Row[] {
  const times = lookTimes(place, expr);
  if (expr.extended === 'smoothed') return smoothedRows(place, expr, times);
  return timedRows(place, expr, times).map(({ labels, samples }) => ({
    labels,
    dropName: false,
    points: samples.map((sample) => sample?.point),
  }));
}

function call(place: Place, expr: Call): PlainValue {
  return callFunction({ ...place, needs: needsInside(place, expr.func) }, expr, evaluate);
}

const OF_TOTALS = ['histogram_count', 'histogram_sum', 'histogram_avg'];
const OF_BUCKETS = [
  'histogram_quantile',
  'histogram_quantiles',
  'histogram_fraction',
  'histogram_stddev',
  'histogram_stdvar',
];

function needsInside({ needs }: Place, func: string): Place['needs'] {
  if (needs === 'buckets' || OF_BUCKETS.includes(func)) return 'buckets';
  return OF_TOTALS.includes(func) ? 'totals' : needs;
}
