// The traces that one shard holds at the end of a window, as plain data, and the thresholds that all shards together give them. Thresholds depend on
// earlier windows and on the candidates alone, so that whoever merges the parts of a window comes to the same.
import type { Threshold } from '#proto/model/threshold.ts';
import type { Budget } from './budget-threshold.ts';
import type { Candidate } from './candidate.ts';
import { windowThresholds } from './window-thresholds.ts';

export interface WindowPart {
  /** {@link NUMBERS} of each candidate. */
  readonly candidates: Float64Array;
  /** Strata, and how many traces of each the shard has seen before in this interval of the floor: those of other shards count as well. */
  readonly strata: readonly string[];
  readonly seen: Float64Array;
  /** What the shard may spend on the window; undefined: there is no budget. */
  readonly budget: Budget | undefined;
  /** Of every stratum so many traces are kept in an interval; undefined: there is no floor. */
  readonly floorTraces: number | undefined;
}

/** Thresholds of the candidates of a part, in their order: two halves each. */
export type PartThresholds = Float64Array;

/** R 2, threshold of the rule 2, upstream 2, spans, bytes, number of the stratum, whether the budget does not count it. */
const NUMBERS = 10;
/** @param seen traces of each stratum in this interval of the floor */
export function packWindow(
  candidates: readonly Candidate[],
  seen: ReadonlyMap<string, number>,
  budget: Budget | undefined,
  floorTraces: number | undefined,
): WindowPart {
  const numbers = new Float64Array(candidates.length * NUMBERS);
  const strata = new Map<string, number>();
  for (const stratum of seen.keys()) strata.set(stratum, strata.size);
  for (const [i, one] of candidates.entries()) {
    let stratum = strata.get(one.stratum);
    if (stratum === undefined) {
      stratum = strata.size;
      strata.set(one.stratum, stratum);
    }
    const { randomHi, randomLo, rule, upstream, spans, bytes, outsideBudget } = one;
    const own = [randomHi, randomLo, rule.hi, rule.lo, upstream.hi, upstream.lo, spans, bytes, stratum];
    numbers.set(own, i * NUMBERS);
    numbers[i * NUMBERS + 9] = outsideBudget ? 1 : 0;
  }
  const names = [...strata.keys()];
  return {
    candidates: numbers,
    strata: names,
    seen: Float64Array.from(names, (name) => seen.get(name) ?? 0),
    budget,
    floorTraces,
  };
}

/** @param parts of one window, of all shards @returns thresholds for each part */
export function mergeWindow(parts: readonly WindowPart[]): PartThresholds[] {
  const seen = new Map<string, number>();
  const all: Candidate[] = [];
  for (const part of parts) {
    for (const [i, stratum] of part.strata.entries()) seen.set(stratum, (seen.get(stratum) ?? 0) + part.seen[i]!);
    all.push(...candidatesOf(part));
  }
  const floorTraces = parts[0]?.floorTraces;
  const thresholds = windowThresholds(all, {
    budget: budgetOf(parts),
    floorTraces:
      floorTraces === undefined ? undefined : (stratum) => Math.max(0, floorTraces - (seen.get(stratum) ?? 0)),
  });
  let from = 0;
  return parts.map(({ candidates }) => {
    const to = from + candidates.length / NUMBERS;
    const own = thresholds.slice(from, to);
    from = to;
    return Float64Array.from(own.flatMap(({ hi, lo }) => [hi, lo]));
  });
}

export function thresholdsIn(packed: PartThresholds): Threshold[] {
  return Array.from({ length: packed.length / 2 }, (_, i) => ({ hi: packed[i * 2]!, lo: packed[i * 2 + 1]! }));
}

function* candidatesOf({ candidates, strata }: WindowPart): Generator<Candidate> {
  for (let at = 0; at < candidates.length; at += NUMBERS)
    yield {
      randomHi: candidates[at]!,
      randomLo: candidates[at + 1]!,
      rule: { hi: candidates[at + 2]!, lo: candidates[at + 3]! },
      upstream: { hi: candidates[at + 4]!, lo: candidates[at + 5]! },
      spans: candidates[at + 6]!,
      bytes: candidates[at + 7]!,
      stratum: strata[candidates[at + 8]!] ?? '',
      outsideBudget: candidates[at + 9] === 1,
    };
}

function budgetOf(parts: readonly WindowPart[]): Budget | undefined {
  if (parts[0]?.budget === undefined) return undefined;
  return { spans: sumOf(parts, 'spans'), bytes: sumOf(parts, 'bytes') };
}

/** Budgets have the same bounds in all shards. */
function sumOf(parts: readonly WindowPart[], of: 'spans' | 'bytes'): number | undefined {
  if (parts[0]?.budget?.[of] === undefined) return undefined;
  return parts.reduce((sum, { budget }) => sum + (budget?.[of] ?? 0), 0);
}
