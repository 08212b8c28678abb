// What a trace's threshold is once its window is whole: max(upstream, min(floor, max(rule, budget))).
import type { Threshold } from '#proto/model/threshold.ts';
import { budgetThreshold, type Budget } from './budget-threshold.ts';
import { greater, lesser, type Candidate } from './candidate.ts';
import { FloorThresholds, hasFloor } from './floor-thresholds.ts';

export interface WindowLimits {
  readonly budget?: Budget | undefined;
  /** Traces kept of every stratum, or of the one asked for. */
  readonly floorTraces?: number | ((stratum: string) => number) | undefined;
}

/** T of each candidate, in their order. Candidates are all traces of the window, those below their rule's threshold too. */
export function windowThresholds(candidates: readonly Candidate[], limits: WindowLimits): Threshold[] {
  const budget = limits.budget === undefined ? undefined : budgetThreshold(candidates, limits.budget);
  const { floorTraces } = limits;
  const floor =
    floorTraces === undefined
      ? undefined
      : new FloorThresholds(candidates, typeof floorTraces === 'number' ? () => floorTraces : floorTraces);
  return candidates.map((candidate) => {
    let threshold = budget === undefined || candidate.outsideBudget ? candidate.rule : greater(candidate.rule, budget);
    if (floor !== undefined && hasFloor(candidate)) threshold = lesser(floor.of(candidate), threshold);
    return greater(candidate.upstream, threshold);
  });
}
