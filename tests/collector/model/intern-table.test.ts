import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_SLOT, InternTable, MAX_INTERNED_BYTES, OVERFLOW_SLOT } from '#collector/model/intern-table.ts';

describe('the intern table', () => {
  it('gives equal bytes one slot and different bytes different slots', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 9 }), { maxLength: 100 }), fc.integer(), (texts, seed) => {
        const table = new InternTable(200, seed);
        const slots = new Map<string, number>();
        for (const text of texts) {
          const slot = table.internText(text);
          expect(slots.get(text) ?? slot).toBe(slot);
          slots.set(text, slot);
          expect(table.text(slot)).toBe(text);
        }
        expect(new Set(slots.values()).size).toBe(slots.size);
      }),
      { seed: 91 },
    );
  });

  it('knows the empty string without asking', () => {
    expect(new InternTable(4).internText('')).toBe(EMPTY_SLOT);
  });

  it('sends what is new to the overflow slot once it is full, and still knows the old', () => {
    const table = new InternTable(4);
    const [a, b] = [table.internText('a'), table.internText('b')];
    expect(table.internText('c')).toBe(OVERFLOW_SLOT);
    expect([table.internText('a'), table.internText('b'), table.overflowed]).toEqual([a, b, 1]);
  });

  it('does not keep strings that are too long to be names', () => {
    const table = new InternTable(10);
    expect(table.internText('x'.repeat(MAX_INTERNED_BYTES + 1))).toBe(OVERFLOW_SLOT);
    expect(table.text(table.internText('x'.repeat(MAX_INTERNED_BYTES)))).toHaveLength(MAX_INTERNED_BYTES);
  });
});
