// The table of routes: path and shapes, shared by the server and the browser.
import { CriticalPathResponse } from './critical-path.ts';
import { DecisionsResponse, LedgerResponse, WhyResponse } from './decisions.ts';
import { LogsResponse } from './logs.ts';
import { PropagationResponse } from './propagation.ts';
import { FacetsResponse, HeatmapResponse, SearchResponse } from './search.ts';
import { DependenciesResponse, OperationsResponse, ServicesResponse } from './services.ts';
import { FullTraceResponse, SpanDetailResponse, TraceResponse } from './trace.ts';

/** All routes are GET. `:name` is a path parameter; query shapes stand beside the response shapes. */
export const ROUTES = {
  search: { path: '/api/search', response: SearchResponse },
  heatmap: { path: '/api/heatmap', response: HeatmapResponse },
  facets: { path: '/api/facets', response: FacetsResponse },
  trace: { path: '/api/traces/:trace_id', response: TraceResponse },
  span: { path: '/api/traces/:trace_id/spans/:span_id', response: SpanDetailResponse },
  fullTraces: { path: '/api/traces/full', response: FullTraceResponse },
  fullTrace: { path: '/api/traces/:trace_id/full', response: FullTraceResponse },
  services: { path: '/api/services', response: ServicesResponse },
  operations: { path: '/api/operations', response: OperationsResponse },
  dependencies: { path: '/api/dependencies', response: DependenciesResponse },
  criticalPath: { path: '/api/critical-path', response: CriticalPathResponse },
  propagation: { path: '/api/propagation', response: PropagationResponse },
  logs: { path: '/api/logs', response: LogsResponse },
  why: { path: '/api/why/:trace_id', response: WhyResponse },
  decisions: { path: '/api/decisions', response: DecisionsResponse },
  ledger: { path: '/api/ledger', response: LedgerResponse },
} as const;
