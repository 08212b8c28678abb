// What the audit of the store found, in words.
import { count, duration } from './format.ts';

export interface AuditNumbers {
  readonly checked_ms: number | null;
  readonly since_ms: number | null;
  readonly failure: string | null;
  readonly missing: Readonly<Record<'traces' | 'logs' | 'metrics', number>>;
  readonly doubled: Readonly<Record<'traces' | 'logs' | 'metrics', number>>;
  readonly below_reserve: number;
}

const ITEMS = [
  ['traces', 'spans'],
  ['logs', 'log records'],
  ['metrics', 'metric samples'],
] as const;
const NS_PER_MS = 1e6;

/** `12 spans missing`, `3 log records doubled`; empty when all is well. */
export function auditFindings({ missing, doubled, below_reserve: belowReserve }: AuditNumbers): string[] {
  const findings = ITEMS.flatMap(([signal, items]) => [
    ...(missing[signal] > 0 ? [`${count(missing[signal])} ${items} missing`] : []),
    ...(doubled[signal] > 0 ? [`${count(doubled[signal])} ${items} doubled`] : []),
  ]);
  return belowReserve > 0
    ? [...findings, `${count(belowReserve)} items acknowledged while the reserve of the disk was used up`]
    : findings;
}

/** When the store was compared, and how far back. */
export function auditChecked({ checked_ms: checked, since_ms: since, failure }: AuditNumbers, nowMs: number): string {
  const why = failure === null ? '' : ` The last comparison failed: ${failure}.`;
  if (checked === null || since === null) return `The store has not been compared with what it acknowledged yet.${why}`;
  const ago = duration(Math.max(0, Math.round((nowMs - checked) / 1000) * 1000) * NS_PER_MS);
  return `The store was compared with what it acknowledged ${ago === '0' ? 'just now' : `${ago} ago`}, back over ${duration(Math.max(0, checked - since) * NS_PER_MS)}.${why}`;
}
