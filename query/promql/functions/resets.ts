// Counter resets and changes of a window of floats and histograms.
import { detectReset } from '../histogram/detect-reset.ts';
import { equalHistograms } from '../histogram/float-histogram.ts';
import type { Window } from './range-function.ts';
import { isStartTimeReset } from './start-times.ts';

/** Number of counter resets from place `first` on; a float after a histogram, or the other way round, is one. */
export function resets(window: Window, first: number): number {
  const { values, histograms, startTimesMs, to } = window;
  let count = 0;
  for (let at = first + 1; at < to; at++) {
    const before = histograms?.[at - 1];
    const now = histograms?.[at];
    if ((before === undefined) !== (now === undefined)) count++;
    else if (startTimesMs !== undefined && isStartTimeReset(window, at)) count++;
    else if (before !== undefined && now !== undefined) count += Number(detectReset(now, before));
    else if (values[at]! < values[at - 1]!) count++;
  }
  return count;
}

/** Number of samples from place `first` on that differ from the one before them. */
export function changes({ values, histograms, to }: Window, first: number): number {
  let count = 0;
  for (let at = first + 1; at < to; at++) {
    const before = histograms?.[at - 1];
    const now = histograms?.[at];
    if (before !== undefined && now !== undefined) count += Number(!equalHistograms(now, before));
    else if ((before === undefined) !== (now === undefined)) count++;
    else if (values[at] !== values[at - 1] && !(Number.isNaN(values[at]!) && Number.isNaN(values[at - 1]!))) count++;
  }
  return count;
}

/** Counts in an anchored window, from the last sample that is not after the window's beginning; undefined when none is after it. */
export function countsFrom(window: Window, count: (window: Window, first: number) => number): number | undefined {
  const { timesMs, from, to, startMs } = window;
  if (timesMs[to - 1]! <= startMs) return undefined;
  let first = from;
  while (first + 1 < to && timesMs[first + 1]! <= startMs) first++;
  return count(window, first);
}
