// The table of routes: what each takes and what it answers, shared by the server and the browser; openapi.ts and docs/api.md are made from it.
import { HealthResponse, OpenApiResponse, RangeQuery, SpanPath, TracePath } from './common.ts';
import { CriticalPathQuery, CriticalPathResponse } from './critical-path.ts';
import { DecisionsQuery, DecisionsResponse, LedgerResponse, WhyResponse } from './decisions.ts';
import { FindQuery, FindResponse } from './find.ts';
import { StateResponse } from './health.ts';
import { LogsQuery, LogsResponse } from './logs.ts';
import { PATHS } from './paths.ts';
import { PropagationResponse } from './propagation.ts';
import { ReconstructionReportResponse } from './reconstruction-report.ts';
import { RescueRequest, RescueResponse } from './rescue.ts';
import { ANY_PARAMETERS, NO_PARAMETERS, type OwnRoute } from './route-contract.ts';
import { SamplingHitsQuery, SamplingHitsResponse, SamplingResponse } from './sampling.ts';
import { FacetsQuery, FacetsResponse, HeatmapResponse, SearchQuery, SearchResponse, TraceFilter } from './search.ts';
import {
  DependenciesResponse,
  DurationRankQuery,
  DurationRankResponse,
  OperationsQuery,
  OperationsResponse,
  ServicesResponse,
} from './services.ts';
import { SimulateRequest, SimulateResponse } from './simulate.ts';
import { SuggestQuery, SuggestResponse } from './suggest.ts';
import { FullTracesQuery, SpanDetailResponse, TraceResponse } from './trace.ts';

/** A parameter or field that does not stand here is refused. */
export const ROUTES = {
  search: {
    method: 'GET',
    summary: 'Kept traces that match, newest or slowest first, in pages; with totals over all that match',
    path: PATHS.search,
    query: SearchQuery,
    response: SearchResponse,
  },
  heatmap: {
    method: 'GET',
    summary: 'Kept traces that match, counted over start time and duration',
    path: PATHS.heatmap,
    query: TraceFilter,
    response: HeatmapResponse,
  },
  facets: {
    method: 'GET',
    summary:
      'Services, operations, errors, rules and attributes of the kept traces that match, each with its number of traces',
    path: PATHS.facets,
    query: FacetsQuery,
    response: FacetsResponse,
  },
  suggest: {
    method: 'GET',
    summary: 'How a question in the search language may go on: keys of attributes, or values of one key',
    path: PATHS.suggest,
    query: SuggestQuery,
    response: SuggestResponse,
  },
  trace: {
    method: 'GET',
    summary:
      'One stored trace as columns, rebuilt, with what links to it and what it is linked with; with `Accept: application/vnd.winnow.trace-columns` in binary (proto/api/trace-columns.ts)',
    path: PATHS.trace,
    params: TracePath,
    query: NO_PARAMETERS,
    response: TraceResponse,
  },
  span: {
    method: 'GET',
    summary: 'One span in full',
    path: PATHS.span,
    params: SpanPath,
    query: NO_PARAMETERS,
    response: SpanDetailResponse,
  },
  fullTraces: {
    method: 'GET',
    summary: 'Every span of several traces in full, for export; ids that are not stored are left out',
    path: PATHS.fullTraces,
    query: FullTracesQuery,
    response: SpanDetailResponse,
  },
  fullTrace: {
    method: 'GET',
    summary: 'Every span of one trace in full',
    path: PATHS.fullTrace,
    params: TracePath,
    query: NO_PARAMETERS,
    response: SpanDetailResponse,
  },
  find: {
    method: 'GET',
    summary: 'Which spans of one trace hold each term in an attribute, an event or their resource',
    path: PATHS.find,
    params: TracePath,
    query: FindQuery,
    response: FindResponse,
  },
  services: {
    method: 'GET',
    summary: 'Services with rate, errors and duration, from 100 % of the spans',
    path: PATHS.services,
    query: RangeQuery,
    response: ServicesResponse,
  },
  operations: {
    method: 'GET',
    summary: 'Operations of one service with rate, errors and duration, the busiest first',
    path: PATHS.operations,
    query: OperationsQuery,
    response: OperationsResponse,
  },
  durationRank: {
    method: 'GET',
    summary: 'How a duration stands among all calls of its operation',
    path: PATHS.durationRank,
    query: DurationRankQuery,
    response: DurationRankResponse,
  },
  dependencies: {
    method: 'GET',
    summary: 'The service map: who calls whom, from 100 % of the spans',
    path: PATHS.dependencies,
    query: RangeQuery,
    response: DependenciesResponse,
  },
  criticalPath: {
    method: 'GET',
    summary: 'Operations by their part in the critical paths of the traces that match, weighted',
    path: PATHS.criticalPath,
    query: CriticalPathQuery,
    response: CriticalPathResponse,
  },
  propagation: {
    method: 'GET',
    summary: 'Where trace context goes wrong between services, and what to change',
    path: PATHS.propagation,
    query: RangeQuery,
    response: PropagationResponse,
  },
  reconstructionReport: {
    method: 'GET',
    summary: 'What traces had to be repaired for, by service and kind',
    path: PATHS.reconstructionReport,
    query: RangeQuery,
    response: ReconstructionReportResponse,
  },
  logs: {
    method: 'GET',
    summary: 'Log records that match, newest first, in pages, with a histogram over the range',
    path: PATHS.logs,
    query: LogsQuery,
    response: LogsResponse,
  },
  why: {
    method: 'GET',
    summary: 'What became of a trace, and why',
    path: PATHS.why,
    params: TracePath,
    query: NO_PARAMETERS,
    response: WhyResponse,
  },
  decisions: {
    method: 'GET',
    summary: 'The newest decisions, and what each rule kept and dropped',
    path: PATHS.decisions,
    query: DecisionsQuery,
    response: DecisionsResponse,
  },
  state: {
    method: 'GET',
    summary: 'Whether collector and store work as they should, and what to do where they do not',
    path: PATHS.state,
    query: NO_PARAMETERS,
    response: StateResponse,
  },
  ledger: {
    method: 'GET',
    summary: 'Where every span, log record and metric point went',
    path: PATHS.ledger,
    query: NO_PARAMETERS,
    response: LedgerResponse,
  },
  simulate: {
    method: 'POST',
    summary: 'What another configuration would have kept of what was received; from this origin only, one at a time',
    path: PATHS.simulate,
    query: NO_PARAMETERS,
    body: SimulateRequest,
    response: SimulateResponse,
  },
  rescue: {
    method: 'POST',
    summary: 'Brings dropped traces back while the rescue ring holds them; from this origin only',
    path: PATHS.rescue,
    query: NO_PARAMETERS,
    body: RescueRequest,
    response: RescueResponse,
  },
  sampling: {
    method: 'GET',
    summary: 'What the sampler does right now: rules in force, last reload, metrics',
    path: PATHS.sampling,
    query: NO_PARAMETERS,
    response: SamplingResponse,
  },
  samplingHits: {
    method: 'GET',
    summary: 'What rules, services of the root and triggers kept and dropped over time',
    path: PATHS.samplingHits,
    query: SamplingHitsQuery,
    response: SamplingHitsResponse,
  },
  openapi: {
    method: 'GET',
    summary: 'This table as an OpenAPI document',
    path: PATHS.openapi,
    query: NO_PARAMETERS,
    response: OpenApiResponse,
  },
  healthz: {
    method: 'GET',
    summary: 'The process runs',
    path: PATHS.healthz,
    query: ANY_PARAMETERS,
    response: HealthResponse,
  },
  readyz: {
    method: 'GET',
    summary: 'ClickHouse answers; 503 with reasons when it does not',
    path: PATHS.readyz,
    query: ANY_PARAMETERS,
    response: HealthResponse,
  },
} as const satisfies Readonly<Record<keyof typeof PATHS, OwnRoute>>;
