// The hints that histograms have when they are read back from Prometheus' storage: it keeps gauges, and finds out about resets itself.
import { sameBounds } from '#query/promql/histogram/bounds.ts';
import { detectReset } from '#query/promql/histogram/detect-reset.ts';
import { withHint, type FloatHistogram } from '#query/promql/histogram/float-histogram.ts';

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

/** Histograms in order of time, undefined where something else stands. */
export function asStored(histograms: readonly (FloatHistogram | undefined)[]): (FloatHistogram | undefined)[] {
  return histograms.map((now, at) => {
    if (now === undefined || now.hint === 'gauge') return now;
    const before = histograms[at - 1];
    return withHint(now, before !== undefined && followsIn(before, now) ? 'not_reset' : 'unknown');
  });
}
