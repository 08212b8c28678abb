// Query results in the JSON form of the Prometheus HTTP API.
import { formatValue } from '#query/promql/format-number.ts';
import { histogramToJson, type HistogramJson } from '#query/promql/histogram/json.ts';
import type { ResultData, ResultSeries } from '#query/promql/engine.ts';

type PointJson = readonly [seconds: number, value: string];

type HistogramPointJson = readonly [seconds: number, histogram: HistogramJson];

interface SampleJson {
  readonly metric: Record<string, string>;
  readonly value?: PointJson;
  readonly histogram?: HistogramPointJson;
}

interface PointsJson {
  readonly metric: Record<string, string>;
  readonly values?: readonly PointJson[];
  readonly histograms?: readonly HistogramPointJson[];
}

export type ResultJson =
  | { readonly resultType: 'scalar' | 'string'; readonly result: PointJson }
  | { readonly resultType: 'vector'; readonly result: readonly SampleJson[] }
  | { readonly resultType: 'matrix'; readonly result: readonly PointsJson[] };

/** Unix milliseconds as the API writes times: seconds, with three decimals only where they are needed. */
export function seconds(timeMs: number): number {
  return timeMs / 1000;
}

function point(one: ResultSeries, at: number): PointJson {
  return [seconds(one.timesMs[at] ?? 0), formatValue(one.values[at] ?? NaN)];
}

function sampleJson(one: ResultSeries): SampleJson {
  const metric = one.labels.toRecord();
  const histogram = one.histograms?.[0];
  return histogram === undefined
    ? { metric, value: point(one, 0) }
    : { metric, histogram: [seconds(one.timesMs[0] ?? 0), histogramToJson(histogram)] };
}

/** Floats and histograms apart; a member with no points is left out. */
function pointsJson(one: ResultSeries): PointsJson {
  const values: PointJson[] = [];
  const histograms: HistogramPointJson[] = [];
  for (const [at, timeMs] of one.timesMs.entries()) {
    const histogram = one.histograms?.[at];
    if (histogram === undefined) values.push(point(one, at));
    else histograms.push([seconds(timeMs), histogramToJson(histogram)]);
  }
  return {
    metric: one.labels.toRecord(),
    ...(values.length > 0 ? { values } : {}),
    ...(histograms.length > 0 ? { histograms } : {}),
  };
}

/** `limit` series at most; 0 means all. `truncated` says whether some were left out. */
export function resultToJson(data: ResultData, limit: number): { data: ResultJson; truncated: boolean } {
  if (data.type === 'scalar')
    return {
      data: { resultType: 'scalar', result: [seconds(data.timeMs), formatValue(data.value)] },
      truncated: false,
    };
  if (data.type === 'string')
    return { data: { resultType: 'string', result: [seconds(data.timeMs), data.value] }, truncated: false };
  const truncated = limit > 0 && data.series.length > limit;
  const series = truncated ? data.series.slice(0, limit) : data.series;
  if (data.type === 'vector') {
    return { data: { resultType: 'vector', result: series.map(sampleJson) }, truncated };
  }
  return { data: { resultType: 'matrix', result: series.map(pointsJson) }, truncated };
}
