// The collector's clock follows the system's, and outlives what is done to it.
import { expect, test } from 'vitest';
import { steadyClock } from '#collector/self/steady-clock.ts';

function clockUnderTest(): { pass(ms: number): number; set(byMs: number): void } {
  let wallMs = 1_000_000;
  let elapsedMs = 5;
  const now = steadyClock(
    () => wallMs,
    () => elapsedMs,
  );
  return {
    pass(ms) {
      wallMs += ms;
      elapsedMs += ms;
      return now();
    },
    set(byMs) {
      wallMs += byMs;
    },
  };
}

test('is the system clock, also when that is set forward', () => {
  const clock = clockUnderTest();
  expect(clock.pass(10)).toBe(1_000_010);
  clock.set(3_600_000);
  expect(clock.pass(10)).toBe(4_600_020);
});

test('set back, it goes on at half its speed until both agree: it neither goes back nor stands still', () => {
  const clock = clockUnderTest();
  clock.pass(1000);
  clock.set(-60_000);
  const seen = Array.from({ length: 200 }, () => clock.pass(1000));
  expect(seen.slice(0, 3)).toEqual([1_001_500, 1_002_000, 1_002_500]);
  expect(seen.every((ms, i) => i === 0 || ms > seen[i - 1]!)).toBe(true);
  expect(seen.at(-1)).toBe(1_000_000 + 201_000 - 60_000);
});

test('parts of a millisecond add up', () => {
  const clock = clockUnderTest();
  clock.pass(1000);
  clock.set(-60_000);
  for (let i = 0; i < 100; i++) clock.pass(0.5);
  expect(clock.pass(0)).toBe(1_001_025);
});
