// Compares what the store has with what it is to have, second by second, or minute by minute where both agree.
import type { Expectations } from './expectations.ts';

/** Rows that the store has of this collector: of one second, or of the minute that begins there. */
export interface StoredCount {
  readonly second: number;
  readonly rows: number;
  readonly digest: number;
}

export interface Difference {
  readonly second: number;
  readonly missing: number;
  readonly doubled: number;
}

export interface Judgement {
  readonly expected: Expectations;
  /** Seconds that cannot be judged yet: blocks of them are on their way. */
  readonly open: ReadonlySet<number>;
  /** Blocks are on their way of which the second is not known: more rows than expected are no wonder. */
  readonly mayHaveMore: boolean;
}

/** Differences of the seconds [from, to). @param stored by second; seconds without an entry have no rows */
export function compareSeconds(stored: ReadonlyMap<number, StoredCount>, from: number, to: number, judgement: Judgement): Difference[] {
  const { expected, open, mayHaveMore } = judgement;
  const differences: Difference[] = [];
  for (let second = from; second < to; second++) {
    const rows = expected.rows(second);
    // Rows of a second that nothing is known of were acknowledged when no audit took note: not of this one.
    if (rows === 0 || open.has(second)) continue;
    const found = stored.get(second);
    const more = (found?.rows ?? 0) - rows;
    if (more < 0) differences.push({ second, missing: -more, doubled: 0 });
    else if (mayHaveMore || expected.isUncertain(second)) continue;
    else if (more > 0) differences.push({ second, missing: 0, doubled: more });
    else if (found?.digest !== expected.digest(second)) differences.push({ second, missing: 1, doubled: 1 });
  }
  return differences;
}

/** Minutes [from, to) whose rows are not those expected: worth a look at their seconds. @param stored by the first second of a minute */
export function differentMinutes(stored: ReadonlyMap<number, StoredCount>, from: number, to: number, { expected, open }: Judgement): number[] {
  const minutes: number[] = [];
  for (let minute = from; minute < to; minute += 60) {
    let rows = 0;
    let digest = 0;
    let isOpen = false;
    for (let second = minute; second < minute + 60; second++) {
      rows += expected.rows(second);
      digest += expected.digest(second);
      isOpen ||= open.has(second);
    }
    const found = stored.get(minute);
    if (isOpen || (found?.rows ?? 0) !== rows || (found?.digest ?? 0) !== digest) minutes.push(minute);
  }
  return minutes;
}

/** A difference counts when it is seen twice: what is seen once may be an answer of a server that lags behind. */
export function confirmed(before: readonly Difference[], now: readonly Difference[]): Difference[] {
  const known = new Map(before.map((one) => [one.second, one]));
  return now.flatMap(({ second, missing, doubled }) => {
    const earlier = known.get(second);
    const both = { second, missing: Math.min(missing, earlier?.missing ?? 0), doubled: Math.min(doubled, earlier?.doubled ?? 0) };
    return both.missing + both.doubled > 0 ? [both] : [];
  });
}
