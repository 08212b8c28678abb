import { expect, it } from 'vitest';
import { auditChecked, auditFindings } from '#ui/shape/audit-words.ts';

const NONE = { traces: 0, logs: 0, metrics: 0 };
const WELL = {
  checked_ms: 1_000_000_000,
  since_ms: 1_000_000_000 - 7_200_000,
  failure: null,
  missing: NONE,
  doubled: NONE,
  below_reserve: 0,
};

it('names what the audit found, and nothing when all is well', () => {
  expect(auditFindings(WELL)).toEqual([]);
  expect(
    auditFindings({ ...WELL, missing: { traces: 12_000, logs: 0, metrics: 1 }, doubled: { ...NONE, logs: 3 } }),
  ).toEqual(['12,000 spans missing', '3 log records doubled', '1 metric samples missing']);
  expect(auditFindings({ ...WELL, below_reserve: 1200 })).toEqual([
    '1,200 items acknowledged while the reserve of the disk was used up',
  ]);
});

it('says when the store was compared, how far back, and why not', () => {
  expect(auditChecked(WELL, 1_000_012_300)).toBe(
    'The store was compared with what it acknowledged 12 s ago, back over 2 h.',
  );
  expect(auditChecked(WELL, 1_000_000_100)).toBe(
    'The store was compared with what it acknowledged just now, back over 2 h.',
  );
  expect(auditChecked({ ...WELL, checked_ms: null, since_ms: null, failure: 'connection refused' }, 0)).toBe(
    'The store has not been compared with what it acknowledged yet. The last comparison failed: connection refused.',
  );
});
