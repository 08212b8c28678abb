// Random blocks, of which the store loses some, has some twice, and changes some: every difference is found, and nothing else.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareSeconds, confirmed } from '#collector/audit/compare.ts';
import { SecondCounts } from '#collector/audit/second-counts.ts';

const START = 1_800_000_000;

const made = fc.record({
  second: fc.nat(299).map((s) => START + s),
  rows: fc.integer({ min: 1, max: 50_000 }),
  digest: fc.integer({ min: 1, max: 2 ** 36 }),
  fate: fc.constantFrom('kept', 'kept', 'kept', 'kept', 'lost', 'twice', 'cut', 'changed', 'open'),
});

const none = { open: new Set<number>(), uncounted: [], mayHaveMore: false, uncertain: new Set<number>() };

function countsOf(entries: readonly (readonly [second: number, rows: number, digest: number])[]): SecondCounts {
  const counts = new SecondCounts();
  for (const entry of entries) counts.add(...entry);
  return counts;
}

describe('what the store has beside what it acknowledged', () => {
  it('differs exactly where a block was lost, doubled, cut or changed, as long as its second is closed and counted', () => {
    fc.assert(
      // One block a second: what becomes of each is seen.
      fc.property(
        fc.uniqueArray(made, { selector: ({ second }) => second, maxLength: 120 }),
        fc.nat(299),
        fc.nat(20),
        (blocks, from, length) => {
          const uncounted = [{ from: START + from, to: START + from + length }];
          const expected = countsOf(blocks.map(({ second, rows, digest }) => [second, rows, digest]));
          const stored = countsOf(
            blocks
              .filter(({ fate }) => fate !== 'lost')
              .map(({ second, rows, digest, fate }) => {
                const times = fate === 'twice' || fate === 'open' ? 2 : 1;
                return [second, rows * times - (fate === 'cut' ? 1 : 0), digest * times + (fate === 'changed' ? 1 : 0)];
              }),
          );
          const open = new Set(blocks.filter(({ fate }) => fate === 'open').map(({ second }) => second));
          const wanted = blocks
            .filter(
              ({ second, fate }) =>
                fate !== 'kept' && fate !== 'open' && (second < START + from || second > START + from + length),
            )
            .sort((a, b) => a.second - b.second);
          expect(compareSeconds(START, START + 300, { ...none, expected, stored, open, uncounted })).toEqual(
            wanted.map(({ second, rows, fate }) => ({
              second,
              missing: fate === 'lost' ? rows : fate === 'cut' || fate === 'changed' ? 1 : 0,
              doubled: fate === 'twice' ? rows : fate === 'changed' ? 1 : 0,
            })),
          );
        },
      ),
      { seed: 111 },
    );
  });

  it('finds a block that is lost beside one of as many rows that is there twice', () => {
    const expected = countsOf([
      [START, 500, 1234],
      [START, 500, 4321],
    ]);
    const stored = countsOf([
      [START, 500, 1234],
      [START, 500, 1234],
    ]);
    expect(compareSeconds(START, START + 1, { ...none, expected, stored })).toEqual([
      { second: START, missing: 1, doubled: 1 },
    ]);
  });

  it('does not wonder at more rows where a block is on its way that does not say its second, or where the machine failed', () => {
    const expected = countsOf([
      [START, 10, 5],
      [START + 1, 10, 5],
    ]);
    const stored = countsOf([
      [START, 20, 10],
      [START + 1, 20, 10],
      [START + 2, 7, 7],
    ]);
    expect(compareSeconds(START, START + 3, { ...none, expected, stored, mayHaveMore: true })).toEqual([]);
    expect(compareSeconds(START, START + 3, { ...none, expected, stored, uncertain: new Set([START]) })).toEqual([
      { second: START + 1, missing: 0, doubled: 10 },
    ]);
    expect(compareSeconds(START, START + 1, { ...none, expected, stored: countsOf([]), mayHaveMore: true })).toEqual([
      { second: START, missing: 10, doubled: 0 },
    ]);
  });

  it('counts what two looks agree on', () => {
    const one = [
      { second: 1, missing: 5, doubled: 0 },
      { second: 2, missing: 5, doubled: 0 },
      { second: 3, missing: 0, doubled: 9 },
    ];
    expect(
      confirmed(one, [
        { second: 2, missing: 7, doubled: 0 },
        { second: 3, missing: 0, doubled: 2 },
        { second: 4, missing: 1, doubled: 0 },
      ]),
    ).toEqual([
      { second: 2, missing: 5, doubled: 0 },
      { second: 3, missing: 0, doubled: 2 },
    ]);
  });
});

describe('counts by second', () => {
  it('reach back a day, whatever the clock does', () => {
    const counts = countsOf([
      [START, 5, 1],
      [START + 86_399, 6, 1],
    ]);
    expect([counts.rows(START), counts.rows(START + 86_399), counts.newest()]).toEqual([5, 6, START + 86_399]);
    counts.add(START + 86_400, 7, 1);
    expect([counts.rows(START), counts.rows(START + 86_400)]).toEqual([0, 7]);
    counts.add(START, 8, 1);
    counts.add(START, -5, -1);
    expect([counts.rows(START), counts.rows(START + 86_400)]).toEqual([0, 7]);
    counts.add(START + 86_400, -7, -1);
    expect([counts.rows(START + 86_400), counts.digest(START + 86_400)]).toEqual([0, 0]);
  });
});
