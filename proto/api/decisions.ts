// GET /api/why/:trace_id and /api/decisions: why a trace is here, or is not. GET /api/ledger: where every span went.
import { z } from 'zod';
import { RangeQuery, SpanIdText, TimeNs, TraceIdText } from './common.ts';

export const DecisionRow = z.object({
  trace_id: TraceIdText,
  decided_at: TimeNs,
  decision: z.enum(['kept', 'dropped']),
  rule: z.string(),
  trigger: z.string(),
  threshold: z.string().describe('T, 14 hex digits'),
  randomness: z
    .string()
    .describe(
      'R that was compared with T, 14 hex digits: the last 7 bytes of the id, unless tracestate or a linked trace gave another',
    ),
  weight: z.number(),
  root_service: z.string(),
  root_name: z.string(),
  start: TimeNs,
  duration_ns: z.number(),
  span_count: z.number(),
  bytes: z.number(),
  error_count: z.number(),
  root_present: z.boolean(),
  missing_parents: z.number(),
});
export type DecisionRow = z.infer<typeof DecisionRow>;

/** Of a trace that waits for its decision: what has come of it so far. */
export const BufferedTrace = z.object({
  spans: z.number(),
  first_seen: TimeNs.describe('when its first span came'),
  first_spans: z
    .array(
      z.object({
        span_id: SpanIdText,
        parent_span_id: z.string().describe("'' when none"),
        service: z.string(),
        name: z.string(),
        kind: z.number().describe('OTLP SpanKind'),
        status: z.number().describe('0 unset, 1 ok, 2 error'),
        start: TimeNs,
        duration_ns: z.number(),
      }),
    )
    .describe('the first 200, in the order in which they came'),
});

/**
 * What became of a trace: `kept`, `dropped`, `pending` (buffered), `refused` (its spans were rejected), `expired` (decided, and past retention),
 * `never seen`. `answer` says it in sentences for people; the fields say how it is known.
 */
export const WhyResponse = z.object({
  trace_id: TraceIdText,
  state: z.enum(['kept', 'dropped', 'pending', 'refused', 'expired', 'never seen']),
  answer: z.string(),
  decisions: z.array(DecisionRow).describe('newest first; a row with trigger `late` adds spans to a kept trace'),
  stored: z
    .object({ spans: z.number(), late_spans: z.number() })
    .nullable()
    .describe('in the store; null when nothing of it is'),
  collector: z
    .object({
      pending: z.boolean(),
      buffered: BufferedTrace.nullable().default(null).describe('what waits for the decision'),
      remembered: z
        .object({ decision: z.enum(['kept', 'dropped']), rule: z.string(), threshold: z.string().nullable() })
        .nullable()
        .describe('the decision that late spans follow'),
      remembers_since: TimeNs.describe('traces decided since then are all remembered'),
      rejected: z.array(z.string()).describe('why spans of it were rejected lately'),
      rescuable: z.boolean().nullable().describe('dropped, yet still in the rescue ring; null where there is none'),
    })
    .nullable()
    .describe('what the collector itself knows; null when it does not answer'),
  refusals: z
    .array(z.object({ reason: z.string(), requests: z.number() }))
    .describe('requests for spans refused whole since the collector started: whose spans they held is not known'),
});
export type WhyResponse = z.infer<typeof WhyResponse>;

export const DecisionsQuery = RangeQuery.extend({
  decision: z.enum(['kept', 'dropped']).optional(),
  rule: z.string().optional().describe('that decided'),
  service: z.string().optional().describe('of the root'),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('the newest so many'),
});

/** Newest first, with totals per rule over the range. */
export const DecisionsResponse = z.object({
  decisions: z.array(DecisionRow),
  rules: z.array(
    z.object({
      rule: z.string(),
      kept: z.number(),
      dropped: z.number(),
      kept_spans: z.number(),
      dropped_spans: z.number(),
    }),
  ),
});
export type DecisionsResponse = z.infer<typeof DecisionsResponse>;

/** received = stored + sampled_out + rejected + dropped + pending, to the item. Read live from the collector. */
const Ledger = z.object({
  received: z.number(),
  stored: z.number(),
  sampled_out: z.number(),
  rejected: z.number(),
  dropped: z.number(),
  pending: z.number(),
  sampled_out_by_rule: z.array(z.object({ rule: z.string(), count: z.number() })),
  rejected_by_reason: z.array(z.object({ reason: z.string(), count: z.number() })),
  dropped_by_reason: z.array(z.object({ reason: z.string(), count: z.number() })),
});
const BySignal = z.object({ traces: z.number(), logs: z.number(), metrics: z.number() });
/** What a comparison of the store with the ledger found. */
const LedgerAudit = z.object({
  checked_ms: z.number().nullable().describe('when the store was last compared, Unix ms; null: not yet'),
  since_ms: z.number().nullable().describe('how far back'),
  failure: z.string().nullable().describe('why the last comparison failed; null: it did not'),
  missing: BySignal.describe(
    'rows that the store acknowledged and does not have, or cannot read; items that were acknowledged and not in the write-ahead log of a later life',
  ),
  doubled: BySignal.describe(
    'rows that the store has more often than it acknowledged them; items of requests that were received twice',
  ),
  below_reserve: z
    .number()
    .default(0)
    .describe('items acknowledged while more than half of the reserve of the disk was used up'),
});
export const LedgerResponse = z.object({
  spans: Ledger,
  log_records: Ledger,
  metric_points: Ledger,
  audit: LedgerAudit.nullable().default(null).describe('null: nothing is audited'),
});
export type LedgerResponse = z.infer<typeof LedgerResponse>;
