// The byte budget: first come, first served, never over its limit.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteBudget } from '#collector/receive/byte-budget.ts';

it('what does not fit waits for its turn, small requests behind a large one too', async () => {
  const budget = new ByteBudget(100, 10);
  expect(await budget.take(80)).toBe(true);
  const order: string[] = [];
  const large = budget.take(50).then(() => order.push('large'));
  const small = budget.take(10).then(() => order.push('small'));
  expect([budget.waiting, budget.tryTake(1)]).toEqual([2, false]);
  budget.give(80);
  await Promise.all([large, small]);
  expect(order).toEqual(['large', 'small']);
  expect(budget.usedBytes).toBe(60);
});

it('a request beyond the whole budget passes alone', async () => {
  const budget = new ByteBudget(100, 10);
  expect(await budget.take(500)).toBe(true);
  expect(budget.tryTake(1)).toBe(false);
  budget.give(500);
  expect(budget.tryTake(1)).toBe(true);
});

it('a full queue says no at once', async () => {
  const budget = new ByteBudget(100, 1);
  await budget.take(100);
  const waiting = budget.take(1);
  expect(await budget.take(1)).toBe(false);
  budget.give(100);
  expect(await waiting).toBe(true);
});

it('never has more in use than its limit, and ends at zero', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 50 }), async (sizes) => {
      const budget = new ByteBudget(100, 100);
      await Promise.all(
        sizes.map(async (size) => {
          await budget.take(size);
          expect(budget.usedBytes).toBeLessThanOrEqual(100);
          await Promise.resolve();
          budget.give(size);
        }),
      );
      expect([budget.usedBytes, budget.waiting]).toEqual([0, 0]);
    }),
  );
});
