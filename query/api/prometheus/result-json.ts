// Query results in the JSON form of the Prometheus HTTP API.
import { formatValue } from '#query/promql/format-number.ts';
import type { ResultData, ResultSeries } from '#query/promql/engine.ts';

type PointJson = readonly [seconds: number, value: string];

export type ResultJson =
  | { readonly resultType: 'scalar' | 'string'; readonly result: PointJson }
  | { readonly resultType: 'vector'; readonly result: readonly { metric: Record<string, string>; value: PointJson }[] }
  | {
      readonly resultType: 'matrix';
      readonly result: readonly { metric: Record<string, string>; values: readonly PointJson[] }[];
    };

/** Unix milliseconds as the API writes times: seconds, with three decimals only where they are needed. */
export function seconds(timeMs: number): number {
  return timeMs / 1000;
}

function point(one: ResultSeries, at: number): PointJson {
  return [seconds(one.timesMs[at] ?? 0), formatValue(one.values[at] ?? NaN)];
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
    return {
      data: {
        resultType: 'vector',
        result: series.map((one) => ({ metric: one.labels.toRecord(), value: point(one, 0) })),
      },
      truncated,
    };
  }
  const result = series.map((one) => ({
    metric: one.labels.toRecord(),
    values: Array.from(one.timesMs, (_, at) => point(one, at)),
  }));
  return { data: { resultType: 'matrix', result }, truncated };
}
