// GET /api/search, /api/heatmap and /api/facets: which kept traces there are, newest (or slowest) first.
import { z } from 'zod';
import { RangeQuery, TimeNs, TraceIdText } from './common.ts';

/** ns of a duration are 64-bit integers to the store. */
const MAX_DURATION_MS = 9_000_000_000_000;

/** Filters shared by search, heatmap and facets. Every given filter must hold; `attr` may repeat (`key=value`, any span of the trace). */
export const TraceFilter = RangeQuery.extend({
  service: z.string().optional().describe('some span of this service'),
  operation: z.string().optional().describe('some span of this name (of `service` when given)'),
  root_service: z.string().optional().describe('service of the root'),
  min_duration_ms: z.coerce
    .number()
    .nonnegative()
    .max(MAX_DURATION_MS)
    .optional()
    .describe('from the first start to the last end, at least'),
  max_duration_ms: z.coerce.number().nonnegative().max(MAX_DURATION_MS).optional().describe('the same, at most'),
  status: z.enum(['error', 'ok']).optional().describe('error: at least one error span; ok: none'),
  rule: z.string().optional().describe('kept by this rule'),
  attr: z
    .union([z.string(), z.array(z.string()).max(8)])
    .transform((v) => (Array.isArray(v) ? v : [v]))
    .optional()
    .describe('key=value on one span or its resource, repeatable'),
});
export type TraceFilter = z.infer<typeof TraceFilter>;

export const SearchQuery = TraceFilter.extend({
  sort: z.enum(['newest', 'slowest']).default('newest').describe('by start, or by duration'),
  limit: z.coerce.number().int().min(1).max(200).default(20).describe('traces of one page'),
  cursor: z.string().max(200).optional().describe('next_cursor of the page before'),
});
export type SearchQuery = z.infer<typeof SearchQuery>;

export const TraceSummary = z.object({
  trace_id: TraceIdText,
  start: TimeNs,
  duration_ns: z.number(),
  root_service: z.string(),
  root_name: z.string(),
  span_count: z.number(),
  error_count: z.number(),
  root_present: z.boolean(),
  missing_parents: z.number(),
  services: z.array(z.object({ service: z.string(), spans: z.number() })).describe('most spans first'),
  rule: z.string().describe('rule that kept it'),
  trigger: z.string(),
  weight: z.number().describe('how many traces it stands for; 0 where nobody knows'),
  warnings: z.array(z.string()),
});
export type TraceSummary = z.infer<typeof TraceSummary>;

export const SearchResponse = z.object({
  traces: z.array(TraceSummary),
  next_cursor: z.string().nullable(),
  total: z.object({
    kept: z.number().describe('kept traces that match, not only this page'),
    stands_for: z.number().describe('sum of their weights'),
    standard_error: z.number().describe('of stands_for'),
  }),
});
export type SearchResponse = z.infer<typeof SearchResponse>;

/** Counts over start time × log duration. */
export const HeatmapResponse = z.object({
  start: TimeNs,
  end: TimeNs,
  columns: z.number(),
  cells: z
    .array(z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()]))
    .describe(
      '[column, row, kept, stands_for, errors]: column of `columns` equal times, row r covers [10^(r/4), 10^((r+1)/4)) µs',
    ),
});
export type HeatmapResponse = z.infer<typeof HeatmapResponse>;

const FacetValue = z.object({ value: z.string(), kept: z.number(), stands_for: z.number() });
export const FacetsResponse = z.object({
  service: z.array(FacetValue),
  operation: z.array(FacetValue).describe('root operations'),
  status: z.array(FacetValue),
  rule: z.array(FacetValue),
});
export type FacetsResponse = z.infer<typeof FacetsResponse>;
