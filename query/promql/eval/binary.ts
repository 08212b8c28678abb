// Binary operators between scalars and vectors; pairing of two vectors stands in matching.ts.
import { isComparison, isSetOp, type Binary } from '../ast.ts';
import { PromqlError, unsupported } from '../promql-error.ts';
import { dropName, type EvalContext } from './context.ts';
import { pairVectors } from './matching.ts';
import { LastNotes, noLoss } from './operator-notes.ts';
import { floatOperator, operate, type FloatOperator } from './operators.ts';
import { mergedByStep } from './same-labels.ts';
import { evaluateSetOperator } from './set-operators.ts';
import { emptySeries, FLOAT, put, valueAt, type Value, type VectorSeries, type VectorValue } from './value.ts';

/** The value of an operator between two values that have been evaluated. */
export function applyBinary(context: EvalContext, expr: Binary, left: Value, right: Value): Value {
  if (left.type === 'string' || right.type === 'string') throw unsupported('a string in a binary expression');
  if (left.type === 'vector' && right.type === 'vector') {
    const { op } = expr;
    return isSetOp(op)
      ? evaluateSetOperator(context, op, expr.matching, left, right)
      : pairVectors(context, expr, left, right);
  }
  if (left.type === 'scalar' && right.type === 'scalar') {
    if (expr.op === '</' || expr.op === '>/')
      throw new PromqlError('execution', `operator "${expr.op}" not allowed for Scalar operations`);
    const operator = floatOperator(expr.op);
    return { type: 'scalar', values: left.values.map((one, step) => operator(one, right.values[step]!)) };
  }
  if (left.type === 'vector') return vectorWithScalar(context, expr, left, scalarsOf(right), false);
  return right.type === 'vector' ? vectorWithScalar(context, expr, right, scalarsOf(left), true) : right;
}

function scalarsOf(value: Value): Float64Array {
  return value.type === 'scalar' ? value.values : new Float64Array();
}

/** HOT: a series of floats with a scalar. */
function floatSeries(
  one: VectorSeries,
  scalars: Float64Array,
  operator: FloatOperator,
  filters: boolean,
): { readonly values: Float64Array; readonly present: Uint8Array } {
  const values = new Float64Array(one.values.length);
  const present = new Uint8Array(one.values.length);
  for (let step = 0; step < values.length; step++) {
    if (one.present[step] !== FLOAT) continue;
    const result = operator(one.values[step]!, scalars[step]!);
    if (filters && result === 0) continue;
    present[step] = FLOAT;
    values[step] = filters ? one.values[step]! : result;
  }
  return { values, present };
}

/** A series with histograms, or an operator that is for them. */
function anySeries(
  one: VectorSeries,
  scalars: Float64Array,
  expr: Binary,
  swapped: boolean,
  notes: LastNotes,
): VectorSeries {
  const into = emptySeries(one.labels, one.values.length);
  for (let step = 0; step < one.values.length; step++) {
    if (one.present[step] === 0) continue;
    const value = valueAt(one, step);
    const scalar = scalars[step]!;
    const outcome = swapped ? operate(expr.op, scalar, value) : operate(expr.op, value, scalar);
    if (outcome.note !== undefined) notes.add(step, outcome.note);
    if (noLoss(outcome) || outcome.note?.kind === 'warning') {
      if (expr.bool) put(into, step, outcome.holds ? 1 : 0);
      // The value of the vector is kept, on whichever side it stands.
      else if (outcome.holds) put(into, step, isComparison(expr.op) ? value : outcome.value);
    }
  }
  return into;
}

/** @param swapped the scalar stands on the left */
function vectorWithScalar(
  context: EvalContext,
  expr: Binary,
  vector: VectorValue,
  scalars: Float64Array,
  swapped: boolean,
): VectorValue {
  const filters = isComparison(expr.op) && !expr.bool;
  const trims = expr.op === '</' || expr.op === '>/';
  const plain = trims ? undefined : floatOperator(expr.op);
  const operator: FloatOperator | undefined =
    plain !== undefined && swapped ? (value, scalar) => plain(scalar, value) : plain;
  const notes = new LastNotes();
  const series = vector.series.map((one): VectorSeries => {
    context.scope.budget.spend(one.values.length);
    const { values, present, histograms } =
      operator === undefined || one.histograms !== undefined
        ? anySeries(one, scalars, expr, swapped, notes)
        : { ...floatSeries(one, scalars, operator, filters), histograms: undefined };
    const keepsName = filters || (trims && !expr.bool);
    const named = keepsName ? { labels: one.labels, dropName: one.dropName } : dropName(context, one);
    return { ...named, values, present, histograms };
  });
  notes.report(context, expr);
  return { type: 'vector', series: mergedByStep(context, series) };
}
