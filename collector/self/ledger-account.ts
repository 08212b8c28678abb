// What each commit of the write-ahead log keeps of the ledger, so that the next life of the collector goes on from there.
import type { LedgerCounts } from './ledger.ts';

/** A block of the spool that ClickHouse had not acknowledged. */
export type WaitingBlock = readonly [seq: number, table: string, rows: number];

export interface LedgerAccount {
  readonly counts: LedgerCounts;
  /** Spans below this number, and logs and metrics before the position of the commit, are in the counts. */
  readonly nextSpan: number;
  /** Spans that waited for their decision: the log has them. */
  readonly undecided: number;
  /** Spans in ClickHouse whose trace cannot be found yet, as its summary was not acknowledged. */
  readonly unsummarisedSpans: number;
  /** Metric points whose samples were not acknowledged. */
  readonly points: number;
  /** Native histograms that were not acknowledged. Absent in earlier versions. */
  readonly histograms?: number;
  readonly blocks: readonly WaitingBlock[];
  /** Numbers of blocks that were set aside, and count as dropped. Absent in earlier versions. */
  readonly aside?: readonly number[];
}

/** undefined: the commit is of a version that kept no ledger. */
export function accountIn(account: unknown): LedgerAccount | undefined {
  if (typeof account !== 'object' || account === null || !('counts' in account) || !('undecided' in account))
    return undefined;
  return account as LedgerAccount; // its record has a checksum, and this version wrote it
}
