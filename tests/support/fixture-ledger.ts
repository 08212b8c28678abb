// The ledger of a collector that is well, as the Sampling page shows it.
import type { LedgerResponse } from '#proto/api/decisions.ts';

const ledger = (
  received: number,
  out: number,
  rejected: number,
  dropped: number,
  pending: number,
): LedgerResponse['spans'] => ({
  received,
  sampled_out: out,
  rejected,
  dropped,
  pending,
  stored: received - out - rejected - dropped - pending,
  sampled_out_by_rule: [
    { rule: 'the rest 5 %', count: out - 3600 },
    { rule: 'health checks', count: 3600 },
  ].filter((r) => r.count > 0 && r.count <= out),
  rejected_by_reason: rejected > 0 ? [{ reason: 'bad_trace_id', count: rejected }] : [],
  dropped_by_reason: dropped > 0 ? [{ reason: 'spool_full', count: dropped }] : [],
});
const none = { traces: 0, logs: 0, metrics: 0 };
export const ledgerAnswer = (nowMs: number): LedgerResponse => ({
  spans: ledger(6_742_300, 6_284_160, 12, 0, 2_624),
  log_records: ledger(81_240, 0, 0, 3, 0),
  metric_points: ledger(412_000, 0, 0, 0, 0),
  audit: {
    checked_ms: nowMs - 9000,
    since_ms: nowMs - 86_400_000,
    failure: null,
    missing: none,
    doubled: none,
    below_reserve: 0,
  },
});
