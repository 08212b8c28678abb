// Which stored traces have to be put together again, and when: soon after late spans were stored, and the less often the longer it takes.
import type { StoredTraceKey } from './messages.ts';

/** Traces that wait; further ones are found by the search for them. */
const MAX_WAITING = 10_000;
/** After the first late part: others follow it soon. */
const QUIET_MS = 1000;
/** A trace that keeps coming is put together so seldom that it takes this part of the time. */
const PAUSE_FACTOR = 20;
/** Traces whose last time is remembered. */
const MAX_PAUSING = 1000;
/** Until spans and summary are both stored; a ClickHouse that is away is waited for longer. */
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 60_000;
export const MAX_TRIES = 12;

export interface WaitingTrace extends StoredTraceKey {
  readonly dueMs: number;
  /** Rows of the table `traces` that have to be stored before. */
  readonly afterRows: number;
  readonly tries: number;
}

export class RebuildQueue {
  readonly #waiting = new Map<string, WaitingTrace>();
  readonly #notBeforeMs = new Map<string, number>();
  /** Traces for which there was no room since {@link takeOverflow}. */
  #hasOverflowed = false;
  overflows = 0;

  get size(): number {
    return this.#waiting.size;
  }

  /** Late spans of a trace became rows. @param afterRows of the table `traces`, these included */
  note(key: StoredTraceKey, afterRows: number, nowMs: number): void {
    const id = idOf(key);
    const known = this.#waiting.get(id);
    const dueMs = known?.dueMs ?? Math.max(nowMs + QUIET_MS, this.#notBeforeMs.get(id) ?? 0);
    this.#put(id, { ...key, dueMs, afterRows, tries: 0 });
  }

  /** Not all of it was stored, or the store was away. */
  again({ traceId, startNs, afterRows, tries }: WaitingTrace, nowMs: number): void {
    const id = idOf({ traceId, startNs });
    if (this.#waiting.has(id)) return; // more of it has come meanwhile
    const dueMs = nowMs + Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** tries);
    this.#put(id, { traceId, startNs, dueMs, afterRows, tries: tries + 1 });
  }

  /** It was put together. @param tookMs with the others of its turn */
  done(key: StoredTraceKey, tookMs: number, nowMs: number): void {
    const id = idOf(key);
    this.#notBeforeMs.delete(id);
    this.#notBeforeMs.set(id, nowMs + tookMs * PAUSE_FACTOR);
    for (const oldest of this.#notBeforeMs.keys()) {
      if (this.#notBeforeMs.size <= MAX_PAUSING) break;
      this.#notBeforeMs.delete(oldest);
    }
  }

  /** Takes those that are due. @param storedRows of the table `traces`, so far */
  take(nowMs: number, storedRows: number, most: number): WaitingTrace[] {
    const due: WaitingTrace[] = [];
    for (const [id, trace] of this.#waiting) {
      if (due.length === most) break;
      if (trace.dueMs > nowMs || trace.afterRows > storedRows) continue;
      this.#waiting.delete(id);
      due.push(trace);
    }
    return due;
  }

  /** Whether some had no room since the last call: they have to be searched for. */
  takeOverflow(): boolean {
    const has = this.#hasOverflowed;
    this.#hasOverflowed = false;
    return has;
  }

  #put(id: string, trace: WaitingTrace): void {
    if (!this.#waiting.has(id) && this.#waiting.size >= MAX_WAITING) {
      this.#hasOverflowed = true;
      this.overflows++;
      return;
    }
    this.#waiting.set(id, trace);
  }
}

function idOf({ traceId, startNs }: StoredTraceKey): string {
  return `${traceId} ${startNs}`;
}
