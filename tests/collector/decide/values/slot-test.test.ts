import { expect, it } from 'vitest';
import { compileSlotTest } from '#collector/decide/values/slot-test.ts';
import { InternTable } from '#collector/model/intern-table.ts';

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
