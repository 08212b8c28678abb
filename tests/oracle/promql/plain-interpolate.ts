// Values between two samples, for anchored and smoothed selectors.
import type { Notes } from '#query/promql/eval/notes.ts';
import { multiply } from '#query/promql/histogram/arithmetic.ts';
import { detectReset } from '#query/promql/histogram/detect-reset.ts';
import type { FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { isHistogram, type Point } from './plain-value.ts';

interface Timed {
  readonly timeMs: number;
  readonly point: Point;
}

/** A counter that was reset in between counts from 0. */
export function betweenFloats(before: Timed, after: Timed, timeMs: number, counter: boolean): number {
  const to = Number(after.point);
  const from = counter && to < Number(before.point) ? 0 : Number(before.point);
  return from + ((to - from) * (timeMs - before.timeMs)) / (after.timeMs - before.timeMs);
}

/** undefined where the two have no common layout. */
export function betweenHistograms(
  before: Timed,
  after: Timed,
  timeMs: number,
  counter: boolean,
  notes: Notes,
): FloatHistogram | undefined {
  const from = before.point;
  const to = after.point;
  if (!isHistogram(from) || !isHistogram(to)) return undefined;
  if (timeMs === before.timeMs) return from;
  if (timeMs === after.timeMs) return to;
  const share = (timeMs - before.timeMs) / (after.timeMs - before.timeMs);
  if (counter && detectReset(to, from)) return multiply(to, share);
  const difference = notes.subtract(to, from);
  return difference === undefined ? undefined : notes.add(multiply(difference, share), from);
}
