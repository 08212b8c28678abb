// Compares what the store has with what it is to have, second by second.
import type { SecondCounts } from './second-counts.ts';

export interface Difference {
  readonly second: number;
  readonly missing: number;
  readonly doubled: number;
}

/** A range of seconds, both ends included. */
export interface Seconds {
  readonly from: number;
  readonly to: number;
}

export interface Judgement {
  readonly expected: SecondCounts;
  readonly stored: SecondCounts;
  /** Seconds that cannot be judged: blocks of them are on their way. */
  readonly open: ReadonlySet<number>;
  /** Seconds that parts may have which were not counted. */
  readonly uncounted: readonly Seconds[];
  /** Blocks are on their way of which the second is not known: more rows than expected are no wonder. */
  readonly mayHaveMore: boolean;
  /** The same, second by second. */
  readonly uncertain: ReadonlySet<number>;
}

/** Differences of the seconds [from, to). */
export function compareSeconds(
  from: number,
  to: number,
  { expected, stored, open, uncounted, mayHaveMore, uncertain }: Judgement,
): Difference[] {
  const differences: Difference[] = [];
  for (let second = from; second < to; second++) {
    const rows = expected.rows(second);
    const more = stored.rows(second) - rows;
    // Rows of a second that nothing is known of were acknowledged while no audit recorded them: not of this one.
    if (rows === 0 || (more === 0 && stored.digest(second) === expected.digest(second))) continue;
    if (open.has(second) || uncounted.some((range) => range.from <= second && second <= range.to)) continue;
    if (more < 0) differences.push({ second, missing: -more, doubled: 0 });
    else if (mayHaveMore || uncertain.has(second)) continue;
    else if (more > 0) differences.push({ second, missing: 0, doubled: more });
    else differences.push({ second, missing: 1, doubled: 1 });
  }
  return differences;
}

/** A difference counts when it is seen twice: what is seen once may be an answer of a server that lags behind. */
export function confirmed(before: readonly Difference[], now: readonly Difference[]): Difference[] {
  const known = new Map(before.map((one) => [one.second, one]));
  return now.flatMap(({ second, missing, doubled }) => {
    const earlier = known.get(second);
    const both = {
      second,
      missing: Math.min(missing, earlier?.missing ?? 0),
      doubled: Math.min(doubled, earlier?.doubled ?? 0),
    };
    return both.missing + both.doubled > 0 ? [both] : [];
  });
}
