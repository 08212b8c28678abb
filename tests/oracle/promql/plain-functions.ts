// Functions of the plain evaluator: which family a function belongs to, and those that look at one element of a vector at a time.
import { unwrap, type Call, type Expr, type VectorSelector } from '#query/promql/ast.ts';
import { LabelSet } from '#query/promql/labels.ts';
import { isHistogramFunction, ofHistograms } from './plain-histograms.ts';
import { info } from './plain-info.ts';
import { absent, joinLabels, replaceLabels, sorted } from './plain-labels.ts';
import { overWindows } from './plain-range-functions.ts';
import { timedRows, lookTimes } from './plain-selector.ts';
import {
  failure,
  isHistogram,
  renamed,
  rowsOf,
  vectorAt,
  type Place,
  type PlainValue,
  type Row,
  type Sample,
} from './plain-value.ts';

type Evaluate = (place: Place, expr: Expr) => PlainValue;

/** The smaller one in Go's sense, in which an infinity that decides is worth more than NaN. */
function least(a: number, b: number): number {
  if (a === -Infinity || b === -Infinity) return -Infinity;
  return Math.min(a, b);
}

function most(a: number, b: number): number {
  if (a === Infinity || b === Infinity) return Infinity;
  return Math.max(a, b);
}

function sign(value: number): number {
  if (value > 0) return 1;
  return value < 0 ? -1 : value;
}

const OF_ONE_FLOAT: Readonly<Record<string, (value: number) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  exp: Math.exp,
  sqrt: Math.sqrt,
  ln: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  deg: (value) => (value * 180) / Math.PI,
  rad: (value) => (value * Math.PI) / 180,
  sgn: sign,
};

/** JavaScript's dates end in the year 275760: data of the fuzz do not go that far. */
const OF_DATES: Readonly<Record<string, (date: Date) => number>> = {
  minute: (date) => date.getUTCMinutes(),
  hour: (date) => date.getUTCHours(),
  day_of_week: (date) => date.getUTCDay(),
  day_of_month: (date) => date.getUTCDate(),
  day_of_year: (date) => Math.round((midnight(date) - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1,
  days_in_month: (date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
  month: (date) => date.getUTCMonth() + 1,
  year: (date) => date.getUTCFullYear(),
};

function midnight(date: Date): number {
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
}

/** Elements of a vector, each turned into another float; histograms are left out. */
function eachFloat(place: Place, rows: readonly Row[], map: (value: number, step: number) => number): Row[] {
  return rowsOf(place, (step) =>
    vectorAt(rows, step).flatMap(({ labels, point }): Sample[] =>
      isHistogram(point) ? [] : [{ labels: renamed(place.world, labels), dropName: true, point: map(point, step) }],
    ),
  );
}

function numbersOf(value: PlainValue | undefined): readonly number[] {
  if (value?.type !== 'scalar') throw failure('expected a scalar');
  return value.numbers;
}

function rowsOfValue(value: PlainValue | undefined): readonly Row[] {
  if (value?.type !== 'vector') throw failure('expected a vector');
  return value.rows;
}

export function callFunction(place: Place, call: Call, evaluate: Evaluate): PlainValue {
  const { world, steps } = place;
  const { func } = call;
  const args = call.args.map((arg) => unwrap(arg));
  const first = args[0];
  if (args.some((arg) => arg.kind === 'matrix' || arg.kind === 'subquery'))
    return { type: 'vector', rows: overWindows(place, func, args, evaluate) };
  switch (func) {
    case 'label_replace':
      return { type: 'vector', rows: replaceLabels(args, () => rowsOfValue(evaluate(place, args[0]!))) };
    case 'label_join':
      return { type: 'vector', rows: joinLabels(args, () => rowsOfValue(evaluate(place, args[0]!))) };
    case 'info':
      return { type: 'vector', rows: info(place, args, evaluate) };
    case 'start':
      return { type: 'scalar', numbers: steps.timesMs.map(() => world.startMs / 1000) };
    case 'end':
      return { type: 'scalar', numbers: steps.timesMs.map(() => world.endMs / 1000) };
    case 'range':
      return { type: 'scalar', numbers: steps.timesMs.map(() => (world.endMs - world.startMs) / 1000) };
    case 'step':
      return {
        type: 'scalar',
        numbers: steps.timesMs.map(() => (world.startMs === world.endMs ? 0 : world.stepMs / 1000)),
      };
    case 'time':
      return { type: 'scalar', numbers: steps.timesMs.map((timeMs) => timeMs / 1000) };
    case 'pi':
      return { type: 'scalar', numbers: steps.timesMs.map(() => Math.PI) };
    case 'timestamp':
    case 'start_timestamp':
      if (first?.kind === 'vector') {
        const rows = timesOfSamples(place, func, timedOfPinned(place, first));
        return { type: 'vector', rows };
      }
  }
  if (func.startsWith('sort') && steps.startMs !== steps.endMs)
    world.annotations.warn(call, 'sort is ineffective for range queries since results are always ordered by labels');
  const values = args.map((arg) => (arg.kind === 'string' ? undefined : evaluate(place, arg)));
  if (isHistogramFunction(func)) return { type: 'vector', rows: ofHistograms(place, func, args, values) };
  return ofElements(place, func, args, values);
}

/** A pinned selector with an offset sees what lies in the lookback windows of both times. */
function timedOfPinned(place: Place, selector: VectorSelector): ReturnType<typeof timedRows> {
  if (selector.at === undefined) return timedRows(place, selector, lookTimes(place, selector));
  const { lookbackMs } = place.world;
  const shifted = lookTimes(place, selector);
  const pinned = lookTimes(place, { ...selector, offset: undefined });
  const early = pinned.map((timeMs, step) => Math.min(timeMs, shifted[step]!));
  return timedRows(place, selector, early).map(({ labels, samples }) => ({
    labels,
    samples: samples.map((sample, step) => {
      const late = Math.max(pinned[step]!, shifted[step]!);
      return sample !== undefined && sample.timeMs > late - lookbackMs ? sample : undefined;
    }),
  }));
}

/** Times of samples themselves, or when they began to count. */
function timesOfSamples(place: Place, func: string, selected: ReturnType<typeof timedRows>): Row[] {
  const { world } = place;
  if (func === 'start_timestamp' && !world.useStartTimestamps) return [];
  return rowsOf(place, (step) =>
    selected.flatMap(({ labels, samples }): Sample[] => {
      const sample = samples[step];
      if (sample === undefined) return [];
      const timeMs = func === 'timestamp' ? sample.timeMs : sample.startMs;
      return [{ labels: renamed(world, labels), dropName: true, point: timeMs / 1000 }];
    }),
  );
}

function ofElements(
  place: Place,
  func: string,
  args: readonly Expr[],
  values: readonly (PlainValue | undefined)[],
): PlainValue {
  const { world, steps } = place;
  const vector = (rows: readonly Row[]): PlainValue => ({ type: 'vector', rows });
  const number = (at: number, step: number): number => numbersOf(values[at])[step]!;
  const ofOne = OF_ONE_FLOAT[func];
  if (ofOne !== undefined) return vector(eachFloat(place, rowsOfValue(values[0]), ofOne));
  const ofDate = OF_DATES[func];
  if (ofDate !== undefined) {
    if (args.length > 0)
      return vector(eachFloat(place, rowsOfValue(values[0]), (value) => ofDate(new Date(Math.trunc(value) * 1000))));
    return vector(
      rowsOf(place, (step) => [
        {
          labels: LabelSet.empty,
          dropName: false,
          point: ofDate(new Date(Math.trunc(steps.timesMs[step]! / 1000) * 1000)),
        },
      ]),
    );
  }
  switch (func) {
    case 'clamp':
    case 'clamp_min':
    case 'clamp_max': {
      const low = (step: number): number => (func === 'clamp_max' ? -Infinity : number(1, step));
      const high = (step: number): number => (func === 'clamp_min' ? Infinity : number(func === 'clamp' ? 2 : 1, step));
      const rows = rowsOfValue(values[0]);
      return vector(
        rowsOf(place, (step) => {
          if (high(step) < low(step)) return [];
          return vectorAt(rows, step).flatMap(({ labels, point }): Sample[] =>
            isHistogram(point)
              ? []
              : [{ labels: renamed(world, labels), dropName: true, point: most(low(step), least(high(step), point)) }],
          );
        }),
      );
    }
    case 'round':
      return vector(
        eachFloat(place, rowsOfValue(values[0]), (value, step) => {
          const inverse = 1 / (args.length > 1 ? number(1, step) : 1);
          return Math.floor(value * inverse + 0.5) / inverse;
        }),
      );
    case 'min_of':
    case 'max_of':
      return {
        type: 'scalar',
        numbers: steps.timesMs.map((_, step) => (func === 'min_of' ? least : most)(number(0, step), number(1, step))),
      };
    case 'scalar':
      return {
        type: 'scalar',
        numbers: steps.timesMs.map((_, step) => {
          const floats = vectorAt(rowsOfValue(values[0]), step).flatMap(({ point }) =>
            isHistogram(point) ? [] : [point],
          );
          return floats.length === 1 ? floats[0]! : NaN;
        }),
      };
    case 'vector':
      return vector(rowsOf(place, (step) => [{ labels: LabelSet.empty, dropName: false, point: number(0, step) }]));
    case 'timestamp': {
      const rows = rowsOfValue(values[0]);
      return vector(
        rowsOf(place, (step) =>
          vectorAt(rows, step).map(({ labels }) => ({
            labels: renamed(world, labels),
            dropName: true,
            point: steps.timesMs[step]! / 1000,
          })),
        ),
      );
    }
    case 'start_timestamp':
      return vector([]);
    case 'absent':
      return vector(absent(place, args[0]!, rowsOfValue(values[0])));
    default:
      return vector(sorted(place, func, args, rowsOfValue(values[0])));
  }
}
