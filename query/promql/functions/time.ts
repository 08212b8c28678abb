// Functions of time: time(), timestamp(), the parts of a date, and the folded start(), end(), range(), step().
import { unwrap, type Expr, type VectorSelector } from '../ast.ts';
import { durationMs } from '../duration.ts';
import { dropName, timeAt, type EvalContext } from '../eval/context.ts';
import { evaluateVector } from '../eval/operands.ts';
import { totalSamples } from '../eval/sample-count.ts';
import { evaluateSelector } from '../eval/selector.ts';
import { FLOAT, floatsOf, type ScalarValue, type VectorSeries, type VectorValue } from '../eval/value.ts';
import { LabelSet } from '../labels.ts';
import { calendarTime, dayOfYear, daysInMonth, type CalendarTime } from './calendar.ts';
import { argument, namelessVector, type FunctionImplementation, type PromqlFunction } from './function.ts';
import { experimental, giving, optional, takes } from './signature.ts';

const PARTS: Readonly<Record<string, (time: CalendarTime) => number>> = {
  minute: (time) => time.minute,
  hour: (time) => time.hour,
  day_of_week: (time) => time.dayOfWeek,
  day_of_month: (time) => time.dayOfMonth,
  day_of_year: dayOfYear,
  days_in_month: daysInMonth,
  month: (time) => time.month,
  year: (time) => time.year,
};

function stepTimes(context: EvalContext): Float64Array {
  return Float64Array.from({ length: context.grid.steps }, (_, step) => timeAt(context.grid, step) / 1000);
}

function datePart(part: (time: CalendarTime) => number): FunctionImplementation {
  const read = (seconds: number): number => part(calendarTime(seconds));
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
      present: floatsOf(one),
    }));
    return namelessVector(context, series);
  };
}

/**
 * Of a pinned selector with an offset Prometheus looks at the samples that both the time of `@` and the time less the offset have in their lookback
 * windows, up to the earlier one.
 */
function pinned(context: EvalContext, selector: VectorSelector): [EvalContext, VectorSelector] {
  const { scope } = context;
  if (selector.at === undefined || selector.offset === undefined) return [context, selector];
  const offsetMs = durationMs(selector.offset, scope.durations, true);
  const lookbackMs = Math.max(0, scope.lookbackMs - Math.abs(offsetMs));
  const offset = offsetMs > 0 ? selector.offset : undefined;
  return [
    { ...context, scope: { ...scope, lookbackMs } },
    { ...selector, offset },
  ];
}

/** The samples of a bare selector with their times; undefined for anything else. */
async function timedSamples(context: EvalContext, written: Expr): Promise<VectorValue | undefined> {
  const expr = unwrap(written);
  if (expr.kind !== 'vector') return undefined;
  // Smoothed ones have no times of their own: Prometheus gives those of the samples.
  const input = await evaluateSelector(...pinned(context, { ...expr, extended: undefined }), true);
  context.scope.budget.look(totalSamples(input));
  context.scope.operands.at(-1)?.push(input);
  return input;
}

/** Every sample becomes a float, also a histogram. */
function present({ present: flags }: VectorSeries): Uint8Array {
  return flags.map((flag) => (flag === 0 ? 0 : FLOAT));
}

/** The time of the sample itself when the argument is a bare selector, else the time of the step. */
const timestamp: FunctionImplementation = async (context, call) => {
  const written = argument(call, 0);
  const input = (await timedSamples(context, written)) ?? (await evaluateVector(context, written));
  const series = input.series.map((one): VectorSeries => {
    const times = one.sampleTimesMs?.map((timeMs) => timeMs / 1000);
    return { ...dropName(context, one), values: times ?? stepTimes(context), present: present(one) };
  });
  return namelessVector(context, series);
};

/** When the sample of a bare selector began to count; of anything else nothing is known. */
const startTimestamp: FunctionImplementation = async (context, call) => {
  const written = argument(call, 0);
  const input = await timedSamples(context, written);
  if (input === undefined) await evaluateVector(context, written);
  if (!context.scope.useStartTimestamps) return { type: 'vector', series: [] };
  const series = (input?.series ?? []).map((one): VectorSeries => {
    const values = one.startTimesMs?.map((timeMs) => timeMs / 1000) ?? new Float64Array(context.grid.steps);
    return { ...dropName(context, one), values, present: present(one) };
  });
  return namelessVector(context, series);
};

/** A range of one point in time has no step, whatever the request says. Durations know it nevertheless. */
function stepSeconds({ scope }: EvalContext): number {
  return scope.query.startMs === scope.query.endMs ? 0 : scope.durations.stepMs / 1000;
}

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
  ['step', experimental(giving('scalar', takes())), constant(stepSeconds)],
  ['start_timestamp', experimental(takes('vector')), startTimestamp],
];
