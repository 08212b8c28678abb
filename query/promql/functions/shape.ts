// Functions that change the shape of a value: scalar, vector, sort, absent, and the scalar minimum and maximum.
import { unwrap, type Expr, type VectorSelector } from '../ast.ts';
import { compareValues } from '../eval/aggregate-choose.ts';
import type { EvalContext } from '../eval/context.ts';
import { evaluateScalar, evaluateVector } from '../eval/operands.ts';
import { FLOAT, floatsOf, isEmptySeries, type VectorSeries, type VectorValue } from '../eval/value.ts';
import { goMax, goMin } from '../extremes.ts';
import { LabelSet, METRIC_NAME } from '../labels.ts';
import { argument, scalarArguments, type FunctionImplementation, type PromqlFunction } from './function.ts';
import { rangeFunction } from './range-function.ts';
import { experimental, giving, takes } from './signature.ts';

const toScalar: FunctionImplementation = async (context, call) => {
  const input = await evaluateVector(context, argument(call, 0));
  const values = new Float64Array(context.grid.steps).fill(NaN);
  const seen = new Uint32Array(context.grid.steps);
  for (const one of input.series) {
    for (let step = 0; step < values.length; step++) {
      if (one.present[step] !== FLOAT) continue;
      seen[step]! += 1;
      values[step] = seen[step] === 1 ? one.values[step]! : NaN;
    }
  }
  return { type: 'scalar', values };
};

const toVector: FunctionImplementation = async (context, call) => {
  const { values } = await evaluateScalar(context, argument(call, 0));
  const present = new Uint8Array(values.length).fill(1);
  return { type: 'vector', series: [{ labels: LabelSet.empty, dropName: false, values, present }] };
};

export const INEFFECTIVE_SORT = 'sort is ineffective for range queries since results are always ordered by labels';

/** True where there is more than one point in time. */
export function isRange({ grid }: EvalContext): boolean {
  return grid.endMs !== grid.startMs;
}

function sortBy(descending: boolean): FunctionImplementation {
  return async (context, call): Promise<VectorValue> => {
    const input = await evaluateVector(context, argument(call, 0));
    const floats = input.series.map((one) => ({ ...one, present: floatsOf(one), histograms: undefined }));
    if (isRange(context)) {
      context.scope.annotations.warn(call, INEFFECTIVE_SORT);
      return { type: 'vector', series: floats };
    }
    return {
      type: 'vector',
      series: floats
        .filter((one) => !isEmptySeries(one))
        .sort((a, b) => compareValues(a.values[0]!, b.values[0]!, descending)),
    };
  };
}

/** The labels that an absent selector's result can be sure of: those with an equality matcher and none of another kind, or a second one, behind it. */
function absentLabels(written: Expr): LabelSet {
  const expr = unwrap(written);
  const selector: VectorSelector | undefined =
    expr.kind === 'vector' ? expr : expr.kind === 'matrix' ? expr.selector : undefined;
  if (selector === undefined) return LabelSet.empty;
  const known = new Map<string, string>();
  const used = new Set<string>([METRIC_NAME]);
  for (const { name, operator, value } of selector.matchers) {
    if (operator === '=' && !used.has(name)) {
      known.set(name, value);
      used.add(name);
    } else known.delete(name);
  }
  return LabelSet.from(known);
}

function absentFrom(context: EvalContext, written: Expr, seen: Uint8Array): VectorValue {
  const present = seen.map((flag) => 1 - flag);
  if (!present.includes(FLOAT)) return { type: 'vector', series: [] };
  const one: VectorSeries = {
    labels: absentLabels(written),
    dropName: false,
    values: new Float64Array(context.grid.steps).fill(1),
    present,
  };
  return { type: 'vector', series: [one] };
}

const absent: FunctionImplementation = async (context, call) => {
  const input = await evaluateVector(context, argument(call, 0));
  const seen = new Uint8Array(context.grid.steps);
  for (const one of input.series)
    for (let step = 0; step < seen.length; step++) if (one.present[step] !== 0) seen[step] = 1;
  return absentFrom(context, argument(call, 0), seen);
};

/** What it gives for each series, before it is turned around: 1 where there are samples. */
const presence = rangeFunction(() => 1, { histograms: () => 1, keepsName: true });

const absentOverTime: FunctionImplementation = async (context, call) => {
  const seen = new Uint8Array(context.grid.steps);
  const range = await presence(context, call);
  if (range.type === 'vector')
    for (const { present } of range.series)
      for (let step = 0; step < seen.length; step++) if (present[step] !== 0) seen[step] = 1;
  return absentFrom(context, argument(call, 0), seen);
};

function ofTwoScalars(pick: (a: number, b: number) => number): FunctionImplementation {
  return async (context, call) => {
    const [a, b] = await scalarArguments(context, call, [0, 1]);
    return { type: 'scalar', values: a!.map((one, step) => pick(one, b![step]!)) };
  };
}

export const shapeFunctions: readonly PromqlFunction[] = [
  ['scalar', giving('scalar', takes('vector')), toScalar],
  ['vector', takes('scalar'), toVector],
  ['sort', takes('vector'), sortBy(false)],
  ['sort_desc', takes('vector'), sortBy(true)],
  ['absent', takes('vector'), absent],
  ['absent_over_time', takes('matrix'), absentOverTime],
  ['min_of', experimental(giving('scalar', takes('scalar', 'scalar'))), ofTwoScalars(goMin)],
  ['max_of', experimental(giving('scalar', takes('scalar', 'scalar'))), ofTwoScalars(goMax)],
];
