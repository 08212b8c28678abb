// The budget of one window as a threshold: by falling R, candidates are taken while they fit; the first that does not ends it, and
// T is its R + 1. It never skips to a smaller trace, which is what makes 1 / P(R >= T) the right weight (priority sampling, Ting,
// arXiv 1708.04970). Rules lend to each other, since all share the one budget. A trace larger than the whole budget counts as large as the
// budget: it fits if it comes first, for otherwise it could never be kept and nothing would stand for it.
// Traces of one R (linked ones, where the producer's counts) are one: they fit together or not at all, and cost the same wherever their R
// falls, those included that their own rule refuses there. Else what they leave to others would depend on their own R.
import { HALF, KEEP_ALL, type Threshold } from '#proto/model/threshold.ts';
import { byRandomness, greater, justAbove, passes, type Candidate } from './candidate.ts';

/** For one window; undefined = no bound of that kind. */
export interface Budget {
  readonly spans?: number | undefined;
  readonly bytes?: number | undefined;
}

/** T of the window. {@link KEEP_ALL} when everything fits. */
export function budgetThreshold(candidates: readonly Candidate[], budget: Budget): Threshold {
  const all = candidates.filter((one) => !one.outsideBudget && one.rule.hi < HALF).sort(byRandomness);
  let spans = budget.spans ?? Infinity;
  let bytes = budget.bytes ?? Infinity;
  for (let from = 0, to = 0; from < all.length; from = to) {
    const first = all[from]!;
    let isWilling = false;
    let groupSpans = 0;
    let groupBytes = 0;
    for (to = from; to < all.length && byRandomness(first, all[to]!) === 0; to++) {
      const one = all[to]!;
      isWilling ||= passes(one, greater(one.rule, one.upstream));
      groupSpans += one.spans;
      groupBytes += one.bytes;
    }
    if (!isWilling) continue;
    spans -= costOf(groupSpans, budget.spans);
    bytes -= costOf(groupBytes, budget.bytes);
    if (spans < 0 || bytes < 0) return justAbove(first);
  }
  return KEEP_ALL;
}

function costOf(amount: number, budget = Infinity): number {
  return budget > 0 ? Math.min(amount, budget) : amount;
}
