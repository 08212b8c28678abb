// The floor of one window: of every stratum the k traces with the highest R stay, whatever rules and budget say.
import { HALF, KEEP_ALL, type Threshold } from '../threshold.ts';
import { byRandomness, justAbove, type Candidate } from './candidate.ts';

/** Strata with a floor of their own in one window; further ones share one, so that no key explosion keeps everything. */
export const MAX_STRATA = 10_000;
const OVERFLOW_STRATUM = '\u0000overflow';

/** A rule with `keep: 0%` is final and knows no floor. */
export function hasFloor(candidate: Candidate): boolean {
  return candidate.rule.hi < HALF;
}

/** T_floor by stratum: the (k+1)-th highest R + 1, {@link KEEP_ALL} where there are no more than k. */
export class FloorThresholds {
  readonly #thresholds = new Map<string, Threshold>();

  /** @param traces to keep of a stratum */
  constructor(candidates: readonly Candidate[], traces: (stratum: string) => number) {
    const strata = new Map<string, Candidate[]>();
    for (const candidate of candidates) {
      if (!hasFloor(candidate)) continue;
      const key = strata.has(candidate.stratum) || strata.size < MAX_STRATA ? candidate.stratum : OVERFLOW_STRATUM;
      const members = strata.get(key);
      if (members === undefined) strata.set(key, [candidate]);
      else members.push(candidate);
    }
    for (const [key, members] of strata) {
      const next = members.sort(byRandomness)[traces(key)];
      this.#thresholds.set(key, next === undefined ? KEEP_ALL : justAbove(next));
    }
  }

  of(candidate: Candidate): Threshold {
    return this.#thresholds.get(candidate.stratum) ?? this.#thresholds.get(OVERFLOW_STRATUM) ?? KEEP_ALL;
  }
}
