import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { DEFAULT_BOUNDS_MS, REEMIT_MS, RedTable } from '#collector/derive/red/red-table.ts';
import type { RedSeries } from '#collector/derive/red/red-table.ts';
import { OVERFLOW_TEXT } from '#collector/model/intern-table.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { traceRequest } from '#tests/support/trace-requests.ts';
import type { SpanShape } from '#tests/support/trace-requests.ts';

const START_NS = 1_700_000_000_000_000_000n;

function bench(capacity = 100, boundsMs: readonly number[] = DEFAULT_BOUNDS_MS) {
  const memory = createSpanMemory(16, 1);
  const index = new RequestIndex(memory);
  const red = new RedTable({ capacity, boundsMs });
  return {
    red,
    memory,
    add: (spans: readonly Partial<SpanShape>[], nowMs: number, service = 'shop'): void => {
      expect(index.index(traceRequest(spans.map((span, at) => ({ trace: 1, span: at + 1, startNs: START_NS, ...span })), service))).toBeUndefined();
      red.add(index.columns, index.count, memory.resources, nowMs);
    },
    flush: (nowMs: number): RedSeries[] => {
      const told: RedSeries[] = [];
      red.flush(nowMs, (series) => told.push({ ...series, buckets: series.buckets.slice(), newBuckets: series.newBuckets.slice() }));
      return told;
    },
  };
}

describe('the RED table', () => {
  it('counts calls, durations and buckets as a plain count does', () => {
    const span = fc.record({ name: fc.constantFrom('a', 'b'), kind: fc.nat(5), status: fc.nat(2), endNs: fc.oneof(fc.bigInt({ min: -(10n ** 9n), max: 2n * 10n ** 10n }), fc.constantFrom(...DEFAULT_BOUNDS_MS.map((ms) => BigInt(ms) * 1_000_000n))).map((ns) => START_NS + ns) });
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
          [...DEFAULT_BOUNDS_MS, Number.POSITIVE_INFINITY].forEach((bound, at) => (row[at + 2]! += ns <= bound * 1e6 ? 1 : 0));
          expected.set(key, row);
        }
        const found = new Map(flush(10).map((series) => [`${memory.names.text(series.name)} ${series.kind} ${series.status}`, [series.calls, series.sumNs, ...series.buckets]]));
        expect(found).toEqual(expected);
      }),
      { seed: 101 },
    );
  });

  it('tells a series when it changed, and again only after a minute', () => {
    const { add, flush } = bench();
    add([{ name: 'a', endNs: START_NS + 3_000_000n }], 1000);
    expect(flush(10_000)).toMatchObject([{ calls: 1, newCalls: 1, createdMs: 1000, changed: true }]);
    expect(flush(20_000)).toEqual([]);
    add([{ name: 'a', endNs: START_NS + 1_000_000n }, { name: 'b' }], 25_000);
    expect(flush(30_000)).toMatchObject([{ calls: 2, newCalls: 1, sumNs: 4_000_000, newSumNs: 1_000_000, createdMs: 1000 }, { calls: 1, createdMs: 25_000 }]);
    expect(flush(30_000 + REEMIT_MS - 1)).toEqual([]);
    expect(flush(30_000 + REEMIT_MS)).toMatchObject([{ calls: 2, newCalls: 0, newSumNs: 0, changed: false }, { calls: 1, changed: false }]);
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

  it('puts what does not fit under one overflow key, and counts it all the same', () => {
    const { add, flush, memory, red } = bench(3);
    add(['a', 'b', 'c', 'd', 'a'].map((name) => ({ name })), 7);
    const told = flush(10);
    expect(told.map((series) => [memory.services.text(series.service), memory.names.text(series.name), series.calls])).toEqual([
      [OVERFLOW_TEXT, OVERFLOW_TEXT, 2],
      ['shop', 'a', 2],
      ['shop', 'b', 1],
    ]);
    expect(red.overflowed).toBe(2);
    expect(told[0]).toMatchObject({ kind: 0, status: 0, createdMs: 7 });
  });

  it('refuses bounds that do not ascend', () => {
    expect(() => new RedTable({ capacity: 10, boundsMs: [1, 5, 5] })).toThrow('red.bounds[2] is 5');
  });
});
