// The hints that histograms have when they are read back from Prometheus' storage: it keeps gauges, and finds out about resets itself.
import { sameBounds } from './bounds.ts';
import { detectReset } from './detect-reset.ts';
import { withHint, type FloatHistogram } from './float-histogram.ts';

/** True when Prometheus puts a histogram into the same chunk as the one before it. */
function followsIn(before: FloatHistogram, now: FloatHistogram): boolean {
  if (before.hint === 'gauge' || now.hint === 'gauge' || now.hint === 'reset') return false;
  return (
    now.schema === before.schema &&
    now.zeroThreshold === before.zeroThreshold &&
    sameBounds(now.customValues, before.customValues) &&
    !detectReset(withHint(now, 'unknown'), before)
  );
}

/** A histogram as it is read back; `before` is the value before it, where that is a histogram too. */
export function storedBehind(before: FloatHistogram | undefined, now: FloatHistogram): FloatHistogram {
  if (now.hint === 'gauge') return now;
  return withHint(now, before !== undefined && followsIn(before, now) ? 'not_reset' : 'unknown');
}

/**
 * Histograms in order of time, undefined where something else stands.
 * @public
 */
export function asStored(histograms: readonly (FloatHistogram | undefined)[]): (FloatHistogram | undefined)[] {
  return histograms.map((now, at) => (now === undefined ? undefined : storedBehind(histograms[at - 1], now)));
}
