// Traces that wait for the end of their window, and the thresholds they get when it is closed. What a window may spend depends on earlier
// windows only, never on the randomness of its own traces: that is what keeps weights unbiased.
// One window serves all shards of a process, each with a part of its own: budget and floor are global, never divided by the shards.
import type { Decision } from '#collector/model/trace.ts';
import { HALF, weightOf, type Threshold } from '../threshold.ts';
import { Allowance } from './allowance.ts';
import { passes, greater, type Candidate } from './candidate.ts';
import type { WindowSettings } from './compile-window.ts';
import { MAX_STRATA } from './floor-thresholds.ts';
import { windowThresholds } from './window-thresholds.ts';

/** Strata beyond the bound share this one. */
const OVERFLOW_STRATUM = '\u0000overflow';

interface Held extends Candidate {
  readonly ruleNumber: number;
}

export class DecisionWindow {
  readonly settings: WindowSettings;
  readonly #parts: WindowPart[] = [];
  /** Traces of the open window, over all parts. */
  #open = 0;
  #nowMs = -Infinity;
  #beganMs = -Infinity;
  readonly #allowance: Allowance;
  /** Candidates seen of each stratum in this interval of the floor. */
  readonly #seen = new Map<string, number>();
  #intervalMs = -Infinity;

  constructor(settings: WindowSettings) {
    this.settings = settings;
    this.#allowance = new Allowance(settings);
  }

  /** The part of one more shard. */
  part(): WindowPart {
    const part = new WindowPart(this);
    this.#parts.push(part);
    return part;
  }

  /** Tells the time, which never goes back. The window that has lasted long enough ends, for all parts. */
  tell(nowMs: number): void {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
    this.#allowance.start(this.#nowMs);
    if (this.#open > 0 && this.#nowMs - this.#beganMs >= this.settings.windowMs) this.close();
  }

  /** See {@link WindowPart.pass}. */
  pass(candidate: Candidate, decision: Decision): boolean {
    const { burstMs, windowMs, floor } = this.settings;
    if (burstMs === 0 || this.#open > 0) return false;
    if (floor !== undefined && (candidate.rule.hi > 0 || candidate.rule.lo > 0)) return false; // the floor might keep it
    this.#allowance.earn(this.#nowMs, windowMs);
    if (!this.#allowance.isAmple(candidate.spans, candidate.bytes, windowMs)) return false;
    fill(decision, candidate, greater(candidate.rule, candidate.upstream));
    if (decision.keep && !candidate.outsideBudget) this.#allowance.spend(candidate.spans, candidate.bytes);
    return true;
  }

  /** A part takes a trace in. Returns the stratum it counts for. */
  enter(stratum: string): string {
    if (this.#open === 0) this.#beganMs = this.#nowMs;
    this.#open++;
    if (this.settings.floor === undefined || this.#seen.has(stratum)) return stratum;
    const own = this.#seen.size < MAX_STRATA ? stratum : OVERFLOW_STRATUM;
    if (!this.#seen.has(own)) this.#seen.set(own, 0);
    return own;
  }

  /** Ends the open window of all parts, however short: all thresholds are known, what is kept is paid for. */
  close(): void {
    const { windowMs, floor } = this.settings;
    const seconds = this.#allowance.earn(this.#nowMs, Math.max(windowMs, this.#nowMs - this.#beganMs));
    const budget = this.#allowance.budget(seconds);
    if (floor !== undefined && this.#nowMs - this.#intervalMs >= floor.everyMs) {
      this.#intervalMs = this.#nowMs;
      this.#seen.clear();
    }
    const candidates = this.#parts.flatMap((part) => part.open);
    const floorTraces = floor === undefined ? undefined : (stratum: string): number => Math.max(0, floor.traces - (this.#seen.get(stratum) ?? 0));
    const thresholds = windowThresholds(candidates, { budget, floorTraces });
    let from = 0;
    for (const part of this.#parts) {
      const to = from + part.open.length;
      part.judge(thresholds.slice(from, to));
      from = to;
    }
    for (const [i, candidate] of candidates.entries()) {
      if (floor !== undefined) this.#seen.set(candidate.stratum, (this.#seen.get(candidate.stratum) ?? 0) + 1);
      if (isKept(candidate, thresholds[i]!)) this.pay(candidate, candidate.spans, candidate.bytes);
    }
    this.#open = 0;
  }

  /** Kept spans and bytes of a trace that are to be paid for. */
  pay({ outsideBudget }: Candidate, spans: number, bytes: number): void {
    if (!outsideBudget) this.#allowance.spend(spans, bytes);
  }
}

/** What one shard holds of a window. */
export class WindowPart {
  /** Of the open window. */
  open: Held[] = [];
  readonly #window: DecisionWindow;
  /** Of closed ones with their thresholds, the next to be taken at #taken. */
  #closed: Held[] = [];
  #thresholds: Threshold[] = [];
  #taken = 0;

  constructor(window: DecisionWindow) {
    this.#window = window;
  }

  /** Tells the time, which never goes back; MUST come before anything is held. Returns whether traces can be taken. */
  tell(nowMs: number): boolean {
    this.#window.tell(nowMs);
    return this.#taken < this.#closed.length;
  }

  /**
   * Decides a trace at once when that is certain to be what its window would say: the burst allowance pays for it and for a whole
   * window besides. Whether it does depends on earlier traces only. Returns whether it did; else {@link hold} it.
   */
  pass(candidate: Candidate, decision: Decision): boolean {
    return this.#window.pass(candidate, decision);
  }

  /** Takes a trace in, at the time last told. */
  hold(candidate: Candidate, ruleNumber: number): void {
    this.open.push({ ...candidate, stratum: this.#window.enter(candidate.stratum), ruleNumber });
  }

  /** Sees to it that all that is held can be taken, however short its window was. */
  close(): void {
    if (this.open.length > 0) this.#window.close();
  }

  /** The window ends. @param thresholds of {@link open}, in its order */
  judge(thresholds: readonly Threshold[]): void {
    if (this.#taken === this.#closed.length) {
      this.#closed = [];
      this.#thresholds = [];
      this.#taken = 0;
    }
    for (const [i, held] of this.open.entries()) {
      this.#closed.push(held);
      this.#thresholds.push(thresholds[i]!);
    }
    this.open = [];
  }

  /**
   * The decision on the next trace of closed windows, in the order in which they were held.
   * @param spans @param bytes of the trace by now: spans that came while it was held are paid for, too
   */
  take(spans: number, bytes: number, decision: Decision): void {
    const candidate = this.#closed[this.#taken]!;
    const threshold = this.#thresholds[this.#taken]!;
    this.#taken++;
    decision.rule = candidate.ruleNumber;
    fill(decision, candidate, threshold);
    if (decision.keep) this.#window.pay(candidate, spans - candidate.spans, bytes - candidate.bytes);
  }
}

function isKept(candidate: Candidate, threshold: Threshold): boolean {
  return threshold.hi < HALF && passes(candidate, threshold);
}

function fill(decision: Decision, candidate: Candidate, threshold: Threshold): void {
  decision.thresholdHi = threshold.hi;
  decision.thresholdLo = threshold.lo;
  decision.keep = isKept(candidate, threshold);
  decision.weight = decision.keep ? weightOf(threshold.hi, threshold.lo) : 0;
  decision.randomHi = candidate.randomHi;
  decision.randomLo = candidate.randomLo;
  decision.correctedNs = candidate.correctedNs;
}
