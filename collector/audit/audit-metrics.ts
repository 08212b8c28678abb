// The audit in the collector's own metrics. Gauges: rows that are found again leave them.
import type { Metric, Sample } from '../model/metric-table.ts';
import type { Audit } from './audit.ts';
import type { AuditStatus } from './audited.ts';

const by =
  (counts: (status: AuditStatus) => AuditStatus['missing']) =>
  (audit: Audit | undefined): Sample[] => {
    const status = audit?.status();
    return status === undefined ? [] : Object.entries(counts(status)).map(([signal, rows]) => [{ signal }, rows]);
  };

/** undefined where nothing is stored or audited. */
export const AUDIT_METRICS: readonly Metric<Audit | undefined>[] = [
  {
    name: 'winnow_audit_missing_total',
    kind: 'gauge',
    labels: ['signal'],
    help: 'rows of the last day that the store acknowledged and does not have or cannot read, seen by two checks, and items that were acknowledged and not in the log of a later life',
    read: by(({ missing }) => missing),
  },
  {
    name: 'winnow_audit_doubled_total',
    kind: 'gauge',
    labels: ['signal'],
    help: 'rows of the last day that the store has more often than it acknowledged them, spans stored twice, and items of requests received twice',
    read: by(({ doubled }) => doubled),
  },
  {
    name: 'winnow_audit_below_reserve_total',
    kind: 'gauge',
    labels: [],
    help: 'items acknowledged while more than half of the reserve of the disk was used up',
    read: (audit) => (audit === undefined ? [] : [[{}, audit.status().below_reserve]]),
  },
  {
    name: 'winnow_audit_age_seconds',
    kind: 'gauge',
    labels: [],
    help: 'how long ago the store was last compared with the ledger',
    read: (audit) => (audit === undefined ? [] : [[{}, audit.ageMs / 1000]]),
  },
];
