// GET /api/search, /api/heatmap and /api/facets: which kept traces there are, newest (or slowest) first.
import { z } from 'zod';
import { RangeQuery, TimeNs, TraceIdText } from './common.ts';

/** ns of a duration are 64-bit integers to the store. */
const MAX_DURATION_MS = 9_000_000_000_000;

/** Characters of a question in the search language. */
const MAX_QUESTION_CHARS = 4000;

/** Filters shared by search, heatmap, facets and critical paths. `q` says it all; the others are conditions that are added to it. */
export const TraceFilter = RangeQuery.extend({
  q: z.string().max(MAX_QUESTION_CHARS).optional().describe('in the search language (docs/search.md), or a trace id'),
  service: z.string().optional().describe('as service=… in `q`'),
  operation: z.string().optional().describe('as name=… in `q`'),
  root_service: z.string().optional().describe('as root.service=… in `q`'),
  min_duration_ms: z.coerce
    .number()
    .nonnegative()
    .max(MAX_DURATION_MS)
    .optional()
    .describe('as trace.duration>=… in `q`'),
  max_duration_ms: z.coerce
    .number()
    .nonnegative()
    .max(MAX_DURATION_MS)
    .optional()
    .describe('as trace.duration<=… in `q`'),
  status: z.enum(['error', 'ok']).optional().describe('as status=error, or trace.errors=0, in `q`'),
  rule: z.string().optional().describe('as rule=… in `q`'),
  attr: z
    .union([z.string(), z.array(z.string()).max(8)])
    .transform((v) => (Array.isArray(v) ? v : [v]))
    .optional()
    .describe('key=value, repeatable: as in `q`, whether the value is a text, a number or a bool'),
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
    spans: z
      .object({ kept: z.number(), stands_for: z.number() })
      .describe('spans of these traces that match by themselves: what the numbers of services and operations count'),
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

const FacetName = z.enum(['service', 'operation', 'errors', 'rule', 'attribute']);

export const FacetsQuery = TraceFilter.extend({
  facet: FacetName.exclude(['attribute']).optional().describe('only this one'),
  key: z.string().max(1000).optional().describe('only values of this attribute'),
  contains: z.string().max(200).optional().describe('only values with this in them'),
});
export type FacetsQuery = z.infer<typeof FacetsQuery>;

const FacetValue = z.object({
  value: z.string(),
  condition: z.string().describe('in the search language; added to `q` it leaves these traces'),
  kept: z.number(),
  stands_for: z.number(),
});
const FacetAnswer = z.object({
  facet: FacetName,
  key: z.string().describe('the field or attribute that is compared'),
  values: z.array(FacetValue).describe('those that stand for most first'),
  distinct: z.number().describe('how many values there are, listed or not'),
});
export const FacetsResponse = z.object({
  facets: z.array(FacetAnswer),
  attributes: z
    .array(z.object({ key: z.string(), spans: z.number(), distinct: z.number() }))
    .describe('the most used keys of the spans that match; counted in at most 20,000 of them'),
});
export type FacetsResponse = z.infer<typeof FacetsResponse>;
