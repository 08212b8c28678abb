// When a role is started again: at once after a life that was ready, with growing waits after one that never was, or after too many ends in a row.
import { expect, test } from 'vitest';
import { RestartPolicy } from '#deploy/restart-policy.ts';

function policy(): { ended: (wasReady: boolean, afterMs?: number) => number } {
  let nowMs = 0;
  const restarts = new RestartPolicy(() => nowMs);
  return {
    ended(wasReady, afterMs = 0) {
      nowMs += afterMs;
      return restarts.ended(wasReady);
    },
  };
}

test('a life that was ready is followed by the next at once, as often as it happens', () => {
  const { ended } = policy();
  expect(Array.from({ length: 50 }, () => ended(true, 2500))).toEqual(Array.from({ length: 50 }, () => 0));
});

test('a life that never was ready makes the next one wait, ever longer, up to ten seconds', () => {
  const { ended } = policy();
  expect(Array.from({ length: 9 }, () => ended(false, 1000))).toEqual([
    200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000,
  ]);
  expect(ended(true, 1000)).toBe(0);
  expect(ended(false, 1000)).toBe(200);
});

test('more than five ends of ready lives within ten seconds make it wait, too, until they are further apart', () => {
  const { ended } = policy();
  expect(Array.from({ length: 8 }, () => ended(true, 500))).toEqual([0, 0, 0, 0, 0, 200, 400, 800]);
  expect(ended(true, 10_000)).toBe(0);
});
