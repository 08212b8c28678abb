// Windows of range vectors in the plain evaluator: for every series and step the samples between two times.
import type { MatrixSelector, Subquery, Expr } from '#query/promql/ast.ts';
import { durationMs } from '#query/promql/duration.ts';
import { withHint } from '#query/promql/histogram/float-histogram.ts';
import type { LabelSet } from '#query/promql/labels.ts';
import { durationsOf, lookTimes, select, windowOf, type Timed } from './plain-selector.ts';
import { failure, isHistogram, makeSteps, type Place, type PlainValue, type Row } from './plain-value.ts';

type Evaluate = (place: Place, expr: Expr) => PlainValue;

export interface Window {
  readonly samples: readonly Timed[];
  /** The window is open at the start; anchored and smoothed ones have samples outside. */
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

interface WindowedSeries {
  readonly labels: LabelSet;
  readonly dropName: boolean;
  /** One for each step. */
  readonly windows: readonly Window[];
}

export interface Windowed {
  readonly series: readonly WindowedSeries[];
  readonly rangeMs: number;
  readonly extended: 'anchored' | 'smoothed' | undefined;
}

function cut(
  place: Place,
  samples: readonly Timed[],
  ends: readonly number[],
  [rangeMs, left, right]: readonly [number, number, number],
): Window[] {
  return ends.map((endMs, step) => ({
    samples: windowOf(samples, endMs - rangeMs - left, endMs + right),
    startMs: endMs - rangeMs,
    endMs,
    stepMs: place.steps.timesMs[step]!,
  }));
}

function ofSelector(place: Place, { selector, range }: MatrixSelector): Windowed {
  const { world } = place;
  const rangeMs = durationMs(range, durationsOf(world), false);
  const ends = lookTimes(place, selector);
  const { extended } = selector;
  const left = extended === undefined ? 0 : world.lookbackMs;
  const right = extended === 'smoothed' ? world.lookbackMs : 0;
  if (ends.length === 0) return { series: [], rangeMs, extended };
  const found = select(place, selector, ends[0]! - rangeMs - left + 1, ends.at(-1)! + right);
  return {
    series: found.map(({ labels, samples }) => ({
      labels,
      dropName: false,
      windows: cut(place, samples, ends, [rangeMs, left, right]),
    })),
    rangeMs,
    extended,
  };
}

/** The series of a sub-query on its own steps, which are multiples of its step. */
export function subqueryRows(
  place: Place,
  expr: Subquery,
  evaluate: Evaluate,
): { readonly rows: readonly Row[]; readonly timesMs: readonly number[]; readonly rangeMs: number } {
  const { world } = place;
  const durations = durationsOf(world);
  const rangeMs = durationMs(expr.range, durations, false);
  const stepMs = expr.step === undefined ? world.subqueryStepMs : durationMs(expr.step, durations, false);
  const ends = lookTimes(place, expr);
  if (ends.length === 0) return { rows: [], timesMs: [], rangeMs };
  const fromMs = ends[0]! - rangeMs;
  let firstMs = Math.trunc(fromMs / stepMs) * stepMs;
  if (firstMs <= fromMs) firstMs += stepMs;
  const steps = makeSteps(firstMs, ends.at(-1)!, stepMs);
  if (steps.timesMs.length === 0) return { rows: [], timesMs: [], rangeMs };
  const value = evaluate({ world, steps, needs: 'buckets' }, expr.expr);
  if (value.type !== 'vector') throw failure('a sub-query of a scalar');
  return { rows: value.rows, timesMs: steps.timesMs, rangeMs };
}

/** The points of a series of a sub-query as samples. What they say about the sample before does not hold any more. */
export function samplesOfRow({ points }: Row, timesMs: readonly number[]): Timed[] {
  return points.flatMap((point, at): Timed[] => {
    if (point === undefined) return [];
    const unhinted = isHistogram(point) && point.hint !== 'gauge' ? withHint(point, 'unknown') : point;
    return [{ timeMs: timesMs[at]!, startMs: 0, point: unhinted, stale: false }];
  });
}

export function windowsOf(place: Place, expr: Expr, evaluate: Evaluate): Windowed {
  if (expr.kind === 'matrix') return ofSelector(place, expr);
  if (expr.kind !== 'subquery') throw failure('expected a range vector');
  const { rows, timesMs, rangeMs } = subqueryRows(place, expr, evaluate);
  const ends = lookTimes(place, expr);
  return {
    series: rows.map((row) => ({
      labels: row.labels,
      dropName: row.dropName,
      windows: cut(place, samplesOfRow(row, timesMs), ends, [rangeMs, 0, 0]),
    })),
    rangeMs,
    extended: undefined,
  };
}
