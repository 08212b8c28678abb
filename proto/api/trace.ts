// GET /api/traces/:id: one trace as columns, rebuilt: every array has one entry per span, parents before children.
import { z } from 'zod';
import { Attribute, SpanIdText, TimeNs, TraceIdText } from './common.ts';
import { TraceSummary } from './search.ts';

export const SpanEvent = z.object({
  time: TimeNs,
  name: z.string(),
  attributes: z.array(Attribute),
  dropped_attributes: z.number(),
});
export type SpanEvent = z.infer<typeof SpanEvent>;

export const SpanLink = z.object({
  trace_id: TraceIdText,
  span_id: SpanIdText,
  trace_state: z.string(),
  flags: z.number(),
  attributes: z.array(Attribute),
  dropped_attributes: z.number(),
});
export type SpanLink = z.infer<typeof SpanLink>;

/** A span elsewhere that links to a span of this trace. */
export const InboundLink = z.object({
  span_id: SpanIdText.describe('the span of this trace it points at'),
  source_trace_id: TraceIdText,
  source_span_id: SpanIdText,
  source_service: z.string(),
  source_name: z.string(),
  source_start: TimeNs,
});
export type InboundLink = z.infer<typeof InboundLink>;

/** A trace reached over links: `upstream` is what this one points at, `downstream` what points at it, hop by hop. Kept or not. */
export const LinkedTrace = z.object({
  trace_id: TraceIdText,
  direction: z.enum(['upstream', 'downstream']),
  hops: z.number(),
  state: z.enum(['kept', 'dropped', 'unknown']),
  root_service: z.string().describe('of the root; of the linking span where nothing else is known'),
  root_name: z.string(),
  start: TimeNs.describe("'0' when not known"),
  duration_ns: z.number(),
  rule: z.string().describe('that decided; empty when unknown'),
  reason: z.string().describe('why it is stored or not, for people'),
});
export type LinkedTrace = z.infer<typeof LinkedTrace>;

/** Which span each moment was waiting for, one entry per piece, in no order of time. The pieces tile the first root without gap or overlap. */
export const CriticalPathPieces = z.object({
  row: z
    .array(z.number())
    .describe(
      'row of the span; the number of spans + i is the i-th absent parent, in the order in which the rows name them',
    ),
  from_ns: z.array(z.number()).describe("from the trace's start"),
  to_ns: z.array(z.number()),
});
export type CriticalPathPieces = z.infer<typeof CriticalPathPieces>;

export const TraceResponse = z.object({
  summary: TraceSummary.extend({
    threshold: z.string().describe('T, 14 hex digits'),
    hosts: z.array(z.object({ host: z.string(), offset_ns: z.number(), error_ns: z.number() })),
    warning_spans: z.array(z.object({ kind: z.string(), span_id: z.string() })),
    critical_path: z.array(z.object({ service: z.string(), ns: z.number() })),
    repeats: z
      .array(
        z.object({
          first_span_id: SpanIdText,
          service: z.string(),
          name: z.string(),
          spans: z.number(),
          total_ns: z.number(),
          span_ns: z.number(),
        }),
      )
      .optional()
      .describe(
        'runs of similar siblings (N+1), longest first: spans, sum of their durations, from first start to last end',
      ),
    end_to_end_ns: z.number().describe('over linked traces; the duration itself when none'),
  }),
  /** Strings that columns refer to by index. */
  services: z.array(z.string()),
  names: z.array(z.string()),
  resources: z.array(
    z.object({
      id: z.string(),
      service: z.string(),
      host: z.string(),
      schema_url: z.string(),
      attributes: z.array(Attribute),
    }),
  ),
  scopes: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      version: z.string(),
      schema_url: z.string(),
      attributes: z.array(Attribute),
    }),
  ),
  /** Raw start = summary.start + start_offset_ns (exact integers below 2^53); corrected start adds skew_ns. */
  span_id: z.array(SpanIdText),
  parent_span_id: z.array(z.string()).describe("'' when none"),
  parent: z.array(z.number()).describe('row of the parent, -1 when none or missing'),
  service: z.array(z.number()),
  name: z.array(z.number()),
  kind: z.array(z.number()).describe('OTLP SpanKind'),
  status: z.array(z.number()).describe('0 unset, 1 ok, 2 error'),
  start_offset_ns: z.array(z.number()),
  duration_ns: z.array(z.number()),
  skew_ns: z.array(z.number()),
  skew_error_ns: z.array(z.number()),
  resource: z.array(z.number()),
  scope: z.array(z.number()),
  attribute_count: z.array(z.number()),
  event_count: z.array(z.number()),
  link_count: z.array(z.number()),
  critical_path: CriticalPathPieces.describe('by corrected times'),
  raw_critical_path: CriticalPathPieces.optional().describe('by raw times, where corrections moved a span'),
  inbound_links: z.array(InboundLink),
  linked_traces: z.array(LinkedTrace).optional(),
});
export type TraceResponse = z.infer<typeof TraceResponse>;

/** GET /api/traces/:id/spans/:span_id: all of one span (several rows when an id was used twice), types included. */
export const SpanDetail = z.object({
  trace_id: TraceIdText,
  span_id: SpanIdText,
  parent_span_id: z.string(),
  service: z.string(),
  name: z.string(),
  kind: z.number(),
  status_code: z.number(),
  status_message: z.string(),
  start: TimeNs,
  duration_ns: z.number(),
  end: TimeNs,
  flags: z.number(),
  trace_state: z.string(),
  weight: z.number(),
  attributes: z.array(Attribute),
  events: z.array(SpanEvent),
  links: z.array(SpanLink),
  dropped_attributes: z.number(),
  dropped_events: z.number(),
  dropped_links: z.number(),
  resource: z.object({ schema_url: z.string(), attributes: z.array(Attribute) }),
  scope: z.object({ name: z.string(), version: z.string(), schema_url: z.string(), attributes: z.array(Attribute) }),
});
export type SpanDetail = z.infer<typeof SpanDetail>;
/** Also of GET /api/traces/:id/full: every span in full (JSON tab). */
export const SpanDetailResponse = z.object({ spans: z.array(SpanDetail) });
export type SpanDetailResponse = z.infer<typeof SpanDetailResponse>;

/** GET /api/traces/full?trace_id=…&trace_id=…: several traces at once, for export; answered with SpanDetailResponse. */
export const FullTracesQuery = z.object({
  trace_id: z.union([TraceIdText, z.array(TraceIdText).max(100)]).transform((v) => (Array.isArray(v) ? v : [v])),
});
