// The way into the plain evaluator: a query in, its answer out, in the shape of the engine's answers.
import { Annotations } from '#query/promql/annotations.ts';
import { unwrap, type Expr } from '#query/promql/ast.ts';
import type { PreparedQuery } from '#query/promql/engine.ts';
import { LabelSet } from '#query/promql/labels.ts';
import type { Series } from '#query/promql/storage.ts';
import { evaluate } from './plain-evaluate.ts';
import { betweenFloats } from './plain-interpolate.ts';
import {
  failure,
  isHistogram,
  makeSteps,
  mergeRows,
  type Place,
  type Point,
  type Row,
  type World,
} from './plain-value.ts';
import { samplesOfRow, subqueryRows, windowsOf, type Window } from './plain-windows.ts';

export interface PlainOptions {
  readonly lookbackMs: number;
  readonly subqueryStepMs: number;
  readonly delayedNameRemoval: boolean;
  readonly useStartTimestamps: boolean;
  readonly typeAndUnitLabels: boolean;
  /** How many times the usual distance of samples an edge may be away for a rate to reach it: 1.1, unless an error is wanted. */
  readonly closeness: number;
}

interface PlainSeries {
  readonly labels: LabelSet;
  readonly points: readonly (readonly [timeMs: number, point: Point])[];
}

export interface PlainAnswer {
  readonly type: 'vector' | 'matrix' | 'scalar' | 'string';
  readonly series: readonly PlainSeries[];
  readonly number?: number;
  readonly text?: string;
  readonly annotations: Annotations;
}

export type Asked =
  | { readonly kind: 'instant'; readonly timeMs: number }
  | { readonly kind: 'range'; readonly startMs: number; readonly endMs: number; readonly stepMs: number };

/** Throws PromqlError. */
export function plainAnswer(
  series: readonly Series[],
  { query, expr, type }: PreparedQuery,
  asked: Asked,
  options: PlainOptions,
): PlainAnswer {
  const annotations = new Annotations(query);
  const instant = asked.kind === 'instant';
  const startMs = instant ? asked.timeMs : asked.startMs;
  const endMs = instant ? asked.timeMs : asked.endMs;
  const world: World = { ...options, series, annotations, startMs, endMs, stepMs: instant ? 0 : asked.stepMs };
  const steps = makeSteps(startMs, endMs, instant ? 1 : asked.stepMs);
  const place: Place = { world, steps };
  if (type === 'matrix') return { type: 'matrix', series: rangeVector(place, unwrap(expr)), annotations };
  const value = evaluate(place, expr);
  if (value.type === 'string') return { type: 'string', series: [], text: value.text, annotations };
  if (value.type === 'scalar')
    return instant
      ? { type: 'scalar', series: [], number: value.numbers[0]!, annotations }
      : { type: 'matrix', series: [scalarSeries(steps.timesMs, value.numbers)], annotations };
  const rows = world.delayedNameRemoval ? withoutDroppedNames(value.rows) : value.rows;
  const answered = rows.map(({ labels, points }) => ({
    labels,
    points: points.flatMap((point, step) => (point === undefined ? [] : [[steps.timesMs[step]!, point] as const])),
  }));
  return {
    type: instant ? 'vector' : 'matrix',
    series: answered.filter(({ points }) => points.length > 0),
    annotations,
  };
}

function scalarSeries(timesMs: readonly number[], numbers: readonly number[]): PlainSeries {
  return { labels: LabelSet.empty, points: numbers.map((value, step) => [timesMs[step]!, value] as const) };
}

function withoutDroppedNames(rows: readonly Row[]): readonly Row[] {
  return mergeRows(rows.map((row) => (row.dropName ? { ...row, labels: row.labels.withoutMetadata() } : row)));
}

/** The samples of a range vector themselves. */
function rangeVector(place: Place, expr: Expr): PlainSeries[] {
  const { world } = place;
  if (expr.kind === 'subquery') {
    const { rows, timesMs } = subqueryRows(place, expr, evaluate);
    const named = world.delayedNameRemoval ? withoutDroppedNames(rows) : rows;
    return named
      .map((row) => ({
        labels: row.labels,
        points: samplesOfRow(row, timesMs).map(({ timeMs, point }) => [timeMs, point] as const),
      }))
      .filter(({ points }) => points.length > 0);
  }
  const { series, extended } = windowsOf(place, expr, evaluate);
  return series
    .map(({ labels, windows }) => ({
      labels,
      points: extended === undefined ? asTheyAre(windows[0]!) : toTheEdges(windows[0]!, extended === 'smoothed'),
    }))
    .filter(({ points }) => points.length > 0);
}

type Points = PlainSeries['points'];

function asTheyAre({ samples }: Window): Points {
  return samples.map(({ timeMs, point }) => [timeMs, point] as const);
}

/** Anchored and smoothed windows have a value at both edges. */
function toTheEdges({ samples, startMs, endMs }: Window, smoothed: boolean): Points {
  if (samples.some(({ point }) => isHistogram(point)))
    throw failure(`${smoothed ? 'smoothed' : 'anchored'} modifier is not supported with histograms`);
  const anchor = Math.max(
    0,
    samples.findLastIndex(({ timeMs }) => timeMs <= startMs),
  );
  let lastAt = samples.length - 1;
  const beyond = samples.findIndex(({ timeMs }) => timeMs >= endMs);
  if (smoothed && beyond >= 0) lastAt = beyond;
  const first = samples[anchor];
  const last = samples[lastAt];
  if (first === undefined || last === undefined || last.timeMs <= startMs) return [];
  const left =
    smoothed && first.timeMs < startMs ? betweenFloats(first, samples[anchor + 1]!, startMs, false) : first.point;
  const right =
    smoothed && lastAt > 0 && last.timeMs > endMs
      ? betweenFloats(samples[lastAt - 1]!, last, endMs, false)
      : last.point;
  const inside = samples
    .slice(anchor, lastAt + 1)
    .filter((one) => !(one === first && one.timeMs <= startMs) && !(one === last && one.timeMs >= endMs));
  return [[startMs, left], ...inside.map(({ timeMs, point }) => [timeMs, point] as const), [endMs, right]];
}
