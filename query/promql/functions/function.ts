// The shape of a function's implementation and the two common ways to build one: per sample, and per window of a range vector.
import type { Call, Expr } from '../ast.ts';
import { dropName, timeAt, type EvalContext } from '../eval/context.ts';
import { evaluateRange, evaluateScalar, evaluateVector } from '../eval/operands.ts';
import { mergeSameLabels, refuseSameLabels } from '../eval/same-labels.ts';
import type { Value, VectorSeries, VectorValue } from '../eval/value.ts';
import { METRIC_NAME } from '../labels.ts';
import { PromqlError } from '../promql-error.ts';
import type { FunctionSignature } from './signature.ts';

export type FunctionImplementation = (context: EvalContext, call: Call) => Promise<Value>;
/** An entry of the table of functions. Without `run` it is known to the language, and answered with a clear error. */
export type PromqlFunction = readonly [name: string, signature: FunctionSignature, run?: FunctionImplementation];

/** The samples a range function sees at one step. The object is reused: read it, do not keep it. */
export interface Window {
  timesMs: Float64Array;
  values: Float64Array;
  /** First sample of the window. */
  from: number;
  /** One past the last sample. */
  to: number;
  /** The window is (startMs, endMs]. */
  startMs: number;
  endMs: number;
  rangeMs: number;
  /** The time of the step itself, whatever offset or `@` say. */
  stepTimeMs: number;
}

/** A range function on one window; undefined means no value at this step. `scalars` are the other arguments at this step. */
export type Kernel = (window: Window, scalars: readonly number[]) => number | undefined;

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

export interface RangeFunctionOptions {
  readonly matrixAt?: number;
  readonly keepsName?: boolean;
  /** Called once with the metric names that gave results, to warn about them. */
  readonly inspect?: (
    context: EvalContext,
    call: Call,
    names: ReadonlySet<string>,
    scalars: readonly Float64Array[],
  ) => void;
}

/** Builds the implementation of a range function from its kernel. */
export function rangeFunction(kernel: Kernel, options: RangeFunctionOptions = {}): FunctionImplementation {
  const matrixAt = options.matrixAt ?? 0;
  return async (context, call): Promise<VectorValue> => {
    const positions = call.args.map((_, at) => at).filter((at) => at !== matrixAt);
    const scalars = await scalarArguments(context, call, positions);
    const range = await evaluateRange(context, argument(call, matrixAt));
    const { grid, scope } = context;
    const results: VectorSeries[] = [];
    const names = new Set<string>();
    const window: Window = {
      timesMs: new Float64Array(),
      values: new Float64Array(),
      from: 0,
      to: 0,
      startMs: 0,
      endMs: 0,
      rangeMs: range.rangeMs,
      stepTimeMs: 0,
    };
    const stepScalars = scalars.map(() => 0);
    for (const one of range.series) {
      scope.budget.reserve(grid.steps);
      const values = new Float64Array(grid.steps);
      const present = new Uint8Array(grid.steps);
      window.timesMs = one.timesMs;
      window.values = one.values;
      window.from = 0;
      window.to = 0;
      let any = 0;
      for (let step = 0; step < grid.steps; step++) {
        window.endMs = range.windowEndMs(step);
        window.startMs = window.endMs - range.rangeMs;
        window.stepTimeMs = timeAt(grid, step);
        while (window.to < one.timesMs.length && one.timesMs[window.to]! <= window.endMs) window.to++;
        while (window.from < window.to && one.timesMs[window.from]! <= window.startMs) window.from++;
        if (window.from === window.to) continue;
        for (const [at, each] of scalars.entries()) stepScalars[at] = each[step]!;
        const value = kernel(window, stepScalars);
        scope.budget.spend(window.to - window.from);
        if (value === undefined) continue;
        values[step] = value;
        present[step] = 1;
        any++;
      }
      scope.budget.spend(grid.steps);
      if (any === 0) continue;
      scope.budget.hold(any);
      names.add(one.labels.get(METRIC_NAME));
      const named =
        options.keepsName === true ? { labels: one.labels, dropName: one.dropName } : dropName(context, one);
      results.push({ ...named, values, present });
    }
    options.inspect?.(context, call, names, scalars);
    return { type: 'vector', series: scope.delayedNameRemoval ? results : refuseSameLabels(results) };
  };
}

/** Builds the implementation of a function that maps each sample on its own; further arguments are scalars. */
export function sampleFunction(map: (value: number, scalars: readonly number[]) => number): FunctionImplementation {
  return async (context, call): Promise<VectorValue> => {
    const input = await evaluateVector(context, argument(call, 0));
    const scalars = await scalarArguments(context, call, call.args.map((_, at) => at).slice(1));
    const stepScalars = scalars.map(() => 0);
    const series = input.series.map((one): VectorSeries => {
      const values = new Float64Array(one.values.length);
      for (let step = 0; step < values.length; step++) {
        if (one.present[step] !== 1) continue;
        for (const [at, each] of scalars.entries()) stepScalars[at] = each[step]!;
        values[step] = map(one.values[step]!, stepScalars);
      }
      context.scope.budget.spend(values.length);
      return { ...dropName(context, one), values, present: one.present };
    });
    return { type: 'vector', series: context.scope.delayedNameRemoval ? series : mergeSameLabels(series) };
  };
}
