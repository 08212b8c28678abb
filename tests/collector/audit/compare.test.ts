// Random blocks, of which the store loses some, has some twice, and changes some: every difference is found, and nothing else.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareSeconds, confirmed, differentMinutes, type StoredCount } from '#collector/audit/compare.ts';
import { Expectations } from '#collector/audit/expectations.ts';

const START = 1_800_000_000;

interface Made {
  readonly second: number;
  readonly rows: number;
  readonly digest: number;
  readonly fate: 'kept' | 'lost' | 'twice' | 'cut' | 'changed' | 'open';
}

const made = fc.record({
  second: fc.nat(299).map((s) => START + s), rows: fc.integer({ min: 1, max: 50_000 }), digest: fc.integer({ min: 1, max: 2 ** 36 }),
  fate: fc.constantFrom('kept', 'kept', 'kept', 'kept', 'lost', 'twice', 'cut', 'changed', 'open'),
});

function storedOf(blocks: readonly Made[], unit: number): Map<number, StoredCount> {
  const stored = new Map<number, StoredCount>();
  for (const { second, rows, digest, fate } of blocks) {
    const [times, less, other] = [fate === 'lost' ? 0 : fate === 'twice' ? 2 : 1, fate === 'cut' ? 1 : 0, fate === 'changed' ? 1 : 0];
    const at = Math.floor(second / unit) * unit;
    const before = stored.get(at);
    stored.set(at, { second: at, rows: (before?.rows ?? 0) + rows * times - less, digest: (before?.digest ?? 0) + digest * times + other });
  }
  for (const [second, { rows }] of stored) if (rows === 0) stored.delete(second);
  return stored;
}

describe('what the store has beside what it acknowledged', () => {
  it('differs exactly where a block was lost, doubled, cut or changed, as long as its second is closed', () => {
    fc.assert(
      // One block a second: what becomes of each is seen.
      fc.property(fc.uniqueArray(made, { selector: ({ second }) => second, maxLength: 120 }), (blocks) => {
        const expected = new Expectations();
        for (const { second, rows, digest, fate } of blocks) if (fate !== 'open') expected.add(second, rows, digest);
        const open = new Set(blocks.filter(({ fate }) => fate === 'open').map(({ second }) => second));
        const judgement = { expected, open, mayHaveMore: false };
        const wanted = blocks.filter(({ fate }) => fate !== 'kept' && fate !== 'open').sort((a, b) => a.second - b.second);
        expect(compareSeconds(storedOf(blocks, 1), START, START + 300, judgement)).toEqual(wanted.map(({ second, rows, fate }) => ({
          second, missing: fate === 'lost' ? rows : fate === 'cut' || fate === 'changed' ? 1 : 0, doubled: fate === 'twice' ? rows : fate === 'changed' ? 1 : 0,
        })));
        const minutes = differentMinutes(storedOf(blocks, 60), START, START + 300, judgement);
        for (const { second } of wanted) expect(minutes).toContain(Math.floor(second / 60) * 60);
        const wrong = new Set([...wanted.map(({ second }) => second), ...open].map((second) => Math.floor(second / 60) * 60));
        expect(minutes.every((minute) => wrong.has(minute))).toBe(true);
      }),
      { seed: 111 },
    );
  });

  it('finds a block that is lost beside one of as many rows that is there twice', () => {
    const expected = new Expectations();
    expected.add(START, 500, 1234);
    expected.add(START, 500, 4321);
    const stored = new Map([[START, { second: START, rows: 1000, digest: 2 * 1234 }]]);
    expect(compareSeconds(stored, START, START + 1, { expected, open: new Set(), mayHaveMore: false })).toEqual([{ second: START, missing: 1, doubled: 1 }]);
  });

  it('does not wonder at more rows where a block is on its way that does not say its second, or where the machine failed', () => {
    const expected = new Expectations();
    expected.add(START, 10, 5);
    expected.add(START + 1, 10, 5);
    const stored = new Map([START, START + 1].map((second) => [second, { second, rows: 20, digest: 10 }]));
    expect(compareSeconds(stored, START, START + 2, { expected, open: new Set(), mayHaveMore: true })).toEqual([]);
    expected.doubt(START);
    expect(compareSeconds(stored, START, START + 2, { expected, open: new Set(), mayHaveMore: false })).toEqual([{ second: START + 1, missing: 0, doubled: 10 }]);
    expect(compareSeconds(new Map(), START, START + 1, { expected, open: new Set(), mayHaveMore: true })).toEqual([{ second: START, missing: 10, doubled: 0 }]);
  });

  it('counts what two looks agree on', () => {
    const one = [{ second: 1, missing: 5, doubled: 0 }, { second: 2, missing: 5, doubled: 0 }, { second: 3, missing: 0, doubled: 9 }];
    expect(confirmed(one, [{ second: 2, missing: 7, doubled: 0 }, { second: 3, missing: 0, doubled: 2 }, { second: 4, missing: 1, doubled: 0 }])).toEqual([
      { second: 2, missing: 5, doubled: 0 }, { second: 3, missing: 0, doubled: 2 },
    ]);
  });
});

describe('expectations', () => {
  it('reach back a day, whatever the clock does', () => {
    const expected = new Expectations();
    expected.add(START, 5, 1);
    expected.add(START + 86_399, 6, 1);
    expect([expected.rows(START), expected.rows(START + 86_399), expected.newest()]).toEqual([5, 6, START + 86_399]);
    expected.add(START + 86_400, 7, 1);
    expect([expected.rows(START), expected.rows(START + 86_400)]).toEqual([0, 7]);
    expected.add(START, 8, 1);
    expect([expected.rows(START), expected.rows(START + 86_400)]).toEqual([0, 7]);
    expect(expected.takeChanged().size).toBe(3);
    expect(expected.takeChanged().size).toBe(0);
  });
});
