// When a block has failed so often, while the store accepted others, that it is the block's own fault: then it is set aside.
import type { InsertError } from './insert-errors.ts';
import type { SpoolEntry } from './spool.ts';

/** A block that the store refuses is set aside after so many attempts… */
export const REFUSALS = 8;
/** …over at least this time: a table that is being changed is soon itself again. */
export const REFUSED_FOR_MS = 30_000;
/** A block that the store cannot cope with, or that ends its process, while it accepts others: as many attempts… */
export const FAILURES = 10;
/** …over at least this time: a server that has too much to do accepts some blocks and not others for minutes. */
export const FAILING_FOR_MS = 600_000;
const MIN_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;
const MAX_FAILURE_RETRY_MS = 60_000;
/** Blocks of spans that have failed so often hold up the summaries of later traces no longer. */
const HELD_UP_FAILURES = 3;

interface Attempts {
  failures: number;
  /** Failures since the one before which the store has accepted something else. */
  strikes: number;
  firstMs: number;
  notBeforeMs: number;
  /** What the store had accepted at the last failure. */
  answers: number;
  answersOfTable: number;
}

/** What the store accepted, all blocks and probes, and blocks of the same table: evidence that it was not away. */
export interface Evidence {
  readonly answers: number;
  readonly answersOfTable: number;
}

type FailureKind = Pick<InsertError, 'kind' | 'scope'>;

export class Refusals {
  /** As bounded as the blocks that wait. */
  readonly #attempts = new Map<SpoolEntry, Attempts>();

  failures(entry: SpoolEntry): number {
    return this.#attempts.get(entry)?.failures ?? 0;
  }

  isDue(entry: SpoolEntry, nowMs: number): boolean {
    const attempts = this.#attempts.get(entry);
    return attempts === undefined || nowMs >= attempts.notBeforeMs;
  }

  /** Whether later blocks that wait for this one are to go first. */
  isStuck(entry: SpoolEntry): boolean {
    return this.failures(entry) >= HELD_UP_FAILURES;
  }

  /** Whether the store has accepted something since this block failed last: the failure that has just been seen then counts against it. */
  isEvident(entry: SpoolEntry, error: FailureKind, { answers, answersOfTable }: Evidence): boolean {
    const attempts = this.#attempts.get(entry);
    if (attempts === undefined) return true;
    // For what holds for a table others of that table are the evidence: it can have too many parts while all others are well.
    const isOfTable = error.kind === 'overloaded' || (error.kind === 'away' && error.scope === 'table');
    return isOfTable ? answersOfTable > attempts.answersOfTable : answers > attempts.answers;
  }

  /** The block failed once more. @param storeWaitMs for which nothing is sent @returns whether it is to be set aside */
  failed(entry: SpoolEntry, error: FailureKind, evidence: Evidence, nowMs: number, storeWaitMs: number): boolean {
    const isEvident = this.isEvident(entry, error, evidence);
    const attempts = this.#of(entry, nowMs);
    attempts.failures++;
    if (isEvident) {
      if (attempts.strikes === 0) attempts.firstMs = nowMs;
      attempts.strikes++;
      attempts.answers = evidence.answers;
      attempts.answersOfTable = evidence.answersOfTable;
    }
    const isRefused = error.kind === 'refused';
    const mostMs = isRefused ? MAX_RETRY_MS : MAX_FAILURE_RETRY_MS;
    // Longer than the store is left alone: the next attempt at the store is then made with another block, where there is one.
    attempts.notBeforeMs = nowMs + Math.max(2 * storeWaitMs, Math.min(mostMs, MIN_RETRY_MS * 2 ** attempts.strikes));
    const [most, forMs] = isRefused ? [REFUSALS, REFUSED_FOR_MS] : [FAILURES, FAILING_FOR_MS];
    return attempts.strikes >= most && nowMs - attempts.firstMs >= forMs;
  }

  /** Something of our own system is in the way: it counts for nothing. */
  delayed(entry: SpoolEntry, nowMs: number, waitMs: number): void {
    this.#of(entry, nowMs).notBeforeMs = nowMs + waitMs;
  }

  forget(entry: SpoolEntry): void {
    this.#attempts.delete(entry);
  }

  #of(entry: SpoolEntry, nowMs: number): Attempts {
    let attempts = this.#attempts.get(entry);
    if (attempts === undefined) {
      attempts = { failures: 0, strikes: 0, firstMs: nowMs, notBeforeMs: 0, answers: 0, answersOfTable: 0 };
      this.#attempts.set(entry, attempts);
    }
    return attempts;
  }
}
