// The evaluator: one function that gives the value of any expression over a grid of steps.
import { unwrap, type Binary, type Call, type Expr, type Unary } from '../ast.ts';
import { IMPLEMENTATIONS } from '../functions/registry.ts';
import { multiply } from '../histogram/arithmetic.ts';
import { PromqlError, unsupported } from '../promql-error.ts';
import { evaluateAggregate } from './aggregate.ts';
import { applyBinary } from './binary.ts';
import { dropName, type EvalContext } from './context.ts';
import { insideCall, insideOperator } from './histogram-totals.ts';
import { mergeSameLabels } from './same-labels.ts';
import { countStepwise, totalSamples } from './sample-count.ts';
import { evaluateRangeSelector, evaluateSelector } from './selector.ts';
import { isStepInvariant, repeated } from './step-invariant.ts';
import { evaluateSubquery } from './subquery.ts';
import type { RangeValue, Value } from './value.ts';

/** Evaluates an expression of type scalar, instant vector or string. */
export async function evaluate(context: EvalContext, expr: Expr): Promise<Value> {
  const { scope, grid } = context;
  scope.budget.checkTime();
  const { operands } = scope;
  // Also where the range has one step: what is sorted at one time stays sorted.
  const once = grid.steps > 0 && grid.endMs !== grid.startMs && isStepInvariant(expr, scope);
  const own: Value[] = [];
  operands.push(own);
  let value: Value;
  try {
    value = once ? await evaluateOnce(context, expr, own) : await evaluateNode(context, expr, own);
  } finally {
    operands.pop();
  }
  operands.at(-1)?.push(value);
  return value;
}

/** Evaluates at the first step what is the same at all of them. */
async function evaluateOnce(context: EvalContext, expr: Expr, own: Value[]): Promise<Value> {
  const { budget } = context.scope;
  const { steps } = context.grid;
  const seen = budget.samplesSeen;
  const value = await evaluateNode(firstStep(context), expr, own);
  // As if each step had looked at it.
  budget.samplesSeen += (budget.samplesSeen - seen) * (steps - 1);
  return repeated(value, steps, budget);
}

function firstStep({ grid, ...rest }: EvalContext): EvalContext {
  return { ...rest, grid: { startMs: grid.startMs, endMs: grid.startMs, stepMs: grid.stepMs, steps: 1 } };
}

/** @param own where the operands that are evaluated meanwhile are listed */
async function evaluateNode(context: EvalContext, expr: Expr, own: Value[]): Promise<Value> {
  const { budget } = context.scope;
  const before = budget.held;
  switch (expr.kind) {
    case 'number': {
      const value = { type: 'scalar' as const, values: new Float64Array(context.grid.steps).fill(expr.value) };
      countStepwise(context, before, own, value);
      return value;
    }
    case 'string':
      return { type: 'string', value: expr.value };
    case 'paren':
      return evaluate(context, expr.expr);
    case 'unary':
      return evaluateUnary(context, expr);
    case 'binary':
      return evaluateBinaries(context, expr, own);
    case 'aggregate': {
      const value = await evaluateAggregate(context, expr);
      if (expr.op === 'count_values') countStepwise(context, before, own, value);
      else {
        budget.held = before;
        budget.hold(totalSamples(value));
      }
      return value;
    }
    case 'call':
      return evaluateCall(context, expr, before, own);
    case 'vector': {
      const value = await evaluateSelector(context, expr);
      const seen = totalSamples(value);
      budget.look(seen);
      budget.hold(seen);
      return value;
    }
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
    histograms: one.histograms?.map((histogram) => (histogram === undefined ? undefined : multiply(histogram, -1))),
  }));
  return { type: 'vector', series: context.scope.delayedNameRemoval ? series : mergeSameLabels(series) };
}

/** A chain of operators on the left side is evaluated in a loop: there may be thousands of them. */
async function evaluateBinaries(context: EvalContext, expr: Binary, own: Value[]): Promise<Value> {
  const { budget } = context.scope;
  const chain: Binary[] = [expr];
  let first = expr.left;
  while (first.kind === 'binary' && !(context.grid.steps > 1 && isStepInvariant(first, context.scope))) {
    chain.push(first);
    first = first.left;
  }
  const before = budget.held;
  // What the operators of the chain need holds for all that is left of them.
  const contexts: EvalContext[] = [];
  for (const { op } of chain) contexts.push(insideOperator(contexts.at(-1) ?? context, op));
  let left = await evaluate(contexts.at(-1) ?? context, first);
  for (const [at, operator] of [...chain.entries()].reverse()) {
    const right = await evaluate(contexts[at] ?? context, operator.right);
    const value = applyBinary(context, operator, left, right);
    countStepwise(context, before, [left, right], value);
    left = value;
    own.length = 0;
  }
  return left;
}

/** Functions that work on whole series count nothing of their own; range functions count for themselves. */
const COUNT_THEMSELVES: ReadonlySet<string> = new Set(['label_replace', 'label_join', 'info']);

async function evaluateCall(context: EvalContext, call: Call, before: number, own: readonly Value[]): Promise<Value> {
  const implementation = IMPLEMENTATIONS.get(call.func);
  if (implementation === undefined) throw unsupported(`the function ${call.func}()`);
  const value = await implementation(insideCall(context, call.func), call);
  const ranged = call.args.some((arg) => ['matrix', 'subquery'].includes(unwrap(arg).kind));
  if (!ranged && !COUNT_THEMSELVES.has(call.func)) countStepwise(context, before, own, value);
  return value;
}
