// The shape of a function's implementation and the common way to build one that maps each sample on its own. Range functions: range-function.ts.
import type { Call, Expr } from '../ast.ts';
import { dropName, type EvalContext } from '../eval/context.ts';
import { evaluateScalar, evaluateVector } from '../eval/operands.ts';
import { mergedByStep } from '../eval/same-labels.ts';
import { FLOAT, floatsOf, type Value, type VectorSeries, type VectorValue } from '../eval/value.ts';
import { PromqlError } from '../promql-error.ts';
import type { FunctionSignature } from './signature.ts';

export type FunctionImplementation = (context: EvalContext, call: Call) => Promise<Value>;
/** An entry of the table of functions. Without `run` it is known to the language, and answered with a clear error. */
export type PromqlFunction = readonly [name: string, signature: FunctionSignature, run?: FunctionImplementation];

export function argument(call: Call, at: number): Expr {
  const arg = call.args[at];
  if (arg === undefined) throw new PromqlError('bad_data', `${call.func}() lacks its argument ${at + 1}`);
  return arg;
}

export async function scalarArguments(
  context: EvalContext,
  call: Call,
  positions: readonly number[],
): Promise<Float64Array[]> {
  const found: Float64Array[] = [];
  for (const at of positions) found.push((await evaluateScalar(context, argument(call, at))).values);
  return found;
}

/** A result of functions and operators that are no longer the metric they come from. */
export function namelessVector(context: EvalContext, series: readonly VectorSeries[]): VectorValue {
  return { type: 'vector', series: mergedByStep(context, series) };
}

/** Builds the implementation of a function that maps each float on its own; histograms drop out, further arguments are scalars. */
export function sampleFunction(map: (value: number, scalars: readonly number[]) => number): FunctionImplementation {
  return async (context, call): Promise<VectorValue> => {
    const input = await evaluateVector(context, argument(call, 0));
    const scalars = await scalarArguments(context, call, call.args.map((_, at) => at).slice(1));
    const stepScalars = scalars.map(() => 0);
    const series = input.series.map((one): VectorSeries => {
      const values = new Float64Array(one.values.length);
      for (let step = 0; step < values.length; step++) {
        if (one.present[step] !== FLOAT) continue;
        for (const [at, each] of scalars.entries()) stepScalars[at] = each[step]!;
        values[step] = map(one.values[step]!, stepScalars);
      }
      context.scope.budget.spend(values.length);
      return { ...dropName(context, one), values, present: floatsOf(one) };
    });
    return namelessVector(context, series);
  };
}
