// The audit in the collector's own metrics. Gauges: rows that are found again leave them.
import type { MetricSource } from '../self/metrics.ts';
import type { Audit } from './audit.ts';
import type { AuditStatus } from './audited.ts';

/** @param audit undefined where nothing is stored or audited */
export function auditMetrics(audit: () => Audit | undefined): MetricSource[] {
  const by = (counts: (status: AuditStatus) => AuditStatus['missing']) => (): [Record<string, string>, number][] => {
    const status = audit()?.status();
    return status === undefined ? [] : Object.entries(counts(status)).map(([signal, rows]) => [{ signal }, rows]);
  };
  return [
    {
      name: 'winnow_audit_missing_total',
      kind: 'gauge',
      labels: ['signal'],
      read: by(({ missing }) => missing),
      help: 'rows of the last day that the store acknowledged and does not have or cannot read, seen by two checks, and items that were acknowledged and not in the log of a later life',
    },
    {
      name: 'winnow_audit_doubled_total',
      kind: 'gauge',
      labels: ['signal'],
      read: by(({ doubled }) => doubled),
      help: 'rows of the last day that the store has more often than it acknowledged them, spans stored twice, and items of requests received twice',
    },
    {
      name: 'winnow_audit_below_reserve_total',
      kind: 'gauge',
      labels: [],
      help: 'items acknowledged while more than half of the reserve of the disk was used up',
      read: () => {
        const items = audit()?.status().below_reserve;
        return items === undefined ? [] : [[{}, items]];
      },
    },
    {
      name: 'winnow_audit_age_seconds',
      kind: 'gauge',
      labels: [],
      help: 'how long ago the store was last compared with the ledger',
      read: () => {
        const ageMs = audit()?.ageMs;
        return ageMs === undefined ? [] : [[{}, ageMs / 1000]];
      },
    },
  ];
}
