// Functions of time: time(), timestamp(), the parts of a date, and the folded start(), end(), range(), step().
import { unwrap } from '../ast.ts';
import { dropName, timeAt, type EvalContext } from '../eval/context.ts';
import { evaluateVector } from '../eval/operands.ts';
import { evaluateSelector } from '../eval/selector.ts';
import { mergeSameLabels } from '../eval/same-labels.ts';
import type { ScalarValue, VectorSeries, VectorValue } from '../eval/value.ts';
import { LabelSet } from '../labels.ts';
import { argument, type FunctionImplementation, type PromqlFunction } from './function.ts';
import { experimental, giving, optional, takes } from './signature.ts';

const DAY_MS = 86_400_000;

const PARTS: Readonly<Record<string, (date: Date) => number>> = {
  minute: (date) => date.getUTCMinutes(),
  hour: (date) => date.getUTCHours(),
  day_of_week: (date) => date.getUTCDay(),
  day_of_month: (date) => date.getUTCDate(),
  day_of_year: (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS) + 1,
  days_in_month: (date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
  month: (date) => date.getUTCMonth() + 1,
  year: (date) => date.getUTCFullYear(),
};

function stepTimes(context: EvalContext): Float64Array {
  return Float64Array.from({ length: context.grid.steps }, (_, step) => timeAt(context.grid, step) / 1000);
}

function datePart(part: (date: Date) => number): FunctionImplementation {
  const read = (seconds: number): number => part(new Date(Math.trunc(seconds) * 1000));
  return async (context, call): Promise<VectorValue> => {
    if (call.args.length === 0) {
      return {
        type: 'vector',
        series: [
          {
            labels: LabelSet.empty,
            dropName: false,
            values: stepTimes(context).map(read),
            present: new Uint8Array(context.grid.steps).fill(1),
          },
        ],
      };
    }
    const input = await evaluateVector(context, argument(call, 0));
    const series = input.series.map((one): VectorSeries => ({
      ...dropName(context, one),
      values: one.values.map(read),
      present: one.present,
    }));
    return { type: 'vector', series: context.scope.delayedNameRemoval ? series : mergeSameLabels(series) };
  };
}

/** The time of the sample itself when the argument is a bare selector, else the time of the step. */
const timestamp: FunctionImplementation = async (context, call) => {
  const written = unwrap(argument(call, 0));
  const input =
    written.kind === 'vector' ? await evaluateSelector(context, written, true) : await evaluateVector(context, written);
  const series = input.series.map((one): VectorSeries => {
    const times = one.sampleTimesMs?.map((timeMs) => timeMs / 1000);
    return { ...dropName(context, one), values: times ?? stepTimes(context), present: one.present };
  });
  return { type: 'vector', series: context.scope.delayedNameRemoval ? series : mergeSameLabels(series) };
};

function constant(read: (context: EvalContext) => number): FunctionImplementation {
  return (context): Promise<ScalarValue> =>
    Promise.resolve({ type: 'scalar', values: new Float64Array(context.grid.steps).fill(read(context)) });
}

export const timeFunctions: readonly PromqlFunction[] = [
  ...Object.entries(PARTS).map(([name, part]) => [name, optional(1, takes('vector')), datePart(part)] as const),
  ['timestamp', takes('vector'), timestamp],
  ['time', giving('scalar', takes()), (context) => Promise.resolve({ type: 'scalar', values: stepTimes(context) })],
  ['pi', giving('scalar', takes()), constant(() => Math.PI)],
  ['start', experimental(giving('scalar', takes())), constant((context) => context.scope.query.startMs / 1000)],
  ['end', experimental(giving('scalar', takes())), constant((context) => context.scope.query.endMs / 1000)],
  ['range', experimental(giving('scalar', takes())), constant((context) => context.scope.durations.rangeMs / 1000)],
  ['step', experimental(giving('scalar', takes())), constant((context) => context.scope.durations.stepMs / 1000)],
  ['start_timestamp', experimental(takes('vector'))],
];
