// The questions of the pages as TanStack Query hooks: one key per question, old answers stay on screen while new ones load.
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { ask } from './api.ts';
import type { QueryOf } from './api.ts';
import { ApiFailure } from './http.ts';
import { loadTrace } from './trace.ts';

/** What the server will not answer otherwise is not asked again. */
export function retryable(failures: number, error: Error): boolean {
  return failures < 2 && !(error instanceof ApiFailure && error.status >= 400 && error.status < 500);
}

const PAGE_ROWS = 50;
const FIRST_PAGE: string | null = null;
const LOG_ROWS = 200;
const HEALTH_EVERY_MS = 5000;

export function useSearch(filter: QueryOf<'search'>) {
  return useInfiniteQuery({
    queryKey: ['search', filter],
    queryFn: ({ pageParam, signal }) => ask('search', { ...filter, limit: PAGE_ROWS, cursor: pageParam }, signal),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
}

export function useHeatmap(filter: QueryOf<'heatmap'>) {
  return useQuery({
    queryKey: ['heatmap', filter],
    queryFn: ({ signal }) => ask('heatmap', filter, signal),
    placeholderData: keepPreviousData,
  });
}

export function useFacets(filter: QueryOf<'facets'>, enabled = true) {
  return useQuery({
    queryKey: ['facets', filter],
    queryFn: ({ signal }) => ask('facets', filter, signal),
    placeholderData: keepPreviousData,
    enabled,
  });
}

/** One facet, or the values of one attribute. */
export function useFacet(query: QueryOf<'facets'>, enabled: boolean) {
  return useQuery({
    queryKey: ['facet', query],
    queryFn: ({ signal }) => ask('facets', query, signal),
    placeholderData: keepPreviousData,
    enabled,
  });
}

/** The trace, or null where nothing of it is stored. */
export function useTrace(traceId: string) {
  return useQuery({
    queryKey: ['trace', traceId],
    queryFn: ({ signal }) => loadTrace(traceId, signal),
    staleTime: ({ state }) => (state.data === null ? 0 : 30_000),
  });
}

export function useSpan(traceId: string, spanId: string | null) {
  return useQuery({
    queryKey: ['span', traceId, spanId],
    queryFn: ({ signal }) => ask('span', {}, signal, { trace_id: traceId, span_id: spanId ?? '' }),
    enabled: spanId !== null,
    staleTime: 60_000,
  });
}

/** Spans that hold each term in an attribute. */
export function useFoundSpans(traceId: string, terms: readonly string[]) {
  return useQuery({
    queryKey: ['find', traceId, terms],
    queryFn: ({ signal }) => ask('find', { term: terms }, signal, { trace_id: traceId }),
    enabled: terms.length > 0,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });
}

export function useFullTrace(traceId: string, enabled: boolean) {
  return useQuery({
    queryKey: ['full', traceId],
    queryFn: ({ signal }) => ask('fullTrace', {}, signal, { trace_id: traceId }),
    enabled,
    staleTime: 60_000,
  });
}

export function useServices(range: QueryOf<'services'>) {
  return useQuery({
    queryKey: ['services', range],
    queryFn: ({ signal }) => ask('services', range, signal),
    placeholderData: keepPreviousData,
  });
}

export function useOperations(service: string, range: QueryOf<'services'>, enabled = true, contains = '') {
  return useQuery({
    queryKey: ['operations', service, range, contains],
    queryFn: ({ signal }) => ask('operations', { service, contains, ...range }, signal),
    placeholderData: keepPreviousData,
    enabled,
  });
}

/** How a span's duration stands among the calls of its operation. */
export function useDurationRank(query: QueryOf<'durationRank'>, enabled: boolean) {
  return useQuery({
    queryKey: ['duration-rank', query],
    queryFn: ({ signal }) => ask('durationRank', query, signal),
    enabled,
    staleTime: 60_000,
  });
}

export function useDependencies(range: QueryOf<'dependencies'>) {
  return useQuery({
    queryKey: ['dependencies', range],
    queryFn: ({ signal }) => ask('dependencies', range, signal),
    placeholderData: keepPreviousData,
  });
}

export function useCriticalPath(filter: QueryOf<'criticalPath'>) {
  return useQuery({
    queryKey: ['critical-path', filter],
    queryFn: ({ signal }) => ask('criticalPath', filter, signal),
    placeholderData: keepPreviousData,
  });
}

export function usePropagation(range: QueryOf<'propagation'>) {
  return useQuery({
    queryKey: ['propagation', range],
    queryFn: ({ signal }) => ask('propagation', range, signal),
    placeholderData: keepPreviousData,
  });
}

export function useReconstructionReport(range: QueryOf<'reconstructionReport'>) {
  return useQuery({
    queryKey: ['reconstruction-report', range],
    queryFn: ({ signal }) => ask('reconstructionReport', range, signal),
    placeholderData: keepPreviousData,
  });
}

export function useLogs(filter: QueryOf<'logs'>, enabled = true) {
  return useInfiniteQuery({
    queryKey: ['logs', filter],
    queryFn: ({ pageParam, signal }) => ask('logs', { limit: LOG_ROWS, ...filter, cursor: pageParam }, signal),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    enabled,
  });
}

export function useWhy(traceId: string, enabled = true) {
  return useQuery({
    queryKey: ['why', traceId],
    queryFn: ({ signal }) => ask('why', {}, signal, { trace_id: traceId }),
    enabled,
  });
}

export function useDecisions(filter: QueryOf<'decisions'>) {
  return useQuery({
    queryKey: ['decisions', filter],
    queryFn: ({ signal }) => ask('decisions', filter, signal),
    placeholderData: keepPreviousData,
  });
}

export function useLedger(nowMs: number) {
  return useQuery({
    queryKey: ['ledger', nowMs],
    queryFn: ({ signal }) => ask('ledger', {}, signal),
    placeholderData: keepPreviousData,
  });
}

/** Whether Winnow works as it should; asked again every few seconds, as somebody waits for it. */
export function useHealth() {
  return useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => ask('state', {}, signal),
    refetchInterval: HEALTH_EVERY_MS,
  });
}

/** What the sampler does right now. */
export function useSampling(nowMs: number) {
  return useQuery({
    queryKey: ['sampling', nowMs],
    queryFn: ({ signal }) => ask('sampling', {}, signal),
    placeholderData: keepPreviousData,
  });
}

export function useSamplingHits(range: QueryOf<'samplingHits'>) {
  return useQuery({
    queryKey: ['samplingHits', range],
    queryFn: ({ signal }) => ask('samplingHits', range, signal),
    placeholderData: keepPreviousData,
  });
}
