// Aggregations that fold a group of series into one number per step. Those that choose series stand in aggregate-choose.ts.
import type { Aggregate, AggregateOp } from '../ast.ts';
import { unsupported } from '../promql-error.ts';
import { goMax, goMin } from '../extremes.ts';
import { formatGo } from '../format-number.ts';
import { chooseSeries, countValues } from './aggregate-choose.ts';
import { foldHistograms, hasHistograms, noteIgnored } from './aggregate-histograms.ts';
import { limitRatio } from './aggregate-ratio.ts';
import type { EvalContext } from './context.ts';
import { groupSeries } from './group.ts';
import { KahanMean } from '../kahan.ts';
import { Notes } from './notes.ts';
import { evaluateScalar, evaluateVector, stringOf } from './operands.ts';
import { quantileOf } from './quantile.ts';
import { mergeSameLabels } from './same-labels.ts';
import { emptySeries, FLOAT, type VectorSeries, type VectorValue } from './value.ts';

type Fold = (members: readonly VectorSeries[], into: VectorSeries) => void;

/** Folds each step on its own with a small state machine. */
function perStep(start: () => { add(value: number): void; readonly value: number }): Fold {
  return (members, into) => {
    for (let step = 0; step < into.values.length; step++) {
      const state = start();
      for (const one of members) {
        if (one.present[step] !== FLOAT) continue;
        state.add(one.values[step]!);
        into.present[step] = FLOAT;
      }
      if (into.present[step] === FLOAT) into.values[step] = state.value;
    }
  };
}

/** Neumaier's sum over all steps at once, series by series: the inner loops touch three flat arrays only. */
const sumFold: Fold = (members, into) => {
  const { values, present } = into;
  const compensation = new Float64Array(values.length);
  for (const one of members) {
    for (let step = 0; step < values.length; step++) {
      if (one.present[step] !== FLOAT) continue;
      const value = one.values[step]!;
      if (present[step] === 0) {
        present[step] = FLOAT;
        values[step] = value;
        continue;
      }
      const old = values[step]!;
      const total = old + value;
      if (Math.abs(total) === Infinity) compensation[step] = 0;
      else compensation[step]! += Math.abs(old) >= Math.abs(value) ? old - total + value : value - total + old;
      values[step] = total;
    }
  }
  for (let step = 0; step < values.length; step++) values[step]! += compensation[step]!;
};

function pairwise(pick: (old: number, value: number) => number): Fold {
  return (members, into) => {
    const { values, present } = into;
    for (const one of members) {
      for (let step = 0; step < values.length; step++) {
        if (one.present[step] !== FLOAT) continue;
        values[step] = present[step] === FLOAT ? pick(values[step]!, one.values[step]!) : one.values[step]!;
        present[step] = FLOAT;
      }
    }
  };
}

/** Welford's variance; a first sample that is not finite makes it NaN. */
class Variance {
  #count = 0;
  #mean = 0;
  #sum = 0;

  add(value: number): void {
    this.#count++;
    if (this.#count === 1) {
      this.#mean = value;
      if (!Number.isFinite(value)) this.#sum = NaN;
      return;
    }
    const delta = value - this.#mean;
    this.#mean += delta / this.#count;
    this.#sum += delta * (value - this.#mean);
  }

  get value(): number {
    return this.#sum / this.#count;
  }
}

class Deviation extends Variance {
  override get value(): number {
    return Math.sqrt(super.value);
  }
}

/** Counts samples of either kind. */
const countFold: Fold = (members, into) => {
  const { values, present } = into;
  for (const one of members) {
    for (let step = 0; step < values.length; step++) {
      if (one.present[step] === 0) continue;
      values[step]! += 1;
      present[step] = FLOAT;
    }
  }
};

const groupFold: Fold = (members, into) => {
  countFold(members, into);
  into.values.fill(1);
};

const FOLDS: Partial<Readonly<Record<AggregateOp, Fold>>> = {
  sum: sumFold,
  avg: perStep(() => new KahanMean()),
  min: pairwise((old, value) => (old > value || Number.isNaN(old) ? value : old)),
  max: pairwise((old, value) => (old < value || Number.isNaN(old) ? value : old)),
  count: countFold,
  group: groupFold,
  stdvar: perStep(() => new Variance()),
  stddev: perStep(() => new Deviation()),
};

/** Aggregations that do something with histograms. */
const COUNTS_HISTOGRAMS: ReadonlySet<string> = new Set(['sum', 'avg', 'count', 'group']);

function quantileFold(parameters: Float64Array): Fold {
  return (members, into) => {
    const scratch = new Float64Array(members.length);
    for (let step = 0; step < into.values.length; step++) {
      let count = 0;
      for (const one of members) if (one.present[step] === FLOAT) scratch[count++] = one.values[step]!;
      if (count === 0) continue;
      into.values[step] = quantileOf(parameters[step]!, scratch.subarray(0, count));
      into.present[step] = FLOAT;
    }
  };
}

/** Warns once for each way in which a quantile lies outside 0…1; beside one that is no number, of infinite ones only. */
function warnQuantiles(context: EvalContext, where: { start: number }, parameters: Float64Array): void {
  let least = Number.MAX_VALUE;
  let most = -Number.MAX_VALUE;
  let nan = false;
  for (const q of parameters) {
    nan ||= Number.isNaN(q);
    least = goMin(least, q);
    most = goMax(most, q);
  }
  const warn = (q: number): void =>
    context.scope.annotations.warn(where, `quantile value should be between 0 and 1, got ${formatGo(q)}`);
  if (nan) warn(NaN);
  if (most > 1) warn(most);
  if (least < 0) warn(least);
}

export async function evaluateAggregate(context: EvalContext, expr: Aggregate): Promise<VectorValue> {
  if (expr.op === 'count_values') {
    const input = await evaluateVector(context, expr.expr);
    return countValues(context, expr, stringOf(expr.param), input);
  }
  const parameters = expr.param === undefined ? undefined : (await evaluateScalar(context, expr.param)).values;
  const input = await evaluateVector(context, expr.expr);
  if (parameters !== undefined && expr.op === 'limit_ratio') return limitRatio(context, expr, parameters, input);
  if (parameters !== undefined && expr.op !== 'quantile')
    return chooseSeries(context, expr, expr.op as 'topk' | 'bottomk' | 'limitk', parameters, input);
  if (parameters !== undefined) warnQuantiles(context, expr.param ?? expr, parameters);
  const fold = parameters === undefined ? FOLDS[expr.op] : quantileFold(parameters);
  if (fold === undefined) throw unsupported(`the aggregation ${expr.op}()`);
  const notes = new Notes(context.scope.annotations, expr.expr);
  const series = groupSeries(expr, input.series).map((group) => {
    const into = emptySeries(group.labels, context.grid.steps, group.dropName);
    if ((expr.op === 'sum' || expr.op === 'avg') && hasHistograms(group.members))
      foldHistograms(expr.op, group.members, into, notes);
    else fold(group.members, into);
    if (!COUNTS_HISTOGRAMS.has(expr.op)) noteIgnored(group.members, expr.op, notes);
    context.scope.budget.spend(group.members.length * context.grid.steps);
    return into;
  });
  return { type: 'vector', series: mergeSameLabels(series) };
}
