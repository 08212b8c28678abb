// The table of routes: path and shapes, shared by the server and the browser.
import { CriticalPathResponse } from './critical-path.ts';
import { DecisionsResponse, LedgerResponse, WhyResponse } from './decisions.ts';
import { LogsResponse } from './logs.ts';
import { PATHS } from './paths.ts';
import { PropagationResponse } from './propagation.ts';
import { ReconstructionReportResponse } from './reconstruction-report.ts';
import { SamplingHitsResponse, SamplingResponse } from './sampling.ts';
import { FacetsResponse, HeatmapResponse, SearchResponse } from './search.ts';
import { DependenciesResponse, OperationsResponse, ServicesResponse } from './services.ts';
import { RescueResponse } from './rescue.ts';
import { SimulateResponse } from './simulate.ts';
import { SpanDetailResponse, TraceResponse } from './trace.ts';

/** Query shapes stand beside the response shapes. */
export const ROUTES = {
  search: { path: PATHS.search, response: SearchResponse },
  heatmap: { path: PATHS.heatmap, response: HeatmapResponse },
  facets: { path: PATHS.facets, response: FacetsResponse },
  trace: { path: PATHS.trace, response: TraceResponse },
  span: { path: PATHS.span, response: SpanDetailResponse },
  fullTraces: { path: PATHS.fullTraces, response: SpanDetailResponse },
  fullTrace: { path: PATHS.fullTrace, response: SpanDetailResponse },
  services: { path: PATHS.services, response: ServicesResponse },
  operations: { path: PATHS.operations, response: OperationsResponse },
  dependencies: { path: PATHS.dependencies, response: DependenciesResponse },
  criticalPath: { path: PATHS.criticalPath, response: CriticalPathResponse },
  propagation: { path: PATHS.propagation, response: PropagationResponse },
  reconstructionReport: { path: PATHS.reconstructionReport, response: ReconstructionReportResponse },
  logs: { path: PATHS.logs, response: LogsResponse },
  why: { path: PATHS.why, response: WhyResponse },
  decisions: { path: PATHS.decisions, response: DecisionsResponse },
  ledger: { path: PATHS.ledger, response: LedgerResponse },
  simulate: { path: PATHS.simulate, response: SimulateResponse },
  rescue: { path: PATHS.rescue, response: RescueResponse },
  sampling: { path: PATHS.sampling, response: SamplingResponse },
  samplingHits: { path: PATHS.samplingHits, response: SamplingHitsResponse },
} as const;
