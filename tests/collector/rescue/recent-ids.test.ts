// What was said of a trace is remembered until as many others were spoken of.
import { expect, test } from 'vitest';
import { RecentIds } from '#collector/rescue/recent-ids.ts';

test('remembers all that was said of an id, and nothing of others', () => {
  const recent = new RecentIds(1);
  expect(recent.bitsOf(1, 2, 3, 4)).toBe(0);
  recent.add(1, 2, 3, 4, 1);
  recent.add(1, 2, 3, 4, 2);
  recent.add(-1 >>> 0, 2, 3, 4, 2);
  expect(recent.bitsOf(1, 2, 3, 4)).toBe(3);
  expect(recent.bitsOf(-1, 2, 3, 4)).toBe(2);
  expect(recent.bitsOf(1, 2, 3, 5)).toBe(0);
  expect(recent.size).toBe(2);
});

test('forgets the oldest, bounded, and never what was said last', () => {
  const recent = new RecentIds(1);
  for (let n = 1; n <= 200_000; n++) {
    recent.add(n, 0, 0, n, 1);
    expect(recent.size <= 65_536).toBe(true);
  }
  expect(recent.bitsOf(1, 0, 0, 1)).toBe(0);
  for (let n = 200_000; n > 170_000; n--) expect(recent.bitsOf(n, 0, 0, n)).toBe(1);
});
