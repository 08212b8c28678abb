// Comparisons on interned texts, answered once per slot: never for a text that the slot no longer has.
import { expect, it, test } from 'vitest';
import * as fc from 'fast-check';
import { compileSlotTest, SlotTest } from '#collector/decide/values/slot-test.ts';
import { InternTable } from '#collector/model/intern-table.ts';
import { formatConfigError, type ConfigError } from '#proto/config/config-error.ts';

it('answers for the text that a slot has now, also when slots were given to other texts', () => {
  const test = compileSlotTest('checkout', 'name', [])!;
  const table = new InternTable(8, 1);
  const answers = (): Record<string, boolean> =>
    Object.fromEntries(['checkout', 'cart'].map((text) => [text, test.slot(table, table.internText(text))]));
  expect(answers()).toEqual({ checkout: true, cart: false });
  const [checkout, cart] = [table.internText('checkout'), table.internText('cart')];
  table.release(new Uint8Array(table.capacity));
  // The other way round now.
  expect(new Set([table.internText('cart'), table.internText('checkout')])).toEqual(new Set([checkout, cart]));
  expect(answers()).toEqual({ checkout: true, cart: false });
  table.release(new Uint8Array(table.capacity));
  expect(answers()).toEqual({ checkout: true, cart: false });
});

it('looks at each text once, until the table changes hands', () => {
  let looked = 0;
  const test = new SlotTest((bytes, start, end) => {
    looked++;
    return end - start === 1 && bytes[start] === 0x61;
  });
  const [one, other] = [new InternTable(8, 1), new InternTable(8, 1)];
  const [a, b] = [one.internText('a'), one.internText('b')];
  expect([test.slot(one, a), test.slot(one, b), test.slot(one, a), test.slot(one, b)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(looked).toBe(2);
  expect([test.slot(other, other.internText('b')), test.slot(other, other.internText('a'))]).toEqual([false, true]);
  expect(looked).toBe(4);
  expect([test.slot(one, a), test.slot(one, b)]).toEqual([true, false]);
});

it('answers for thousands of texts as a plain comparison does', () => {
  const table = new InternTable(5000, 1);
  const test = compileSlotTest({ matches: '.*7' }, 'name', [])!;
  const texts = Array.from({ length: 4000 }, (_, i) => `text ${i}`);
  const slots = texts.map((text) => table.internText(text));
  for (const round of [1, 2]) {
    const wrong = texts.filter((text, i) => test.slot(table, slots[i]!) !== text.endsWith('7'));
    expect([round, wrong]).toEqual([round, []]);
  }
});

test('by slot and by bytes the answers are the same', () => {
  const table = new InternTable(4096, 1);
  const text = fc.string({ unit: 'grapheme', maxLength: 4 });
  fc.assert(
    fc.property(text, fc.array(text, { minLength: 1, maxLength: 3 }), (one, list) => {
      const compiled = compileSlotTest(list, 'p', [])!;
      const bytes = Buffer.from(one);
      expect(compiled.bytes(bytes, 0, bytes.length)).toBe(list.includes(one));
      expect(compiled.slot(table, table.internText(one))).toBe(list.includes(one));
    }),
    { seed: 171 },
  );
});

test.each<[unknown, string]>([
  ['> a', 'p: is no comparison for text'],
  ['missing', 'p: is no comparison for text'],
  [{ matches: '(' }, 'p: is no RE2 regular expression'],
  [{ matches: 'a', '<': 'b' }, 'p: is no comparison for text'],
  [null, 'p: cannot be compared with'],
  [{}, 'p: compares with nothing'],
])('%j is refused', (written, message) => {
  const errors: ConfigError[] = [];
  expect(compileSlotTest(written, 'p', errors)).toBeUndefined();
  expect(errors.map(formatConfigError).join('\n')).toContain(message);
});
