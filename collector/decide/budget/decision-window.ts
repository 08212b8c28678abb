// Traces that wait for the end of their window, oldest first, and the thresholds they get when it is closed. What a window may spend
// depends on earlier windows only, never on the randomness of its own traces: that is what keeps weights unbiased.
import type { Decision } from '#collector/model/trace.ts';
import { HALF, weightOf, type Threshold } from '../threshold.ts';
import { passes, type Candidate } from './candidate.ts';
import type { WindowSettings } from './compile-window.ts';
import { MAX_STRATA } from './floor-thresholds.ts';
import { windowThresholds } from './window-thresholds.ts';

/** A trace larger than the budget is paid for by the windows after it, at most for so long. */
const MOST_DEBT_SECONDS = 60;
/** What debts leave of a window's budget, so that weights do not run wild. */
const LEAST_SHARE = 0.1;
/** Every window may keep its first trace: no trace is impossible, so none lacks a weight. */
const LEAST_BUDGET = 1;
/** Strata beyond the bound share this one. */
const OVERFLOW_STRATUM = '\u0000overflow';

interface Held extends Candidate {
  readonly ruleNumber: number;
}

export class DecisionWindow {
  readonly settings: WindowSettings;
  /** Of the open window. */
  #open: Held[] = [];
  /** Of the closed one, the next to be taken at #taken. */
  #closed: Held[] = [];
  #thresholds: Threshold[] = [];
  #taken = 0;
  #nowMs = -Infinity;
  #beganMs = -Infinity;
  #closedMs = -Infinity;
  /** Spans and bytes that the next window may keep; below 0 what earlier ones kept too much. */
  #spans = 0;
  #bytes = 0;
  /** Candidates seen of each stratum in this interval of the floor. */
  readonly #seen = new Map<string, number>();
  #intervalMs = -Infinity;

  constructor(settings: WindowSettings) {
    this.settings = settings;
  }

  /** Takes a trace in, at the time last told. */
  hold(candidate: Candidate, ruleNumber: number): void {
    if (this.#open.length === 0) this.#beganMs = this.#nowMs;
    const known = this.#seen.has(candidate.stratum) || this.#seen.size < MAX_STRATA;
    const stratum = known ? candidate.stratum : OVERFLOW_STRATUM;
    if (this.settings.floor !== undefined && !this.#seen.has(stratum)) this.#seen.set(stratum, 0);
    this.#open.push({ ...candidate, stratum, ruleNumber });
  }

  /** Tells the time, which never goes back; MUST come before anything is held. Returns whether the open window has lasted long enough. */
  tell(nowMs: number): boolean {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
    if (this.#closedMs === -Infinity) this.#closedMs = this.#nowMs;
    return this.#open.length > 0 && this.#nowMs - this.#beganMs >= this.settings.windowMs;
  }

  /** Ends the open window, however short. All of the closed one MUST have been taken. */
  close(): void {
    const seconds = this.#earn();
    const { spansPerSecond, bytesPerSecond, floor } = this.settings;
    const budget = spansPerSecond === undefined && bytesPerSecond === undefined ? undefined : {
      spans: spansPerSecond === undefined ? undefined : Math.max(this.#spans, spansPerSecond * seconds * LEAST_SHARE, LEAST_BUDGET),
      bytes: bytesPerSecond === undefined ? undefined : Math.max(this.#bytes, bytesPerSecond * seconds * LEAST_SHARE, LEAST_BUDGET),
    };
    if (floor !== undefined && this.#nowMs - this.#intervalMs >= floor.everyMs) {
      this.#intervalMs = this.#nowMs;
      this.#seen.clear();
    }
    this.#closed = this.#open;
    this.#open = [];
    this.#taken = 0;
    const floorTraces = floor === undefined ? undefined : (stratum: string): number => Math.max(0, floor.traces - (this.#seen.get(stratum) ?? 0));
    this.#thresholds = windowThresholds(this.#closed, { budget, floorTraces });
    if (floor !== undefined) for (const { stratum } of this.#closed) this.#seen.set(stratum, (this.#seen.get(stratum) ?? 0) + 1);
  }

  /**
   * The decision on the next trace of the closed window, in the order in which they were held.
   * @param spans @param bytes of the trace by now: spans that came while it was held are paid for, too
   */
  take(spans: number, bytes: number, decision: Decision): void {
    const candidate = this.#closed[this.#taken]!;
    const threshold = this.#thresholds[this.#taken]!;
    this.#taken++;
    decision.rule = candidate.ruleNumber;
    decision.thresholdHi = threshold.hi;
    decision.thresholdLo = threshold.lo;
    decision.keep = threshold.hi < HALF && passes(candidate, threshold);
    decision.weight = decision.keep ? weightOf(threshold.hi, threshold.lo) : 0;
    if (!decision.keep) return;
    this.#spans -= spans;
    this.#bytes -= bytes;
  }

  /** What the time since the last window has brought. Nothing is saved up: a quiet hour allows no flood after it. Returns the length of the window, seconds. */
  #earn(): number {
    const { windowMs, spansPerSecond = 0, bytesPerSecond = 0 } = this.settings;
    const most = Math.max(windowMs, this.#nowMs - this.#beganMs) / 1000;
    const seconds = Math.min(most, Math.max(0, this.#nowMs - this.#closedMs) / 1000);
    this.#spans = Math.min(Math.max(this.#spans, -spansPerSecond * MOST_DEBT_SECONDS) + spansPerSecond * seconds, spansPerSecond * most);
    this.#bytes = Math.min(Math.max(this.#bytes, -bytesPerSecond * MOST_DEBT_SECONDS) + bytesPerSecond * seconds, bytesPerSecond * most);
    this.#closedMs = this.#nowMs;
    return seconds;
  }
}
