// Trace ids of rejected spans: found again with their reasons, bounded, and taken back with a request that turns out malformed.
import { expect, it } from 'vitest';
import { RejectedIds } from '#collector/assemble/rejected-ids.ts';

it('remembers ids with every reason, whichever sign their words have', () => {
  const ids = new RejectedIds();
  ids.note(-1, 2, 3, 4, 1);
  ids.note(-1, 2, 3, 4, 1);
  ids.note(5, 6, 7, 8, 1);
  ids.note(-1, 2, 3, 4, 2);
  expect(ids.noted).toBe(3);
  expect([...ids.reasonsOf(0xffffffff, 2, 3, 4)]).toEqual([1, 2]);
  expect(ids.reasonsOf(9, 9, 9, 9).size).toBe(0);
});

it('forgets the oldest of more than it holds', () => {
  const ids = new RejectedIds();
  for (let i = 0; i < 5000; i++) ids.note(i, 0, 0, 1, 1);
  expect(ids.reasonsOf(0, 0, 0, 1).size).toBe(0);
  expect(ids.reasonsOf(4999, 0, 0, 1).size).toBe(1);
});

it('takes back what came since', () => {
  const ids = new RejectedIds();
  ids.note(1, 1, 1, 1, 1);
  const noted = ids.noted;
  ids.note(2, 2, 2, 2, 1);
  ids.back(noted);
  expect([ids.reasonsOf(1, 1, 1, 1).size, ids.reasonsOf(2, 2, 2, 2).size]).toEqual([1, 0]);
});
