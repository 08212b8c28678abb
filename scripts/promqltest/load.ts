// Loaded values → series of the store, as Prometheus' storage gives them back.
import type { FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { markStale } from '#query/promql/stale.ts';
import type { Series } from '#query/promql/storage.ts';
import { asStored } from '#query/promql/histogram/stored-hints.ts';
import { nativeSeries } from './classic-histograms.ts';
import type { Load, LoadedSeries } from './script.ts';

function toSeries({ labels, values, startOffsetsMs }: LoadedSeries, stepMs: number): Series {
  const places = values.flatMap((value, at) => (value.kind === 'gap' ? [] : [at]));
  const numbers = Float64Array.from(places, (at) => {
    const value = values[at]!;
    return value.kind === 'float' ? value.value : 0;
  });
  for (const [to, at] of places.entries()) if (values[at]!.kind === 'stale') markStale(numbers, to);
  const histograms = places.map((at): FloatHistogram | undefined => {
    const value = values[at]!;
    return value.kind === 'histogram' ? value.histogram : undefined;
  });
  const starts = Float64Array.from(places, (at) => {
    const offsetMs = startOffsetsMs?.[at];
    return offsetMs === undefined ? 0 : at * stepMs + offsetMs;
  });
  return {
    labels,
    timesMs: Float64Array.from(places, (at) => at * stepMs),
    values: numbers,
    ...(histograms.some((one) => one !== undefined) ? { histograms: asStored(histograms) } : {}),
    ...(startOffsetsMs === undefined ? {} : { startTimesMs: starts }),
  };
}

/** All series of a load command. Throws where classic histograms cannot be converted. */
export function seriesOf({ series, stepMs, withNative }: Load): Series[] {
  const all = withNative ? [...series, ...nativeSeries(series)] : series;
  return all.map((one) => toSeries(one, stepMs)).filter((one) => one.timesMs.length > 0);
}
