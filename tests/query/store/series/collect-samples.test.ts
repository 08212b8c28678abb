// Samples out of blocks of columns, beside a plain reading of the same rows.
import { describe, expect, it } from 'vitest';
import type { NativeBlock } from '#query/store/native-blocks.ts';
import { sampleColumns, SampleCollector } from '#query/store/series/collect-samples.ts';
import { isStaleWord, wordsOf } from '#query/promql/stale.ts';
import { Random } from '#tests/simulation/random.ts';

type Row = readonly [id: bigint, timeMs: number, bits: bigint, startMs: number];

/** Times are counted from here. */
const FIRST_MS = 1_700_000_000_000;

const cells = (array: BigUint64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>) => new Uint8Array(array.buffer);

/** Rows of one id that follow each other are one row of the block. */
function grouped(rows: readonly Row[]): NativeBlock {
  const isLast = rows.map(([id], at) => id !== rows[at + 1]?.[0]);
  const ends = BigUint64Array.from(rows.flatMap((_, at) => (isLast[at] === true ? [BigInt(at + 1)] : [])));
  const ids = BigUint64Array.from(rows.flatMap(([id], at) => (isLast[at] === true ? [id] : [])));
  return {
    rows: ids.length,
    ends: [undefined, cells(ends), cells(ends), cells(ends)],
    columns: [
      cells(ids),
      cells(Uint32Array.from([...rows.map(([, timeMs]) => timeMs), ...(rows.length % 2 === 1 ? [0] : [])])).subarray(
        0,
        4 * rows.length,
      ),
      cells(BigUint64Array.from(rows, ([, , bits]) => bits)),
      cells(BigUint64Array.from(rows, ([, , , startMs]) => BigInt(startMs))),
    ],
  };
}

interface Found {
  readonly timesMs: number[];
  readonly bits: bigint[];
  readonly starts: number[] | undefined;
}

function collect(blocks: readonly (readonly Row[])[]): Map<bigint, Found> {
  const collector = new SampleCollector(FIRST_MS);
  for (const rows of blocks) collector.add(grouped(rows));
  return new Map(
    [...collector.series].map(([id, { timesMs, values, startTimesMs }]) => [
      id,
      {
        timesMs: Array.from(timesMs, (timeMs) => timeMs - FIRST_MS),
        bits: [...new BigUint64Array(values.slice().buffer)],
        starts: startTimesMs && [...startTimesMs],
      },
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
        return [
          ids[Math.floor(random() * 6)]!,
          Math.floor(random() * 60),
          bits,
          seed % 2 === 0 ? 0 : Number(bits % 99n),
        ];
      });
      // Parts of the table stand in order, others need not.
      return random() < 0.5 ? rows.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1])) : rows;
    });
    const found = collect(blocks);
    const rows = blocks.flat();
    expect(new Set(found.keys())).toEqual(new Set(rows.map(([id]) => id)));
    for (const [id, { timesMs, bits, starts }] of found) {
      const own = rows.filter((row) => row[0] === id);
      const times = [...new Set(own.map((row) => row[1]))].sort((a, b) => a - b);
      expect(timesMs).toEqual(times);
      for (const [at, timeMs] of times.entries()) {
        const candidates = own.filter((row) => row[1] === timeMs).map((row) => [row[2], row[3]]);
        expect(candidates).toContainEqual([bits[at], starts?.[at] ?? 0]);
      }
    }
  });

  it('keep NaNs bit for bit, staleness markers among them, also where they are sorted', () => {
    const stale = 0x7ff0000000000002n;
    const odd = 0xfff8_0000_0000_0123n;
    const blocks: Row[][] = [[[1n, 20, stale, 0]], [[1n, 10, odd, 0]], [[1n, 5, 1n, 0], [1n, 20, stale, 0]]]; // prettier-ignore
    const { timesMs, bits } = collect(blocks).get(1n)!;
    expect(timesMs).toEqual([5, 10, 20]);
    expect(bits).toEqual([1n, odd, stale]);
    const values = new Float64Array(BigUint64Array.from(bits).buffer);
    expect([0, 1, 2].map((at) => isStaleWord(wordsOf(values), at))).toEqual([false, false, true]);
  });

  it('share their times where those are equal, whatever order they came in', () => {
    const collector = new SampleCollector(FIRST_MS);
    const times = [30, 40, 10, 20];
    const rows = [1n, 2n].flatMap((id) => times.map((timeMs): Row => [id, timeMs, id * 100n + BigInt(timeMs), 0]));
    collector.add(grouped(rows));
    const [one, other] = [...collector.series.values()];
    expect(one!.timesMs).toBe(other!.timesMs);
    expect([...one!.timesMs]).toEqual([10, 20, 30, 40].map((timeMs) => FIRST_MS + timeMs));
    expect([...new BigUint64Array(other!.values.slice().buffer)]).toEqual([210n, 220n, 230n, 240n]);
  });

  it('of ranges too long for 32 bits come with 64', () => {
    expect(sampleColumns(2 ** 32 - 1, false).types[1]).toBe('Array(UInt32)');
    expect(sampleColumns(2 ** 32, false).types[1]).toBe('Array(UInt64)');
    const collector = new SampleCollector(0);
    const one = cells(BigUint64Array.of(1n));
    collector.add({
      rows: 1,
      columns: [one, cells(BigUint64Array.of(2n ** 40n)), cells(BigUint64Array.of(7n))],
      ends: [undefined, one, one],
    });
    expect([...collector.series.get(1n)!.timesMs]).toEqual([2 ** 40]);
  });
});
