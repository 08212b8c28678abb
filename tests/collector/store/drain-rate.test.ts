// The measured rate at which the store takes blocks.
import { expect, it } from 'vitest';
import { DrainRate } from '#collector/store/drain-rate.ts';

function run(rate: DrainRate, fromMs: number, ms: number, bytesPerSecond: number, isBusy = true): number {
  for (let now = fromMs; now < fromMs + ms; now += 200) {
    rate.add(bytesPerSecond / 5);
    rate.advance(now + 200, isBusy);
  }
  return fromMs + ms;
}

it('is what the store takes while something waits, whatever the pauses between', () => {
  const rate = new DrainRate();
  expect(rate.bytesPerSecond).toBe(0);
  rate.advance(0, true);
  let now = run(rate, 0, 5_000, 1_000_000);
  expect(rate.bytesPerSecond).toBeCloseTo(1_000_000, -2);
  rate.advance(now, false);
  now += 3_600_000; // nothing to send
  rate.advance(now, true);
  run(rate, now, 5_000, 1_000_000);
  expect(rate.bytesPerSecond).toBeCloseTo(1_000_000, -2);
});

it('follows a change within about a minute, down to nothing', () => {
  const rate = new DrainRate();
  rate.advance(0, true);
  let now = run(rate, 0, 60_000, 8_000_000);
  now = run(rate, now, 60_000, 2_000_000);
  expect(rate.bytesPerSecond).toBeGreaterThan(3_000_000);
  expect(rate.bytesPerSecond).toBeLessThan(5_000_000);
  now = run(rate, now, 300_000, 2_000_000);
  expect(rate.bytesPerSecond).toBeCloseTo(2_000_000, -5);
  run(rate, now, 600_000, 0);
  expect(rate.bytesPerSecond).toBeLessThan(1_000);
});
