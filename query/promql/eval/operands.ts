// How operators and functions get the values of their operands: through the scope, so that no part imports the evaluator.
import { unwrap, type Expr } from '../ast.ts';
import { PromqlError } from '../promql-error.ts';
import type { EvalContext } from './context.ts';
import type { RangeValue, ScalarValue, VectorValue } from './value.ts';

export function evaluateRange(context: EvalContext, expr: Expr): Promise<RangeValue> {
  return context.scope.evaluateRange(context, expr);
}

export async function evaluateVector(context: EvalContext, expr: Expr): Promise<VectorValue> {
  const value = await context.scope.evaluate(context, unwrap(expr));
  if (value.type !== 'vector') throw new PromqlError('execution', `expected an instant vector, got a ${value.type}`);
  return value;
}

export async function evaluateScalar(context: EvalContext, expr: Expr): Promise<ScalarValue> {
  const value = await context.scope.evaluate(context, unwrap(expr));
  if (value.type !== 'scalar') throw new PromqlError('execution', `expected a scalar, got a ${value.type}`);
  return value;
}

/** String arguments are literals, perhaps in parentheses. */
export function stringOf(expr: Expr | undefined): string {
  const inner = expr === undefined ? undefined : unwrap(expr);
  if (inner?.kind !== 'string') throw new PromqlError('execution', 'expected a string literal');
  return inner.value;
}
