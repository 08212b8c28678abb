// Decisions before their time, where the buffer is nearly full: held traces first, then the heaviest and oldest, rarely and then in bulk.
import type { BufferFill } from './buffer-fill.ts';
import type { HeldTraces } from './held-traces.ts';
import { MemoryRelief } from './memory-relief.ts';
import type { ShardOptions } from './shard-options.ts';
import { NO_TRACE, type TraceTable } from './trace-table.ts';

/** Early decisions start above this part of maxBytes and stop below the other. */
const RELIEF_ABOVE = 0.95;
const RELIEF_BELOW = 0.85;
/** What a look at a trace costs, in units of one span. */
export const VISIT_COST = 4;

export interface EarlyDecisionsCalls {
  readonly options: () => ShardOptions;
  decide(trace: number): void;
  /** Ends the window of the held traces. */
  closeHeld(): void;
  /** Decides traces of the closed window, for about `budget` spans. Returns what is left of it. */
  release(budget: number): number;
  /** Decides all held traces. */
  decideHeld(): void;
}

export class EarlyDecisions {
  /** They have begun, and go on with the next turn. */
  isRunning = false;
  readonly #table: TraceTable;
  readonly #held: HeldTraces;
  readonly #fill: BufferFill;
  readonly #calls: EarlyDecisionsCalls;
  readonly #relief = new MemoryRelief();

  constructor(table: TraceTable, held: HeldTraces, fill: BufferFill, calls: EarlyDecisionsCalls) {
    this.#table = table;
    this.#held = held;
    this.#fill = fill;
    this.#calls = calls;
  }

  /** HOT: per request and turn. Whether they have to begin. */
  get isFull(): boolean {
    return this.#fill.isOver(RELIEF_ABOVE, this.#calls.options().maxBytes, 0, 0);
  }

  /** Decides for about `budget` spans. Returns what is left of the budget. */
  run(nowMs: number, budget: number): number {
    const table = this.#table;
    const held = this.#held;
    const calls = this.#calls;
    const { maxBytes, maxMs } = calls.options();
    let left = budget;
    if (!this.isRunning) {
      // Held traces go first: they are decided as soon as their window ends.
      calls.closeHeld();
      left = calls.release(left);
      if (held.size > 0 || !this.#fill.isOver(RELIEF_BELOW, maxBytes, 0, 0)) return left;
      const byBytes = this.#fill.liveBytes - maxBytes * RELIEF_BELOW;
      const byRows = this.#fill.rows - RELIEF_BELOW;
      this.#relief.choose(table, nowMs, maxMs, Math.max(byBytes, byRows * this.#fill.liveBytes));
      this.isRunning = true;
    }
    while (left > 0) {
      const isOver = this.#fill.isOver(RELIEF_BELOW, maxBytes, held.bytes, held.spans);
      const trace = isOver ? this.#relief.next(table, nowMs, maxMs) : NO_TRACE;
      if (trace === NO_TRACE) {
        this.isRunning = false;
        calls.closeHeld();
        return calls.release(left);
      }
      left -= VISIT_COST + table.count[trace]!;
      calls.decide(trace);
    }
    return left;
  }

  /** HOT: per request. Room for n spans and their bytes, at once: only where early decisions in slices could not keep up. */
  makeRoom(n: number, nowMs: number): void {
    const table = this.#table;
    const { maxBytes, maxMs } = this.#calls.options();
    while (table.size > 0 && this.#fill.lacksRoom(n, maxBytes)) {
      this.#relief.choose(table, nowMs, maxMs, this.#fill.liveBytes * (1 - RELIEF_BELOW));
      this.isRunning = false;
      for (
        let trace = this.#relief.next(table, nowMs, maxMs);
        trace !== NO_TRACE && this.#fill.lacksRoom(n, maxBytes);
      ) {
        this.#calls.decide(trace);
        trace = this.#relief.next(table, nowMs, maxMs);
      }
      this.#calls.decideHeld();
    }
  }
}
