// Which tables are audited, and what the audit says about them.
import type { Signal } from '#proto/otlp/signal.ts';

export interface AuditedTable {
  readonly table: 'spans' | 'logs' | 'samples' | 'histograms';
  readonly signal: Signal;
  /** What its rows are. */
  readonly items: string;
}

/** In the order of their numbers in the audit's files. */
export const AUDITED: readonly AuditedTable[] = [
  { table: 'spans', signal: 'traces', items: 'spans' },
  { table: 'logs', signal: 'logs', items: 'log records' },
  { table: 'samples', signal: 'metrics', items: 'metric samples' },
  { table: 'histograms', signal: 'metrics', items: 'native histograms' },
];

/** How far back the store is compared at most, s. */
export const AUDIT_HORIZON_S = 86_400;

/** What a collector that is not well says, and what helps. */
export interface AuditReason {
  readonly reason: string;
  readonly remedy: string;
}

/** Shape of `audit` in GET /ledger of the admin address. */
export interface AuditStatus {
  /** When the last check of everything ended, Unix ms; null: there was none yet. */
  readonly checked_ms: number | null;
  /** How far back it looked, Unix ms. */
  readonly since_ms: number | null;
  /** Why the check before that failed, or null. */
  readonly failure: string | null;
  /**
   * Rows that were acknowledged and are not there, or cannot be read; and rows that are there twice. Also the items of requests that were acknowledged
   * and not in the log of a later life, and of requests that were received twice.
   */
  readonly missing: Readonly<Record<Signal, number>>;
  readonly doubled: Readonly<Record<Signal, number>>;
  /** Items acknowledged while more than half of the reserve of the disk was used up. */
  readonly below_reserve: number;
}
