// The Prometheus API as the metrics page asks it: range and instant queries at /api/v1.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ApiFailure, getJson } from './http.ts';

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [number, string];
export type Series = { readonly metric: Labels; readonly values: readonly Sample[] };
export type RangeResult = { readonly series: readonly Series[]; readonly warnings: readonly string[] };

type Body = { status: string; error?: string; warnings?: string[]; data?: { resultType: string; result: unknown } };
type Native = { metric: Labels; values?: Sample[]; value?: Sample; histograms?: unknown };

/** A scalar is one series without labels. */
function seriesOf(data: NonNullable<Body['data']>): Series[] {
  if (data.resultType === 'scalar' || data.resultType === 'string') return [{ metric: {}, values: [data.result as Sample] }];
  return (data.result as Native[]).map((r) => ({ metric: r.metric, values: r.values ?? (r.value ? [r.value] : []) }));
}

async function ask(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<RangeResult> {
  const body = (await getJson(path, query, signal)) as Body;
  if (body.status !== 'success' || !body.data) throw new ApiFailure(200, body.error ?? 'The answer holds no data.', '');
  return { series: seriesOf(body.data), warnings: body.warnings ?? [] };
}

/** Times in seconds. */
export function useRangeQuery(query: string, startS: number, endS: number, stepS: number) {
  return useQuery({
    queryKey: ['query_range', query, startS, endS, stepS],
    queryFn: ({ signal }) => ask('/api/v1/query_range', { query, start: String(startS), end: String(endS), step: String(stepS) }, signal),
    enabled: query !== '',
    placeholderData: keepPreviousData,
  });
}
