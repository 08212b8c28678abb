// Search, heatmap and facets over kept traces. Newest (or slowest) first with a keyset cursor, never an arbitrary LIMIT.
import type { FacetsResponse, HeatmapResponse, SearchQuery, SearchResponse, TraceFilter } from '#proto/api/search.ts';
import { BY_TRACE_ID, nextCursor, parseCursor } from '../cursor.ts';
import type { Facet, TraceReader } from '#query/store/traces/contract.ts';
import { parseTraceFilter } from './parse-filter.ts';
import { shapeSummary } from './summary.ts';

const HEATMAP_COLUMNS = 100;
/** Values listed per facet; the rest is reached by typing. */
const FACET_VALUES = 20;

export async function searchTraces(traces: TraceReader, query: SearchQuery, nowMs: number): Promise<SearchResponse> {
  const filter = parseTraceFilter(query, nowMs);
  const after = parseCursor(query.cursor, BY_TRACE_ID);
  const [page, total] = await Promise.all([
    traces.search(filter, query.sort, { limit: query.limit, after }),
    traces.totals(filter),
  ]);
  return {
    traces: page.rows.map(shapeSummary),
    next_cursor: nextCursor(page),
    total: { kept: total.kept, stands_for: total.standsFor, standard_error: total.standardError },
  };
}

export async function heatmap(traces: TraceReader, query: TraceFilter, nowMs: number): Promise<HeatmapResponse> {
  const filter = parseTraceFilter(query, nowMs);
  const { startNs, endNs } = filter.range;
  const widthNs = (endNs - startNs + BigInt(HEATMAP_COLUMNS) - 1n) / BigInt(HEATMAP_COLUMNS);
  const cells = await traces.heatmap(filter, widthNs);
  return {
    start: String(startNs),
    end: String(endNs),
    columns: HEATMAP_COLUMNS,
    cells: cells.map(({ column, band, kept, standsFor, errors }) => [column, band, kept, standsFor, errors]),
  };
}

export async function facets(traces: TraceReader, query: TraceFilter, nowMs: number): Promise<FacetsResponse> {
  const filter = parseTraceFilter(query, nowMs);
  const facet = async (of: Facet): Promise<FacetsResponse['service']> => {
    const values = await traces.facet(filter, of, FACET_VALUES);
    return values.map(({ value, kept, standsFor }) => ({ value, kept, stands_for: standsFor }));
  };
  const [service, operation, status, rule] = await Promise.all([
    facet('service'),
    facet('rootName'),
    facet('status'),
    facet('rule'),
  ]);
  return { service, operation, status, rule };
}
