// What a budget allows to be kept by now: it comes in with time, is spent by kept traces, and is saved up at most for the burst.
// It depends on earlier traces only, never on the randomness of the one that asks: that is what keeps weights unbiased.
import type { Budget } from './budget-threshold.ts';

/** A trace larger than the budget is paid for by the windows after it, at most for so long. */
const MOST_DEBT_SECONDS = 60;
/** What debts leave of a window's budget, so that weights do not run wild. */
const LEAST_SHARE = 0.1;
/** Every window may keep its first trace: no trace is impossible, so none lacks a weight. */
const LEAST_BUDGET = 1;

export interface BudgetSettings {
  readonly spansPerSecond: number | undefined;
  readonly bytesPerSecond: number | undefined;
  /** A quiet time of so long may be made up for afterwards; 0 = no time at all. */
  readonly burstMs: number;
}

export class Allowance {
  readonly #settings: BudgetSettings;
  /** Spans and bytes that may be kept; below 0 what earlier windows kept too much. */
  #spans: number;
  #bytes: number;
  #paidMs = -Infinity;

  /** Starts with the whole burst: who begins with a flood is served, once. */
  constructor(settings: BudgetSettings) {
    this.#settings = settings;
    this.#spans = ((settings.spansPerSecond ?? 0) * settings.burstMs) / 1000;
    this.#bytes = ((settings.bytesPerSecond ?? 0) * settings.burstMs) / 1000;
  }

  /** The clock starts at the first call. */
  start(nowMs: number): void {
    if (this.#paidMs === -Infinity) this.#paidMs = nowMs;
  }

  /**
   * Takes in what the time since the last call has brought.
   * @param windowMs what may be saved up where there is no burst: the window that is now decided
   * @returns the time paid for, seconds
   */
  earn(nowMs: number, windowMs: number): number {
    const { spansPerSecond = 0, bytesPerSecond = 0, burstMs } = this.#settings;
    const mostSeconds = Math.max(windowMs, burstMs) / 1000;
    const seconds = Math.min(mostSeconds, Math.max(0, nowMs - this.#paidMs) / 1000);
    this.#spans = Math.min(
      Math.max(this.#spans, -spansPerSecond * MOST_DEBT_SECONDS) + spansPerSecond * seconds,
      spansPerSecond * mostSeconds,
    );
    this.#bytes = Math.min(
      Math.max(this.#bytes, -bytesPerSecond * MOST_DEBT_SECONDS) + bytesPerSecond * seconds,
      bytesPerSecond * mostSeconds,
    );
    this.#paidMs = nowMs;
    return seconds;
  }

  /** Kept spans are paid for. */
  spend(spans: number, bytes: number): void {
    this.#spans -= spans;
    this.#bytes -= bytes;
  }

  /** Whether a trace can be paid for and a whole window's budget is left besides: then it need not compete with others. */
  isAmple(spans: number, bytes: number, windowMs: number): boolean {
    const { spansPerSecond, bytesPerSecond } = this.#settings;
    const seconds = windowMs / 1000;
    return (
      (spansPerSecond === undefined || this.#spans - spans >= spansPerSecond * seconds) &&
      (bytesPerSecond === undefined || this.#bytes - bytes >= bytesPerSecond * seconds)
    );
  }

  /** For a window that was paid for so many seconds; undefined = there is no budget. */
  budget(seconds: number): Budget | undefined {
    const { spansPerSecond, bytesPerSecond } = this.#settings;
    if (spansPerSecond === undefined && bytesPerSecond === undefined) return undefined;
    return {
      spans:
        spansPerSecond === undefined
          ? undefined
          : Math.max(this.#spans, spansPerSecond * seconds * LEAST_SHARE, LEAST_BUDGET),
      bytes:
        bytesPerSecond === undefined
          ? undefined
          : Math.max(this.#bytes, bytesPerSecond * seconds * LEAST_SHARE, LEAST_BUDGET),
    };
  }
}
