// Winnow's own rules in force, with the window of budget and floor that some of their traces wait for.
import type { Decision, TraceView } from '#collector/model/trace.ts';
import { DecisionWindow } from '../budget/decision-window.ts';
import type { PartThresholds, WindowPart } from '../budget/window-part.ts';
import type { Decider } from '../decider.ts';
import type { RateAnswer, RatePart } from '../rates/rate-book.ts';
import type { RuleSet } from './rule-set.ts';
import type { TraceRebuilder } from '../trace-cursor.ts';

export class RuleDecider implements Decider {
  readonly names: readonly string[];
  readonly waits = undefined;
  readonly #rules: RuleSet;
  /** Budget and floor; undefined when rules alone decide. */
  readonly #window: DecisionWindow | undefined;

  constructor(rules: RuleSet) {
    this.#rules = rules;
    this.names = rules.names;
    this.#window = rules.window === undefined ? undefined : new DecisionWindow(rules.window);
  }

  rebuildWith(rebuilder: TraceRebuilder): void {
    this.#rules.rebuildWith(rebuilder);
  }

  adopt(previous: Decider): void {
    if (previous instanceof RuleDecider) this.#rules.adopt(previous.#rules);
  }

  isFinal(rule: number): boolean {
    return this.#rules.isFinal(rule);
  }

  decide(view: TraceView, decision: Decision): boolean {
    const window = this.#window;
    this.#rules.decide(view, decision);
    if (window === undefined) return true;
    const candidate = this.#rules.candidate(view);
    if (candidate === undefined || window.pass(candidate, decision)) return true;
    window.hold(candidate, decision.rule);
    return false;
  }

  advanceTo(nowMs: number): boolean {
    return this.#window?.advanceTo(nowMs) ?? false;
  }

  close(): void {
    this.#window?.close();
  }

  handOutWindows(onWindow: (part: WindowPart) => void): void {
    if (this.#window !== undefined) this.#window.onWindow = onWindow;
  }

  handOutRates(onInterval: (part: RatePart) => void): void {
    this.#rules.handOutRates(onInterval);
  }

  setRates(answer: RateAnswer): void {
    this.#rules.setRates(answer);
  }

  flushRandomness(): Float64Array | undefined {
    return this.#rules.flushRandomness();
  }

  learnRandomness(traces: Float64Array): void {
    this.#rules.learnRandomness(traces);
  }

  setThresholds(thresholds: PartThresholds): void {
    this.#window?.setThresholds(thresholds);
  }

  get ready(): number | undefined {
    return this.#window?.onWindow === undefined ? undefined : this.#window.ready;
  }

  recall(view: TraceView, decision: Decision): void {
    this.#rules.recall(view, decision);
  }

  release(view: TraceView, decision: Decision): void {
    this.#window!.release(view.count, view.payloadBytes, decision);
  }
}
