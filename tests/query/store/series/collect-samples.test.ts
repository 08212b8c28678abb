// Samples out of blocks of columns, beside a plain reading of the same rows.
import { describe, expect, it } from 'vitest';
import { SampleCollector } from '#query/store/series/collect-samples.ts';
import { isStaleWord, wordsOf } from '#query/promql/stale.ts';
import { Random } from '#tests/simulation/random.ts';

type Row = readonly [id: bigint, timeMs: number, bits: bigint];

function collect(blocks: readonly (readonly Row[])[]): Map<bigint, { timesMs: number[]; bits: bigint[] }> {
  const collector = new SampleCollector();
  for (const rows of blocks)
    collector.add({
      rows: rows.length,
      ends: [],
      columns: [
        BigUint64Array.from(rows, ([id]) => id).buffer,
        BigInt64Array.from(rows, ([, timeMs]) => BigInt(timeMs)).buffer,
        BigUint64Array.from(rows, ([, , bits]) => bits).buffer,
        new BigInt64Array(rows.length).buffer,
      ],
    });
  return new Map(
    [...collector.series()].map(([id, { timesMs, values }]) => [
      id,
      { timesMs: [...timesMs], bits: [...new BigUint64Array(values.slice().buffer)] },
    ]),
  );
}

describe('samples of blocks', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))('are those of the rows, ascending (seed %i)', (seed) => {
    const source = new Random(seed);
    const random = (): number => source.next();
    const ids = Array.from({ length: 6 }, () => BigInt(Math.floor(random() * 2 ** 52)) * 4096n);
    const blocks = Array.from({ length: 8 }, () => {
      const rows = Array.from({ length: Math.floor(random() * 40) }, (): Row => {
        const bits = BigInt(Math.floor(random() * 2 ** 52)) * 4096n;
        return [ids[Math.floor(random() * 6)]!, Math.floor(random() * 60) - 5, bits];
      });
      // Parts of the table stand in order, others need not.
      return random() < 0.5 ? rows.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1])) : rows;
    });
    const found = collect(blocks);
    const rows = blocks.flat();
    expect(new Set(found.keys())).toEqual(new Set(rows.map(([id]) => id)));
    for (const [id, { timesMs, bits }] of found) {
      const own = rows.filter((row) => row[0] === id);
      const times = [...new Set(own.map((row) => row[1]))].sort((a, b) => a - b);
      expect(timesMs).toEqual(times);
      for (const [at, timeMs] of times.entries()) {
        const candidates = own.filter((row) => row[1] === timeMs).map((row) => row[2]);
        expect(candidates).toContain(bits[at]);
      }
    }
  });

  it('keep NaNs bit for bit, staleness markers among them, also where they are sorted', () => {
    const stale = 0x7ff0000000000002n;
    const odd = 0xfff8_0000_0000_0123n;
    const { timesMs, bits } = collect([[[1n, 20, stale]], [[1n, 10, odd]], [[1n, 5, 1n], [1n, 20, stale]]]).get(1n)!; // prettier-ignore
    expect(timesMs).toEqual([5, 10, 20]);
    expect(bits).toEqual([1n, odd, stale]);
    const values = new Float64Array(BigUint64Array.from(bits).buffer);
    expect([0, 1, 2].map((at) => isStaleWord(wordsOf(values), at))).toEqual([false, false, true]);
  });
});
