// POST /api/simulate: what a configuration would have kept of what Winnow received, beside what was kept. The same shape is printed by
// `winnow simulate --before … --json`.
import { z } from 'zod';
import { TimeNs, TraceIdText } from './common.ts';

/** Longest configuration that is accepted, characters: a hundred times the longest anybody has written. */
const MAX_CONFIG_CHARS = 262_144;
/** Stored traces that are looked at by default, and at most: each is read whole and decided again. */
export const DEFAULT_SIMULATED_TRACES = 5_000;
export const MAX_SIMULATED_TRACES = 50_000;
/** The longest that is looked back: the decision log is kept for three days. */
const MAX_SINCE_MS = 3 * 86_400_000;

export const SimulateRequest = z.strictObject({
  config: z
    .string()
    .max(MAX_CONFIG_CHARS)
    .describe("YAML: Winnow's own configuration (only `sampling` counts), or a Collector's with tail_sampling"),
  feature_gates: z
    .array(z.string().max(200))
    .max(20)
    .default([])
    .describe("the Collector's feature gates that are switched on"),
  since_ms: z.number().int().min(1_000).max(MAX_SINCE_MS).default(3_600_000).describe('how far to look back, ms'),
  limit: z
    .number()
    .int()
    .min(1)
    .max(MAX_SIMULATED_TRACES)
    .default(DEFAULT_SIMULATED_TRACES)
    .describe('most stored traces to look at'),
});
export type SimulateRequest = z.infer<typeof SimulateRequest>;

const Amount = z.object({ traces: z.number(), spans: z.number(), bytes: z.number().describe('of span payload') });
export type Amount = z.infer<typeof Amount>;

/** What came, and what of it was (or would be) kept. */
const Side = z.object({
  received: Amount,
  kept: Amount,
  kept_error: Amount.optional().describe('standard error of an estimated `kept`; absent where it is exact'),
});
export type Side = z.infer<typeof Side>;

/** One rule or one service. A rule that only one of the configurations has is empty on the other side. */
const ComparedRow = z.object({ name: z.string(), before: Side, after: Side });
export type ComparedRow = z.infer<typeof ComparedRow>;

/** Errors first, then the slowest. */
const SimulatedExample = z.object({
  trace_id: TraceIdText,
  root_service: z.string(),
  root_name: z.string(),
  start: TimeNs,
  duration_ns: z.number(),
  span_count: z.number(),
  error_count: z.number(),
  rule_before: z.string(),
  rule_after: z.string(),
});
export type SimulatedExample = z.infer<typeof SimulatedExample>;

export const SimulateResponse = z.object({
  exact: z.boolean().describe('false: `after` is estimated from stored traces, `before` is what the decision log says'),
  services: z.enum(['span', 'root']).describe("whether `by_service` goes by each span's service or by the root's"),
  total: ComparedRow,
  by_rule: z.array(ComparedRow),
  by_service: z.array(ComparedRow),
  newly_lost: z.object({ traces: z.number(), examples: z.array(SimulatedExample) }),
  newly_kept: z.object({ traces: z.number(), examples: z.array(SimulatedExample) }),
  basis: z.object({
    start: TimeNs,
    end: TimeNs,
    traces: z.number().describe('traces that were decided again, whole'),
    spans: z.number(),
    stored: z
      .number()
      .describe('traces that were kept in this time; more than `traces` = an even choice of them was looked at'),
    unseen: Amount.describe(
      'dropped by rules that keep nothing, so that no stored trace stands for them: `after` is counted without them',
    ),
  }),
  notes: z.array(z.string()).describe('what the numbers leave out, for people'),
});
export type SimulateResponse = z.infer<typeof SimulateResponse>;
