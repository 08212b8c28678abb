// Ticks, zoom and bars.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { barBox, labelSide } from '#ui/layout/bar-box.ts';
import { niceStep, tickLabel, ticks } from '#ui/layout/time-axis.ts';
import { parseView, viewText, zoomView } from '#ui/layout/viewport.ts';

it('steps by 1, 2 or 5 and labels all ticks in one unit', () => {
  expect(niceStep(1_280e6, 5)).toBe(500e6);
  expect(niceStep(90, 10)).toBe(10);
  expect(tickLabel(1_200e6, 300e6)).toBe('1200 ms');
  expect(tickLabel(1_500, 500)).toBe('1500 ns');
  expect(tickLabel(-500e6, 500e6)).toBe('−500 ms');
});

it.each([
  [20 * 60e9, 20 * 60e9, '20 min'],
  [80 * 60e9, 20 * 60e9, '1 h 20 min'],
  [0, 86_400e9, '0 min'],
  [3 * 86_400e9, 86_400e9, '3 d'],
  [60 * 3_600e9, 12 * 3_600e9, '2 d 12 h'],
  [100 * 365 * 86_400e9, 50 * 365 * 86_400e9, '100 y'],
  [3 * 86_400e9 + 300e6, 300e6, '3 d 0:00:00.3'],
  [12_345.6e9, 100e6, '3:25:45.6'],
  [150e9, 10e9, '2:30'],
  [5_000_000_100, 100, '5.0000001 s'],
  [-12_345.6e9, 100e6, '−3:25:45.6'],
])('labels %d ns at steps of %d ns as %s', (ns, step, label) => {
  expect(tickLabel(ns, step)).toBe(label);
});

it('has steps for any length, so that neighbours never share a label', () => {
  fc.assert(
    fc.property(fc.double({ min: 100, max: 300 * 365 * 86_400e9, noNaN: true }), (length) => {
      const found = ticks(0, length, 1000);
      const step = niceStep(length, 11);
      expect(found.length).toBeGreaterThan(1);
      expect(new Set(found.map((t) => tickLabel(t, step))).size).toBe(found.length);
    }),
    { seed: 44 },
  );
});

it('keeps ticks inside the range and few enough to read', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1e12, max: 1e12, noNaN: true }),
      fc.double({ min: 10, max: 1e13, noNaN: true }),
      fc.integer({ min: 150, max: 2000 }),
      (from, length, width) => {
        const found = ticks(from, from + length, width);
        expect(found.length).toBeLessThanOrEqual(width / 40 + 2);
        for (const t of found) expect(t).toBeLessThanOrEqual(from + length);
      },
    ),
    { seed: 43 },
  );
});

it('zooms about a point and stays inside the whole', () => {
  const whole = { from: 0, to: 1000 };
  expect(zoomView(whole, whole, 250, 0.5)).toEqual({ from: 125, to: 625 });
  expect(zoomView({ from: 900, to: 1000 }, whole, 1000, 4)).toEqual({ from: 600, to: 1000 });
  expect(parseView(viewText({ from: 100, to: 200 }, whole), whole)).toEqual({ from: 100, to: 200 });
  expect(parseView('9~1', whole)).toEqual(whole);
  expect(viewText(whole, whole)).toBeNull();
});

it('never loses a bar and puts its label where there is room', () => {
  const view = { from: 0, to: 1e9 };
  expect(barBox(5e8, 1, view, 600).width).toBe(2);
  expect(barBox(2e9, 1, view, 600).visible).toBe(false);
  expect(labelSide(barBox(0, 1e8, view, 600), 40, 600)).toBe('right');
  expect(labelSide(barBox(9e8, 1e8, view, 600), 40, 600)).toBe('left');
  expect(labelSide(barBox(0, 1e9, view, 600), 40, 600)).toBe('column');
});
