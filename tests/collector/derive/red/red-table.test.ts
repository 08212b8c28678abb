import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { RedTable } from '#collector/derive/red/red-table.ts';
import type { RedSeries } from '#collector/derive/red/red-table.ts';
import { OVERFLOW_TEXT } from '#collector/model/intern-table.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { DEFAULT_BOUNDS_MS } from '#tests/support/default-bounds.ts';
import { traceRequest } from '#tests/support/trace-requests.ts';
import type { SpanShape } from '#tests/support/trace-requests.ts';

const START_NS = 1_700_000_000_000_000_000n;

const copyOf = (series: RedSeries): RedSeries => ({
  ...series,
  buckets: series.buckets.slice(),
  newBuckets: series.newBuckets.slice(),
});

function bench(capacity = 100, boundsMs: readonly number[] = DEFAULT_BOUNDS_MS, expireMs?: number) {
  const memory = createSpanMemory(16, 1);
  const index = new RequestIndex(memory);
  const red = new RedTable({ capacity, boundsMs, expireMs });
  return {
    red,
    memory,
    add: (spans: readonly Partial<SpanShape>[], nowMs: number, service = 'shop'): void => {
      expect(
        index.index(
          traceRequest(
            spans.map((span, at) => ({ trace: 1, span: at + 1, startNs: START_NS, ...span })),
            service,
          ),
        ),
      ).toBeUndefined();
      red.add(index.columns, index.count, memory.resources, nowMs);
    },
    flush: (nowMs: number): RedSeries[] => {
      const flushed: RedSeries[] = [];
      red.flush(nowMs, (series) => flushed.push(copyOf(series)));
      return flushed;
    },
    /** Series that are due, `most` at a time. */
    written: (nowMs: number, most = 1000): RedSeries[] => {
      const due: RedSeries[] = [];
      while (red.visitSeries(nowMs, most, (series) => due.push(copyOf(series))));
      return due;
    },
    nameOf: (series: RedSeries): string => `${memory.services.text(series.service)} ${memory.names.text(series.name)}`,
  };
}

/** The table as a plain program would keep it: a map of rows, ended by their last span. */
interface PlainRow {
  calls: number;
  flushed: number;
  createdMs: number;
  activeMs: number;
}

describe('the RED table', () => {
  it('counts calls, durations and buckets as a plain count does', () => {
    const span = fc.record({
      name: fc.constantFrom('a', 'b'),
      kind: fc.nat(5),
      status: fc.nat(2),
      endNs: fc
        .oneof(
          fc.bigInt({ min: -(10n ** 9n), max: 2n * 10n ** 10n }),
          fc.constantFrom(...DEFAULT_BOUNDS_MS.map((ms) => BigInt(ms) * 1_000_000n)),
        )
        .map((ns) => START_NS + ns),
    });
    fc.assert(
      fc.property(fc.array(span, { minLength: 1, maxLength: 60 }), (spans) => {
        const { add, flush, memory } = bench();
        add(spans, 5);
        const expected = new Map<string, number[]>();
        for (const { name, kind, status, endNs } of spans) {
          const key = `${name} ${kind} ${status}`;
          const row = expected.get(key) ?? Array.from({ length: DEFAULT_BOUNDS_MS.length + 3 }, () => 0);
          const ns = Math.max(0, Number(endNs - START_NS));
          row[0]!++;
          row[1]! += ns;
          [...DEFAULT_BOUNDS_MS, Number.POSITIVE_INFINITY].forEach(
            (bound, at) => (row[at + 2]! += ns <= bound * 1e6 ? 1 : 0),
          );
          expected.set(key, row);
        }
        const found = new Map(
          flush(10).map((series) => [
            `${memory.names.text(series.name)} ${series.kind} ${series.status}`,
            [series.calls, series.sumNs, ...series.buckets],
          ]),
        );
        expect(found).toEqual(expected);
      }),
      { seed: 101 },
    );
  });

  it('flushes increments when there are some, and writes a series when it changed, then at growing distances up to a minute', () => {
    const { add, flush, written } = bench();
    add([{ name: 'a', endNs: START_NS + 3_000_000n }], 1000);
    expect(flush(10_000)).toMatchObject([{ calls: 1, newCalls: 1, createdMs: 1000 }]);
    expect(written(10_000)).toMatchObject([{ calls: 1, createdMs: 1000, ended: false }]);
    const again: number[] = [];
    for (let second = 20; second <= 300; second += 10) {
      expect(flush(second * 1000)).toEqual([]);
      if (written(second * 1000).length > 0) again.push(second);
    }
    expect(again).toEqual([20, 30, 50, 90, 150, 210, 270]);
    add([{ name: 'a', endNs: START_NS + 1_000_000n }, { name: 'b' }], 305_000);
    expect(flush(310_000)).toMatchObject([
      { calls: 2, newCalls: 1, sumNs: 4_000_000, newSumNs: 1_000_000, createdMs: 1000 },
      { calls: 1, createdMs: 305_000 },
    ]);
    expect(written(310_000, 1)).toMatchObject([{ calls: 2, sumNs: 4_000_000 }, { calls: 1 }]);
    expect(written(320_000, 1)).toMatchObject([{ calls: 2 }, { calls: 1 }]);
    expect(written(325_000)).toEqual([]);
  });

  it('tells increments of buckets beside their totals', () => {
    const { add, flush } = bench(10, [1, 10]);
    add([{ endNs: START_NS + 500_000n }], 0);
    flush(1);
    add([{ endNs: START_NS + 5_000_000n }, { endNs: START_NS + 50_000_000n }], 2);
    const [series] = flush(3);
    expect([...series!.buckets]).toEqual([1, 2, 3]);
    expect([...series!.newBuckets]).toEqual([0, 1, 2]);
  });

  it('counts what does not fit under the overflow name of its service, kind and status', () => {
    const { add, flush, nameOf, red } = bench(8);
    add(
      ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'a', 'g'].map((name) => ({ name, kind: 2, status: 2 })),
      7,
    );
    const flushed = flush(10);
    expect(flushed.map((series) => [nameOf(series), series.kind, series.status, series.calls])).toEqual([
      ['shop a', 2, 2, 2],
      ['shop b', 2, 2, 1],
      ['shop c', 2, 2, 1],
      [`shop ${OVERFLOW_TEXT}`, 2, 2, 5],
    ]);
    expect(red.overflowed).toBe(5);
    add(
      [
        { name: 'h', kind: 2, status: 2 },
        { name: 'h', kind: 3 },
      ],
      11,
    );
    expect(red.overflowed).toBe(7);
    expect(flush(20).map((series) => [nameOf(series), series.kind, series.newCalls])).toEqual([
      [`shop ${OVERFLOW_TEXT}`, 2, 1],
      [`shop ${OVERFLOW_TEXT}`, 3, 1],
    ]);
    expect(red.overflowed).toBe(7);
  });

  it('counts under one name for all what not even the overflow rows of services have room for, and loses nothing', () => {
    const { add, flush, nameOf, red } = bench(8);
    for (let service = 0; service < 20; service++) add([{ name: 'a' }, { name: 'b' }], 7, `s${service}`);
    const flushed = flush(10);
    expect(flushed.reduce((sum, series) => sum + series.newCalls, 0)).toBe(40);
    expect(nameOf(flushed[0]!)).toBe(`${OVERFLOW_TEXT} ${OVERFLOW_TEXT}`);
    expect(flushed[0]).toMatchObject({ kind: 0, status: 0, createdMs: 7 });
    expect(red.size).toBe(8);
  });

  it('gives a service no more rows than it leaves free, however many names it makes up, before others or beside them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 400 }),
        fc.boolean(),
        (floods, modest, interleaved) => {
          const capacity = 1000;
          const { add, flush, nameOf } = bench(capacity, [1]);
          const flood = (from: number): void => {
            for (let service = 0; service < floods; service++)
              add(
                Array.from({ length: 200 }, (_, at) => ({ name: `id-${from + at}` })),
                5,
                `flood-${service}`,
              );
          };
          const names = Math.floor(modest / (floods + 1) / 2);
          for (let from = 0; from < 2000; from += 200) {
            flood(from);
            if (interleaved)
              add(
                Array.from({ length: names }, (_, at) => ({ name: `route-${at}` })),
                5,
                'modest',
              );
          }
          add(
            Array.from({ length: names }, (_, at) => ({ name: `route-${at}` })),
            5,
            'modest',
          );
          const rows = flush(10).map(nameOf);
          expect(rows.filter((name) => name.startsWith('modest route-'))).toHaveLength(names);
          expect(rows).not.toContain(`modest ${OVERFLOW_TEXT}`);
          for (let service = 0; service < floods; service++)
            expect(rows).toContain(`flood-${service} ${OVERFLOW_TEXT}`);
        },
      ),
      { seed: 104, numRuns: 30 },
    );
  });

  it('ends a row that counts nothing for long, after its increments; with the next span it begins anew at 0', () => {
    const { add, flush, written, red } = bench(100, DEFAULT_BOUNDS_MS, 300_000);
    add([{ name: 'a' }, { name: 'b' }], 1000);
    flush(10_000);
    written(10_000);
    add([{ name: 'b' }], 200_000);
    flush(210_000);
    expect(written(210_000)).toMatchObject([
      { calls: 1, ended: false },
      { calls: 2, ended: false },
    ]);
    expect(written(309_999)).toMatchObject([{ ended: false }, { ended: false }]);
    expect(written(310_000)).toMatchObject([{ calls: 1, createdMs: 1000, ended: true }]);
    expect(red.size).toBe(2);
    expect(written(310_000)).toEqual([]);
    add([{ name: 'a' }], 400_000);
    expect(flush(410_000)).toMatchObject([{ calls: 1, newCalls: 1, createdMs: 400_000 }]);
    expect(written(410_000)).toMatchObject([{ calls: 1, createdMs: 400_000, ended: false }, { calls: 2 }]);
  });

  it('does not end a row whose last calls are not flushed yet', () => {
    const { add, flush, written } = bench(100, DEFAULT_BOUNDS_MS, 1000);
    add([{ name: 'a' }], 0);
    written(10);
    expect(written(100_000)).toMatchObject([{ ended: false }]);
    expect(flush(100_000)).toMatchObject([{ newCalls: 1 }]);
    expect(written(101_000)).toMatchObject([{ ended: true }]);
  });

  it('ends the overflow rows, too, and begins them anew', () => {
    const { add, flush, written, red } = bench(2, [1], 1000);
    add([{ name: 'a' }, { name: 'b' }], 1);
    flush(2);
    written(2);
    expect(written(1002).map(({ ended }) => ended)).toEqual([true, true]);
    expect(red.size).toBe(1);
    add([{ name: 'c' }, { name: 'd', kind: 1 }], 2000);
    expect(flush(2001)).toMatchObject([
      { calls: 1, createdMs: 2000 },
      { calls: 1, createdMs: 2000 },
    ]);
    expect(red.overflowed).toBe(2);
  });

  it('finds every row whatever has ended in between, as a plain map does', () => {
    const step = fc.record({
      names: fc.array(fc.nat(60), { maxLength: 12 }),
      service: fc.nat(2),
      waitMs: fc.constantFrom(1, 400, 1100),
      most: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { add, flush, written, nameOf, red } = bench(1000, [1], 1000);
        const plain = new Map<string, PlainRow>();
        let nowMs = 10;
        for (const { names, service, waitMs, most } of steps) {
          add(
            names.map((name) => ({ name: `n${name}` })),
            nowMs,
            `s${service}`,
          );
          for (const name of names) {
            const key = `s${service} n${name}`;
            const row = plain.get(key) ?? { calls: 0, flushed: 0, createdMs: nowMs, activeMs: nowMs };
            row.calls++;
            plain.set(key, row);
          }
          nowMs += waitMs;
          const expected = [...plain]
            .filter(([, row]) => row.calls > row.flushed)
            .map(([key, row]) => `${key} ${row.calls} +${row.calls - row.flushed} ${row.createdMs}`);
          expect(
            flush(nowMs)
              .map((series) => `${nameOf(series)} ${series.calls} +${series.newCalls} ${series.createdMs}`)
              .sort(),
          ).toEqual(expected.sort());
          const ended: string[] = [];
          for (const [key, row] of plain) {
            if (row.calls > row.flushed) row.activeMs = nowMs;
            else if (nowMs - row.activeMs >= 1000) {
              ended.push(key);
              plain.delete(key);
            }
            row.flushed = row.calls;
          }
          expect(
            written(nowMs, most)
              .filter((series) => series.ended)
              .map(nameOf)
              .sort(),
          ).toEqual(ended.sort());
          expect(red.size).toBe(plain.size + 1);
        }
      }),
      { seed: 103, numRuns: 200 },
    );
  });

  it('refuses bounds that do not ascend', () => {
    expect(() => new RedTable({ capacity: 10, boundsMs: [1, 5, 5] })).toThrow('red.bounds[2] is 5');
  });
});
