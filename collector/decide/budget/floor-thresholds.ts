// The floor of one window: of every stratum the k traces with the highest R stay, whatever rules and budget say. Traces of one R (linked
// ones, where the producer's counts) are one trace to it: all of them stay, or none.
import { HALF, KEEP_ALL, type Threshold } from '#proto/model/threshold.ts';
import { byRandomness, justAbove, type Candidate } from './candidate.ts';

/** Strata with a floor of their own in one window; further ones share one, so that no key explosion keeps everything. */
export const MAX_STRATA = 10_000;
const OVERFLOW_STRATUM = '\u0000overflow';

/** A rule with `keep: 0%` is final and knows no floor. */
export function hasFloor(candidate: Candidate): boolean {
  return candidate.rule.hi < HALF;
}

/** T_floor by stratum: the (k+1)-th highest of its different R + 1, {@link KEEP_ALL} where there are no more than k. */
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
      const next = nthDifferent(members.sort(byRandomness), traces(key));
      this.#thresholds.set(key, next === undefined ? KEEP_ALL : justAbove(next));
    }
  }

  of(candidate: Candidate): Threshold {
    return this.#thresholds.get(candidate.stratum) ?? this.#thresholds.get(OVERFLOW_STRATUM) ?? KEEP_ALL;
  }
}

/** The first of the n-th group of one R, from 0. @param members by falling R */
function nthDifferent(members: readonly Candidate[], n: number): Candidate | undefined {
  let groups = 0;
  for (const [i, member] of members.entries()) {
    if (i > 0 && byRandomness(members[i - 1]!, member) === 0) continue;
    if (groups++ === n) return member;
  }
  return undefined;
}
