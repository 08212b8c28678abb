// The table of routes: what each takes and what it answers, shared by the server and the browser.
import { HealthResponse, RangeQuery, SpanPath, TracePath } from './common.ts';
import { CriticalPathQuery, CriticalPathResponse } from './critical-path.ts';
import { DecisionsQuery, DecisionsResponse, LedgerResponse, WhyResponse } from './decisions.ts';
import { LogsQuery, LogsResponse } from './logs.ts';
import { PATHS } from './paths.ts';
import { PropagationResponse } from './propagation.ts';
import { ReconstructionReportResponse } from './reconstruction-report.ts';
import { RescueRequest, RescueResponse } from './rescue.ts';
import { ANY_PARAMETERS, NO_PARAMETERS, type OwnRoute } from './route-contract.ts';
import { SamplingHitsQuery, SamplingHitsResponse, SamplingResponse } from './sampling.ts';
import { FacetsResponse, HeatmapResponse, SearchQuery, SearchResponse, TraceFilter } from './search.ts';
import { DependenciesResponse, OperationsQuery, OperationsResponse, ServicesResponse } from './services.ts';
import { SimulateRequest, SimulateResponse } from './simulate.ts';
import { FullTracesQuery, SpanDetailResponse, TraceResponse } from './trace.ts';

/** A parameter or field that does not stand here is refused. */
export const ROUTES = {
  search: { method: 'GET', path: PATHS.search, query: SearchQuery, response: SearchResponse },
  heatmap: { method: 'GET', path: PATHS.heatmap, query: TraceFilter, response: HeatmapResponse },
  facets: { method: 'GET', path: PATHS.facets, query: TraceFilter, response: FacetsResponse },
  trace: { method: 'GET', path: PATHS.trace, params: TracePath, query: NO_PARAMETERS, response: TraceResponse },
  span: { method: 'GET', path: PATHS.span, params: SpanPath, query: NO_PARAMETERS, response: SpanDetailResponse },
  fullTraces: { method: 'GET', path: PATHS.fullTraces, query: FullTracesQuery, response: SpanDetailResponse },
  fullTrace: {
    method: 'GET',
    path: PATHS.fullTrace,
    params: TracePath,
    query: NO_PARAMETERS,
    response: SpanDetailResponse,
  },
  services: { method: 'GET', path: PATHS.services, query: RangeQuery, response: ServicesResponse },
  operations: { method: 'GET', path: PATHS.operations, query: OperationsQuery, response: OperationsResponse },
  dependencies: { method: 'GET', path: PATHS.dependencies, query: RangeQuery, response: DependenciesResponse },
  criticalPath: { method: 'GET', path: PATHS.criticalPath, query: CriticalPathQuery, response: CriticalPathResponse },
  propagation: { method: 'GET', path: PATHS.propagation, query: RangeQuery, response: PropagationResponse },
  reconstructionReport: {
    method: 'GET',
    path: PATHS.reconstructionReport,
    query: RangeQuery,
    response: ReconstructionReportResponse,
  },
  logs: { method: 'GET', path: PATHS.logs, query: LogsQuery, response: LogsResponse },
  why: { method: 'GET', path: PATHS.why, params: TracePath, query: NO_PARAMETERS, response: WhyResponse },
  decisions: { method: 'GET', path: PATHS.decisions, query: DecisionsQuery, response: DecisionsResponse },
  ledger: { method: 'GET', path: PATHS.ledger, query: NO_PARAMETERS, response: LedgerResponse },
  simulate: {
    method: 'POST',
    path: PATHS.simulate,
    query: NO_PARAMETERS,
    body: SimulateRequest,
    response: SimulateResponse,
  },
  rescue: { method: 'POST', path: PATHS.rescue, query: NO_PARAMETERS, body: RescueRequest, response: RescueResponse },
  sampling: { method: 'GET', path: PATHS.sampling, query: NO_PARAMETERS, response: SamplingResponse },
  samplingHits: { method: 'GET', path: PATHS.samplingHits, query: SamplingHitsQuery, response: SamplingHitsResponse },
  healthz: { method: 'GET', path: PATHS.healthz, query: ANY_PARAMETERS, response: HealthResponse },
  readyz: { method: 'GET', path: PATHS.readyz, query: ANY_PARAMETERS, response: HealthResponse },
} as const satisfies Readonly<Record<keyof typeof PATHS, OwnRoute>>;
