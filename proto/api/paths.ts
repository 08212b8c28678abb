// Paths of the own API, alone: the browser needs them without the shapes' validator. All routes are GET but simulate; `:name` is a path parameter.

export const PATHS = {
  search: '/api/search',
  heatmap: '/api/heatmap',
  facets: '/api/facets',
  trace: '/api/traces/:trace_id',
  span: '/api/traces/:trace_id/spans/:span_id',
  fullTraces: '/api/traces/full',
  fullTrace: '/api/traces/:trace_id/full',
  services: '/api/services',
  operations: '/api/operations',
  dependencies: '/api/dependencies',
  criticalPath: '/api/critical-path',
  propagation: '/api/propagation',
  reconstructionReport: '/api/reconstruction-report',
  logs: '/api/logs',
  why: '/api/why/:trace_id',
  decisions: '/api/decisions',
  ledger: '/api/ledger',
  simulate: '/api/simulate',
  sampling: '/api/sampling',
  samplingHits: '/api/sampling/hits',
} as const;
