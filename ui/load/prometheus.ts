// The Prometheus API as the metrics page asks it: range and instant queries at /api/v1.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ApiFailure, getJson } from './http.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [number, string];
interface Series {
  readonly metric: Labels;
  readonly values: readonly Sample[];
}
export interface RangeResult {
  readonly series: readonly Series[];
  readonly warnings: readonly string[];
}

interface Body {
  status: string;
  error?: string;
  warnings?: string[];
  data?: Data;
}
type Data =
  | { resultType: 'scalar' | 'string'; result: Sample }
  | { resultType: 'vector' | 'matrix'; result: readonly Native[] };
interface Native {
  metric: Labels;
  values?: Sample[];
  value?: Sample;
  histograms?: unknown;
}

/** A scalar is one series without labels. */
function seriesOf(data: Data): Series[] {
  switch (data.resultType) {
    case 'scalar':
    case 'string':
      return [{ metric: {}, values: [data.result] }];
    case 'vector':
    case 'matrix':
      return data.result.map((r) => ({ metric: r.metric, values: r.values ?? (r.value ? [r.value] : []) }));
  }
}

async function ask(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<RangeResult> {
  const body = await getJson<Body>(path, query, signal);
  if (body.status !== 'success' || !body.data) throw new ApiFailure(200, body.error ?? 'The answer holds no data.', '');
  return { series: seriesOf(body.data), warnings: body.warnings ?? [] };
}

export interface Exemplar {
  readonly traceId: string;
  readonly spanId: string;
  readonly value: number;
  readonly timeS: number;
  readonly series: Labels;
}
interface NativeExemplars {
  seriesLabels: Labels;
  exemplars: { labels: Labels; value: string; timestamp: number }[];
}

/** Exemplars of the series in a query: measured examples whose traces are stored. Greatest value first. */
export function useExemplars(query: string, startS: number, endS: number) {
  return useQuery({
    queryKey: ['exemplars', query, startS, endS],
    queryFn: async ({ signal }) => {
      const body = await getJson<{ data?: NativeExemplars[] }>(
        '/api/v1/query_exemplars',
        { query, start: String(startS), end: String(endS) },
        signal,
      );
      const found = (body.data ?? []).flatMap((s) =>
        s.exemplars.map((e): Exemplar => ({
          traceId: e.labels['trace_id'] ?? e.labels['traceID'] ?? '',
          spanId: e.labels['span_id'] ?? '',
          value: Number(e.value),
          timeS: e.timestamp,
          series: s.seriesLabels,
        })),
      );
      return found.filter((e) => e.traceId !== '').sort((a, b) => b.value - a.value);
    },
    enabled: query !== '',
    retry: false,
    placeholderData: keepPreviousData,
  });
}

/** Times in seconds. */
export function useRangeQuery(query: string, startS: number, endS: number, stepS: number) {
  return useQuery({
    queryKey: ['query_range', query, startS, endS, stepS],
    queryFn: ({ signal }) =>
      ask('/api/v1/query_range', { query, start: String(startS), end: String(endS), step: String(stepS) }, signal),
    enabled: query !== '',
    placeholderData: keepPreviousData,
  });
}
