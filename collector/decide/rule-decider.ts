// Winnow's own rules in force, with the window of budget and floor that some of their traces wait for.
import type { Decision, TraceView } from '#collector/model/trace.ts';
import { DecisionWindow, type WindowPart } from './budget/decision-window.ts';
import type { Decider } from './decider.ts';
import type { RuleSet } from './rule-set.ts';
import type { TraceRebuilder } from './trace-cursor.ts';

export class RuleDecider implements Decider {
  readonly names: readonly string[];
  readonly waits = undefined;
  readonly #rules: RuleSet;
  /** Budget and floor; undefined when rules alone decide. */
  readonly #window: WindowPart | undefined;

  /** @param window that several shards share; else one of its own, as the rules say */
  constructor(rules: RuleSet, window: DecisionWindow | undefined = windowOf(rules)) {
    this.#rules = rules;
    this.names = rules.names;
    this.#window = window?.part();
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

  tell(nowMs: number): boolean {
    return this.#window?.tell(nowMs) ?? false;
  }

  close(): void {
    this.#window?.close();
  }

  recall(view: TraceView, decision: Decision): void {
    this.#rules.recall(view, decision);
  }

  release(view: TraceView, decision: Decision): void {
    this.#window!.take(view.count, view.payloadBytes, decision);
  }
}

/** Deciders for several shards of one process, with one budget, one floor, and rates and paths that all of them learn. @param rules compiled alike, one for each */
export function sharedDeciders(rules: readonly RuleSet[]): RuleDecider[] {
  const [first] = rules;
  const window = first === undefined ? undefined : windowOf(first);
  return rules.map((one) => {
    if (one !== first) one.learnWith(first!);
    return new RuleDecider(one, window);
  });
}

function windowOf({ window }: RuleSet): DecisionWindow | undefined {
  return window === undefined ? undefined : new DecisionWindow(window);
}
