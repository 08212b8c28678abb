// The order of rows, beside a plain reference with recursion and maps; ids that were chosen to meet in one place.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { orderSpans } from '#query/api/own/traces/order-spans.ts';
import { RowById } from '#query/api/own/traces/row-by-id.ts';
import { wordsOf } from '#tests/support/answer-paths.ts';

const anySpans = fc.array(
  fc.record({ id: fc.integer({ min: 1, max: 30 }), parent: fc.integer({ min: 0, max: 34 }), start: fc.nat(50) }),
  { maxLength: 40 },
);
interface Span {
  readonly id: number;
  readonly parent: number;
  readonly start: number;
}

const hex = (id: number): string => (id === 0 ? '' : id.toString(16).padStart(16, '0'));

/** A walk in depth; what hangs in circles is broken at its earliest start. */
function plainOrder(spans: readonly Span[]): { readonly order: number[]; readonly parent: number[] } {
  const byStart = [...spans.keys()].toSorted((a, b) => spans[a]!.start - spans[b]!.start || a - b);
  const up = spans.map(({ parent }, row) => {
    const found = parent === 0 ? -1 : spans.findIndex(({ id }) => id === parent);
    return found === row ? -1 : found;
  });
  const order: number[] = [];
  const parent: number[] = [];
  const walk = (row: number, isTop: boolean): void => {
    if (order.includes(row)) return;
    parent.push(isTop ? -1 : order.indexOf(up[row]!));
    order.push(row);
    for (const child of byStart) if (up[child] === row) walk(child, false);
  };
  for (const row of byStart) if (up[row] === -1) walk(row, true);
  for (const row of byStart) walk(row, true);
  return { order, parent };
}

it('is that of the plain reference', () => {
  fc.assert(
    fc.property(anySpans, (spans) => {
      const { order, parent } = orderSpans(
        wordsOf(spans.map(({ id }) => hex(id))),
        wordsOf(spans.map(({ parent: id }) => hex(id))),
        Float64Array.from(spans, ({ start }) => start),
      );
      expect({ order: [...order], parent: [...parent] }).toEqual(plainOrder(spans));
    }),
    { seed: 21, numRuns: 2000 },
  );
});

it('finds the first row of an id, also where ids were chosen to meet', () => {
  // Ids whose low word, and both halves of the high one, cancel out before they are mixed: all begin at one place.
  const ids = Array.from({ length: 20_000 }, (_, i) => {
    const high = i + 1;
    return [((high >>> 16) ^ (high << 16)) >>> 0, high];
  });
  const started = performance.now();
  const rows = new RowById(Uint32Array.from(ids.flat()));
  for (const [row, [low, high]] of ids.entries()) expect(rows.find(low!, high!)).toBe(row);
  expect(rows.find(12_345, 0)).toBe(-1);
  expect(performance.now() - started).toBeLessThan(5000);
});
