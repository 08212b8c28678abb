import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_SLOT, InternTable, MAX_INTERNED_BYTES, OVERFLOW_SLOT } from '#collector/model/intern-table.ts';

describe('the intern table', () => {
  it('gives equal bytes one slot and different bytes different slots', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', maxLength: 9 }), { maxLength: 100 }),
        fc.integer(),
        (texts, seed) => {
          const table = new InternTable(200, seed);
          const slots = new Map<string, number>();
          for (const text of texts) {
            const slot = table.internText(text);
            expect(slots.get(text) ?? slot).toBe(slot);
            slots.set(text, slot);
            expect(table.text(slot)).toBe(text);
          }
          expect(new Set(slots.values()).size).toBe(slots.size);
        },
      ),
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

describe('an intern table that forgets', () => {
  it('keeps what is marked under its slot, and gives the other slots to new strings', () => {
    const step = fc.record({ texts: fc.array(fc.nat(40), { maxLength: 20 }), keep: fc.func(fc.boolean()) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.integer(), (steps, seed) => {
        const table = new InternTable(24, seed);
        const held = new Map<string, number>();
        for (const { texts, keep } of steps) {
          for (const at of texts) {
            const text = `text-${at}`;
            const slot = table.internText(text);
            const expected = held.get(text) ?? (held.size < 22 ? slot : OVERFLOW_SLOT);
            expect(slot).toBe(expected);
            if (slot !== OVERFLOW_SLOT) held.set(text, slot);
          }
          expect(new Set(held.values()).size).toBe(held.size);
          for (const [text, slot] of held)
            expect([table.internText(text), table.text(slot), table.bytesOf(slot).toString()]).toEqual([
              slot,
              text,
              text,
            ]);
          const inUse = new Uint8Array(table.capacity);
          let forgotten = 0;
          const { epoch } = table;
          for (const [text, slot] of held) {
            if (keep(text)) inUse[slot] = 1;
            else {
              held.delete(text);
              forgotten++;
            }
          }
          expect(table.release(inUse)).toBe(forgotten);
          expect(table.epoch).toBe(epoch + (forgotten > 0 ? 1 : 0));
          expect(table.size).toBe(held.size + 2);
        }
      }),
      { seed: 92 },
    );
  });

  it('counts as crowded before it is full, by number and by bytes', () => {
    const table = new InternTable(16);
    for (let i = 0; i < 11; i++) table.internText(`n${i}`);
    expect(table.isCrowded).toBe(false);
    table.internText('one more');
    expect(table.isCrowded).toBe(true);
    const long = new InternTable(100_000);
    for (let i = 0; !long.isCrowded; i++) long.internText(`${i}`.padEnd(MAX_INTERNED_BYTES, 'x'));
    expect(long.size).toBeLessThan(16_400);
    expect(long.overflowed).toBe(0);
    long.release(new Uint8Array(long.capacity));
    expect([long.size, long.isCrowded]).toEqual([2, false]);
  });
});
