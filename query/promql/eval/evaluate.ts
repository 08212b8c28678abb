// The evaluator: one function that gives the value of any expression over a grid of steps.
import { unwrap, type Call, type Expr, type Unary } from '../ast.ts';
import { IMPLEMENTATIONS } from '../functions/registry.ts';
import { PromqlError, unsupported } from '../promql-error.ts';
import { evaluateAggregate } from './aggregate.ts';
import { evaluateBinary } from './binary.ts';
import { dropName, type EvalContext } from './context.ts';
import { refuseSameLabels } from './same-labels.ts';
import { evaluateRangeSelector, evaluateSelector } from './selector.ts';
import { evaluateSubquery } from './subquery.ts';
import type { RangeValue, Value } from './value.ts';

/** Evaluates an expression of type scalar, instant vector or string. */
export async function evaluate(context: EvalContext, expr: Expr): Promise<Value> {
  context.scope.budget.checkTime();
  switch (expr.kind) {
    case 'number':
      return { type: 'scalar', values: new Float64Array(context.grid.steps).fill(expr.value) };
    case 'string':
      return { type: 'string', value: expr.value };
    case 'paren':
      return evaluate(context, expr.expr);
    case 'unary':
      return evaluateUnary(context, expr);
    case 'binary':
      return evaluateBinary(context, expr);
    case 'aggregate':
      return evaluateAggregate(context, expr);
    case 'call':
      return evaluateCall(context, expr);
    case 'vector':
      return evaluateSelector(context, expr);
    case 'matrix':
    case 'subquery':
      throw new PromqlError('execution', 'a range vector cannot stand here');
  }
}

/** Evaluates an expression of type range vector: a range selector or a sub-query. */
export async function evaluateRange(context: EvalContext, written: Expr): Promise<RangeValue> {
  const expr = unwrap(written);
  if (expr.kind === 'matrix') return evaluateRangeSelector(context, expr);
  if (expr.kind === 'subquery') return evaluateSubquery(context, expr);
  throw new PromqlError('execution', 'expected a range vector');
}

async function evaluateUnary(context: EvalContext, expr: Unary): Promise<Value> {
  const value = await evaluate(context, expr.expr);
  if (expr.op === '+' || value.type === 'string') return value;
  if (value.type === 'scalar') return { type: 'scalar', values: value.values.map((one) => -one) };
  const series = value.series.map((one) => ({
    ...dropName(context, one),
    values: one.values.map((each) => -each),
    present: one.present,
  }));
  return { type: 'vector', series: context.scope.delayedNameRemoval ? series : refuseSameLabels(series) };
}

async function evaluateCall(context: EvalContext, call: Call): Promise<Value> {
  const implementation = IMPLEMENTATIONS.get(call.func);
  if (implementation === undefined) throw unsupported(`the function ${call.func}()`);
  return implementation(context, call);
}
