// Binary operators between scalars and vectors; pairing of two vectors stands in matching.ts.
import { isComparison, isSetOp, type Binary, type BinaryOp, type Expr } from '../ast.ts';
import { unsupported } from '../promql-error.ts';
import { dropName, type EvalContext } from './context.ts';
import { evaluateSetOperator, pairVectors } from './matching.ts';
import { evaluateOperand } from './operands.ts';
import { mergeSameLabels } from './same-labels.ts';
import type { Value, VectorSeries, VectorValue } from './value.ts';

/** Go's math.Pow: 1 to any power is 1, and so is -1 to an infinite one. */
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Infinity)) return 1;
  return base ** exponent;
}

const OPERATORS: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
  '^': power,
  atan2: Math.atan2,
  '==': (left, right) => (left === right ? 1 : 0),
  '!=': (left, right) => (left === right ? 0 : 1),
  '<': (left, right) => (left < right ? 1 : 0),
  '<=': (left, right) => (left <= right ? 1 : 0),
  '>': (left, right) => (left > right ? 1 : 0),
  '>=': (left, right) => (left >= right ? 1 : 0),
};

function operatorOf(op: BinaryOp): (left: number, right: number) => number {
  const found = OPERATORS[op];
  if (found === undefined) throw unsupported(`the operator ${op} on floats`);
  return found;
}

/** A chain of operators is evaluated from its first operand on: its length costs no stack. */
export async function evaluateBinary(context: EvalContext, last: Binary): Promise<Value> {
  const chain: Binary[] = [];
  let first: Expr = last;
  for (; first.kind === 'binary'; first = first.left) chain.push(first);
  let left = await evaluateOperand(context, first);
  for (const expr of chain.reverse())
    left = applyOperator(context, expr, left, await evaluateOperand(context, expr.right));
  return left;
}

function applyOperator(context: EvalContext, expr: Binary, left: Value, right: Value): Value {
  if (left.type === 'string' || right.type === 'string') throw unsupported('a string in a binary expression');
  if (expr.op === '</' || expr.op === '>/') return trimFloats(context, expr, left, right);
  if (left.type === 'vector' && right.type === 'vector') {
    const { op } = expr;
    if (isSetOp(op)) return evaluateSetOperator(context, op, expr.matching, left, right);
    const filter = isComparison(op) && !expr.bool;
    return pairVectors(
      context,
      { op: operatorOf(op), filter, dropsName: !isComparison(op), bool: expr.bool, matching: expr.matching },
      left,
      right,
    );
  }
  const operator = operatorOf(expr.op);
  if (left.type === 'scalar' && right.type === 'scalar') {
    return { type: 'scalar', values: left.values.map((one, step) => operator(one, right.values[step]!)) };
  }
  return left.type === 'vector'
    ? vectorWithScalar(context, expr, left, (right as { values: Float64Array }).values, operator)
    : vectorWithScalar(context, expr, right as VectorValue, left.values, (one, other) => operator(other, one));
}

function vectorWithScalar(
  context: EvalContext,
  expr: Binary,
  vector: VectorValue,
  scalars: Float64Array,
  operator: (vector: number, scalar: number) => number,
): VectorValue {
  const filters = isComparison(expr.op) && !expr.bool;
  const series = vector.series.map((one): VectorSeries => {
    const values = new Float64Array(one.values.length);
    const present = new Uint8Array(one.values.length);
    for (let step = 0; step < values.length; step++) {
      if (one.present[step] !== 1) continue;
      const result = operator(one.values[step]!, scalars[step]!);
      if (filters && result === 0) continue;
      present[step] = 1;
      values[step] = filters ? one.values[step]! : result;
    }
    context.scope.budget.spend(values.length);
    return filters
      ? { labels: one.labels, dropName: one.dropName, values, present }
      : { ...dropName(context, one), values, present };
  });
  return { type: 'vector', series: context.scope.delayedNameRemoval ? series : mergeSameLabels(series) };
}

/** Trimming is for native histograms: floats drop out, with an info. */
function trimFloats(context: EvalContext, expr: Binary, left: Value, right: Value): Value {
  if (left.type === 'scalar' && right.type === 'scalar') throw unsupported(`operator "${expr.op}" between scalars`);
  const floats = [left, right].every(
    (side) => side.type === 'scalar' || (side.type === 'vector' && side.series.length > 0),
  );
  if (floats)
    context.scope.annotations.info(
      expr,
      `incompatible sample types encountered for binary operator "${expr.op}": float ${expr.op} float`,
    );
  return { type: 'vector', series: [] };
}
