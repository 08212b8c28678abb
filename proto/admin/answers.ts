// What collector and query say to each other on the collector's admin address, as JSON: the collector types its answers by these schemas, query reads
// them by the same. What a rescue answers is shown to people as it is, and stands in proto/api.
import { z } from 'zod';
import { BufferedTrace, LedgerResponse } from '../api/decisions.ts';

const SignalLedger = LedgerResponse.shape.spans.extend({ imbalance: z.number().describe('received that is nowhere') });

/** GET /ledger. */
const LedgerAnswer = LedgerResponse.extend({
  spans: SignalLedger,
  log_records: SignalLedger,
  metric_points: SignalLedger,
});
export type LedgerAnswer = z.infer<typeof LedgerAnswer>;

const UnixMs = z.number().describe('Unix ms');

/** GET /trace/<id>: what the collector's memory knows of one trace. */
export const KnownTrace = z.object({
  trace_id: z.string(),
  pending: z.boolean().describe('it waits for its decision'),
  buffered: BufferedTrace.omit({ first_seen: true })
    .extend({ first_seen_ms: UnixMs })
    .nullable()
    .default(null)
    .describe('what waits'),
  remembered: z
    .object({
      decision: z.enum(['kept', 'dropped']),
      rule: z.string(),
      threshold: z.string().nullable().describe('14 hex digits; null for dropped traces, of which it is not kept'),
    })
    .nullable()
    .describe('the decision that late spans follow'),
  remembers_since_ms: UnixMs.describe('traces decided since then are remembered, all of them'),
  rejected: z.array(z.string()).describe('why spans of it were rejected lately'),
  rescuable: z.boolean().nullable().describe('dropped, and still in the rescue ring; null where there is no ring'),
});
export type KnownTrace = z.infer<typeof KnownTrace>;

/** GET /config: what a reload can change, as it is in force. */
export const ConfigInForce = z.object({
  yaml: z.string(),
  hash: z.string(),
  file: z.string().describe('where it was read from; empty without a file'),
  started_ms: UnixMs,
  last_reload: z
    .object({
      at_ms: UnixMs,
      asked: z.enum(['file', 'request']),
      result: z.enum(['applied', 'unchanged', 'refused']),
      errors: z.array(z.string()),
      restart: z.array(z.string()),
    })
    .nullable(),
});
export type ConfigInForce = z.infer<typeof ConfigInForce>;

const Sample = z.object({ name: z.string(), labels: z.record(z.string(), z.string()), value: z.number() });
export type Sample = z.infer<typeof Sample>;

/** GET /samples: the collector's own metrics, the numbers that /metrics writes as text for Prometheus; those that are no finite number are left out. */
export const Samples = z.object({ samples: z.array(Sample) });
export type Samples = z.infer<typeof Samples>;
