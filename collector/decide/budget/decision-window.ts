// Traces that wait for the end of their window, and the thresholds they get when it is closed. What a window may spend depends on earlier
// windows only, never on the randomness of its own traces: that is what keeps weights unbiased.
import type { Decision } from '#collector/model/trace.ts';
import { HALF, weightOf, type Threshold } from '#proto/model/threshold.ts';
import { Allowance } from './allowance.ts';
import { passes, greater, type Candidate } from './candidate.ts';
import type { WindowSettings } from './compile-window.ts';
import { MAX_STRATA } from './floor-thresholds.ts';
import { mergeWindow, packWindow, thresholdsIn, type PartThresholds, type WindowPart } from './window-part.ts';

/** Strata beyond the bound share this one. */
const OVERFLOW_STRATUM = '\u0000overflow';

interface Held extends Candidate {
  readonly ruleNumber: number;
}

export class DecisionWindow {
  readonly #settings: WindowSettings;
  /** Of the open window. */
  #open: Held[] = [];
  /** Of closed ones with their thresholds, the next to be released at #released. */
  #closed: Held[] = [];
  #thresholds: Threshold[] = [];
  #released = 0;
  #nowMs = -Infinity;
  #beganMs = -Infinity;
  readonly #allowance: Allowance;
  /** Candidates seen of each stratum in this interval of the floor. */
  readonly #seen = new Map<string, number>();
  #intervalMs = -Infinity;
  /** Of a window that has ended, and whose thresholds others find out together with those of other shards. */
  #asked: Held[] = [];
  /** Where the ends of windows go to; undefined: thresholds are found out here. */
  onWindow: ((part: WindowPart) => void) | undefined;

  constructor(settings: WindowSettings) {
    this.#settings = settings;
    this.#allowance = new Allowance(settings);
  }

  /**
   * Sets the clock, Unix ms that never go back. Call it before a trace is held. A window that has lasted for `window` ends.
   * Returns whether traces can be released.
   */
  advanceTo(nowMs: number): boolean {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
    this.#allowance.start(this.#nowMs);
    if (this.#open.length > 0 && this.#nowMs - this.#beganMs >= this.#settings.windowMs) {
      if (this.onWindow === undefined) this.close();
      else if (this.#asked.length === 0) this.#ask(this.onWindow);
    }
    return this.ready > 0;
  }

  /** Traces whose thresholds are known and that have not been released. */
  get ready(): number {
    return this.#closed.length - this.#released;
  }

  /** The window that was handed out has got its thresholds. Ignored where it was closed meanwhile. */
  setThresholds(thresholds: PartThresholds): void {
    if (thresholds.length !== this.#asked.length * 2) return;
    const candidates = this.#asked;
    this.#asked = [];
    this.#assign(candidates, thresholds);
  }

  /**
   * Decides a trace at once when that is certain to be what its window would say: the burst allowance pays for it and for a whole
   * window besides. Whether it does depends on earlier traces only. Returns whether it did; else {@link hold} it.
   */
  pass(candidate: Candidate, decision: Decision): boolean {
    const { burstMs, windowMs, floor } = this.#settings;
    if (burstMs === 0 || this.#open.length + this.#asked.length > 0) return false;
    if (floor !== undefined && (candidate.rule.hi > 0 || candidate.rule.lo > 0)) return false; // the floor might keep it
    this.#allowance.earn(this.#nowMs, windowMs);
    if (!this.#allowance.isAmple(candidate.spans, candidate.bytes, windowMs)) return false;
    fill(decision, candidate, greater(candidate.rule, candidate.upstream));
    if (decision.keep && !candidate.outsideBudget) this.#allowance.spend(candidate.spans, candidate.bytes);
    return true;
  }

  /** Holds a trace until the window ends. */
  hold(candidate: Candidate, ruleNumber: number): void {
    if (this.#open.length === 0) this.#beganMs = this.#nowMs;
    this.#open.push({ ...candidate, stratum: this.#boundedStratum(candidate.stratum), ruleNumber });
  }

  /** Ends the open window, however short, and by what is known here: what is kept is paid for, and all that is held can be released. */
  close(): void {
    if (this.#asked.length > 0) {
      const candidates = this.#asked;
      this.#asked = [];
      this.#closeAlone(candidates);
    }
    const candidates = this.#open;
    this.#open = [];
    this.#closeAlone(candidates);
  }

  #ask(onWindow: (part: WindowPart) => void): void {
    this.#asked = this.#open;
    this.#open = [];
    onWindow(this.#partOf(this.#asked));
  }

  #closeAlone(candidates: readonly Held[]): void {
    if (candidates.length === 0) return;
    const [thresholds] = mergeWindow([this.#partOf(candidates)]);
    this.#assign(candidates, thresholds!);
  }

  /** Takes in what the time since the last window has brought. */
  #partOf(candidates: readonly Held[]): WindowPart {
    const { windowMs, floor } = this.#settings;
    const seconds = this.#allowance.earn(this.#nowMs, Math.max(windowMs, this.#nowMs - this.#beganMs));
    if (floor !== undefined && this.#nowMs - this.#intervalMs >= floor.everyMs) {
      this.#intervalMs = this.#nowMs;
      this.#seen.clear();
    }
    return packWindow(candidates, this.#seen, this.#allowance.budget(seconds), floor?.traces);
  }

  /** Notes thresholds, and pays for what is kept. */
  #assign(candidates: readonly Held[], packed: PartThresholds): void {
    const { floor } = this.#settings;
    const thresholds = thresholdsIn(packed);
    if (this.#released === this.#closed.length) {
      this.#closed = [];
      this.#thresholds = [];
      this.#released = 0;
    }
    for (const [i, candidate] of candidates.entries()) {
      this.#closed.push(candidate);
      this.#thresholds.push(thresholds[i]!);
      if (floor !== undefined) this.#seen.set(candidate.stratum, (this.#seen.get(candidate.stratum) ?? 0) + 1);
      if (isKept(candidate, thresholds[i]!)) this.#pay(candidate, candidate.spans, candidate.bytes);
    }
  }

  /**
   * The decision on the next trace of closed windows, in the order in which they were held.
   * @param spans @param bytes of the trace by now: spans that came while it was held are paid for, too
   */
  release(spans: number, bytes: number, decision: Decision): void {
    const candidate = this.#closed[this.#released]!;
    const threshold = this.#thresholds[this.#released]!;
    this.#released++;
    decision.rule = candidate.ruleNumber;
    fill(decision, candidate, threshold);
    if (decision.keep) this.#pay(candidate, spans - candidate.spans, bytes - candidate.bytes);
  }

  /** The stratum that a trace counts for. */
  #boundedStratum(stratum: string): string {
    if (this.#settings.floor === undefined || this.#seen.has(stratum)) return stratum;
    const own = this.#seen.size < MAX_STRATA ? stratum : OVERFLOW_STRATUM;
    if (!this.#seen.has(own)) this.#seen.set(own, 0);
    return own;
  }

  /** Kept spans and bytes of a trace that are to be paid for. */
  #pay({ outsideBudget }: Candidate, spans: number, bytes: number): void {
    if (!outsideBudget) this.#allowance.spend(spans, bytes);
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
