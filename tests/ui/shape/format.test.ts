// Numbers as people read them.
import { expect, it } from 'vitest';
import { count, duration, offset, percent, shortCount } from '#ui/shape/format.ts';
import { ledgerGap } from '#ui/shape/ledger-check.ts';
import { chartData, seriesName, stepFor } from '#ui/shape/chart-data.ts';
import { HUES, huesOf } from '#ui/shape/service-hue.ts';

it.each([
  [0, '0'],
  [12, '12 ns'],
  [1_280, '1.28 µs'],
  [640_000_000, '640 ms'],
  [1_280_000_000, '1.28 s'],
  [999_600_000, '1 s'],
  [200_000_000_000, '3 min 20 s'],
  [7_200_000_000_000, '2 h'],
  [7_199_700_000_000, '2 h'],
  [19_200e9, '5 h 20 min'],
  [3 * 86_400e9, '3 d'],
  [4_560 * 60e9, '3 d 4 h'],
  [-4_560 * 60e9, '−3 d 4 h'],
  [2_016_144 * 3_600e9, '230 years'],
  [Number.NaN, '–'],
])('writes %d ns as %s', (ns, text) => {
  expect(duration(ns)).toBe(text);
});

it('writes counts, shares and offsets with their unit', () => {
  expect(count(51_325.4)).toBe('51,325');
  expect(count(3.42)).toBe('3.4');
  expect(shortCount(1_810_000)).toBe('1.81M');
  expect(percent(0.00607)).toBe('0.607 %');
  expect(offset(-3_020_000, 650_000)).toBe('−3.02 ± 0.65 ms');
  expect(offset(200e9, 650e6)).toBe('+3 min 20 s ± 650 ms');
});

it('says what a ledger does not account for', () => {
  expect(ledgerGap({ received: 10, stored: 4, sampled_out: 3, rejected: 1, dropped: 1, pending: 1 })).toBe(0);
  expect(ledgerGap({ received: 10, stored: 4, sampled_out: 3, rejected: 1, dropped: 1, pending: 0 })).toBe(1);
});

it('joins series on one axis with gaps kept', () => {
  expect(
    chartData([
      {
        metric: {},
        values: [
          [1, '5'],
          [3, '+Inf'],
        ],
      },
      { metric: {}, values: [[2, '7']] },
    ]),
  ).toEqual({
    times: [1, 2, 3],
    columns: [
      [5, null, null],
      [null, 7, null],
    ],
  });
  expect(seriesName({ __name__: 'up', job: 'x' })).toBe('up{job="x"}');
  expect(stepFor(1800)).toBe(10);
});

it('keeps hues apart, out of red, and different inside one trace', () => {
  const sorted = HUES.toSorted((a, b) => a - b);
  for (let i = 1; i < sorted.length; i++) expect(sorted[i]! - sorted[i - 1]!).toBeGreaterThanOrEqual(20);
  for (const hue of HUES) expect(hue > 45 && hue < 345).toBe(true);
  expect(new Set(huesOf(Array.from({ length: 14 }, (_, i) => `service-${i}`))).size).toBe(14);
});
