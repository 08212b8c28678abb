// Tables that accept no blocks for now, while others do: too many parts, read-only, not there. Each is asked again with one block at a
// time, after growing waits.

const MIN_WAIT_MS = 100;
const MAX_WAIT_MS = 10_000;

export interface TablePause {
  readonly table: string;
  readonly sinceMs: number;
  /** The last error of the store. */
  readonly text: string;
}

/** Pure: the time is an argument. */
export class TablePauses {
  /** As bounded as there are tables. */
  readonly #pauses = new Map<string, TablePause & { waitMs: number; untilMs: number }>();

  /** @param inFlight blocks of the table on their way */
  isHeld(table: string, inFlight: number, nowMs: number): boolean {
    if (this.#pauses.size === 0) return false;
    const pause = this.#pauses.get(table);
    return pause !== undefined && (inFlight > 0 || nowMs < pause.untilMs);
  }

  failed(table: string, text: string, nowMs: number): void {
    const before = this.#pauses.get(table);
    if (before !== undefined && nowMs < before.untilMs) return; // of blocks that were sent together
    const waitMs = Math.min(MAX_WAIT_MS, before === undefined ? MIN_WAIT_MS : before.waitMs * 2);
    this.#pauses.set(table, { table, sinceMs: before?.sinceMs ?? nowMs, text, waitMs, untilMs: nowMs + waitMs });
  }

  succeeded(table: string): void {
    this.#pauses.delete(table);
  }

  all(): Iterable<TablePause> {
    return this.#pauses.values();
  }

  get size(): number {
    return this.#pauses.size;
  }
}
