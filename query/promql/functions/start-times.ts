// What start times of samples say about counter resets between two of them.
import type { Window } from './range-function.ts';

/** True when the start time of the sample at `at` shows that counting began again after the one before it. */
export function isStartTimeReset({ timesMs, startTimesMs }: Window, at: number): boolean {
  if (startTimesMs === undefined) return false;
  const began = startTimesMs[at]!;
  const begunBefore = startTimesMs[at - 1]!;
  const previousMs = timesMs[at - 1]!;
  if (began === begunBefore || began === 0 || began >= timesMs[at]! || began < previousMs) return false;
  if (began > previousMs) return true;
  // It began with the sample before: a delta, but only where that one has a start time that makes sense itself.
  return begunBefore <= previousMs && begunBefore !== 0 && begunBefore !== previousMs;
}

/** True when a sample of the window began to count before the sample ahead of it, and not together with that one. */
export function overlaps({ timesMs, startTimesMs, from, to }: Window): boolean {
  if (startTimesMs === undefined) return false;
  for (let at = from + 1; at < to; at++) {
    const began = startTimesMs[at]!;
    if (began !== 0 && began < timesMs[at - 1]! && began !== startTimesMs[at - 1]!) return true;
  }
  return false;
}
