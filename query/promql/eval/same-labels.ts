// Series of one result that ended up with the same labels: merged where their steps differ, refused where they meet.
import { PromqlError } from '../promql-error.ts';
import type { FloatHistogram } from '../histogram/float-histogram.ts';
import type { EvalContext } from './context.ts';
import { HISTOGRAM, type VectorSeries } from './value.ts';

const SAME_LABELSET = 'vector cannot contain metrics with the same labelset';

/** Merges series with equal labels. Throws PromqlError `execution` when two have a value at one step. */
export function mergeSameLabels(series: readonly VectorSeries[]): readonly VectorSeries[] {
  const byKey = new Map<string, VectorSeries>();
  for (const one of series) {
    const known = byKey.get(one.labels.key);
    if (known === undefined) {
      byKey.set(one.labels.key, one);
      continue;
    }
    const values = known.values.slice();
    const present = known.present.slice();
    let histograms: (FloatHistogram | undefined)[] | undefined = known.histograms?.slice();
    for (let step = 0; step < present.length; step++) {
      const flag = one.present[step]!;
      if (flag === 0) continue;
      if (present[step] !== 0) throw new PromqlError('execution', SAME_LABELSET);
      present[step] = flag;
      values[step] = one.values[step]!;
      const histogram = flag === HISTOGRAM ? one.histograms?.[step] : undefined;
      if (histogram !== undefined) histograms ??= Array.from<undefined>({ length: present.length });
      // Also where there was one that has been filtered away.
      if (histograms !== undefined) histograms[step] = histogram;
    }
    // The one that comes first in time says it, as in Prometheus.
    const dropName = firstStep(one) < firstStep(known) ? one.dropName : known.dropName;
    byKey.set(one.labels.key, { labels: known.labels, dropName, values, present, histograms });
  }
  return byKey.size === series.length ? series : [...byKey.values()];
}

/** What Prometheus puts together step by step. With delayed name removal it looks for equal labels at a single time only when names are removed. */
export function mergedByStep({ scope, grid }: EvalContext, series: readonly VectorSeries[]): readonly VectorSeries[] {
  return scope.delayedNameRemoval && grid.startMs === grid.endMs ? series : mergeSameLabels(series);
}

function firstStep({ present }: VectorSeries): number {
  const first = present.findIndex((flag) => flag !== 0);
  return first < 0 ? present.length : first;
}

/** Stricter: two series with equal labels are an error even when they never meet. Range functions are held to this. */
export function refuseSameLabels(series: readonly VectorSeries[]): readonly VectorSeries[] {
  if (new Set(series.map((one) => one.labels.key)).size !== series.length)
    throw new PromqlError('execution', SAME_LABELSET);
  return series;
}

/** The last step of delayed name removal. */
export function removeDroppedNames(series: readonly VectorSeries[]): readonly VectorSeries[] {
  return mergeSameLabels(
    series.map((one) => (one.dropName ? { ...one, labels: one.labels.withoutMetadata(), dropName: false } : one)),
  );
}
