// The address as filter, and words as filter.
import { expect, it } from 'vitest';
import { heatGrid, msOfY, timeOfX, xOfTime, yOfMs } from '#ui/shape/heatmap-grid.ts';
import { readRange } from '#ui/state/time-range.ts';
import { chips, filterQuery, meaningOf, readSelection, selectionText, withSelection } from '#ui/state/trace-filter.ts';

const range = readRange(new URLSearchParams('range=1h'), { nowMs: 1_700_000_000_000, zone: 'utc' });

it('reads ranges, relative and fixed, and falls back from nonsense', () => {
  expect(BigInt(range.endNs) - BigInt(range.startNs)).toBe(3_600_000_000_000n);
  expect(readRange(new URLSearchParams('start=5&end=9'), { nowMs: 0, zone: 'utc' })).toMatchObject({
    startNs: '5',
    endNs: '9',
    relative: null,
  });
  expect(readRange(new URLSearchParams('range=-4x&start=9&end=5'), { nowMs: 0, zone: 'utc' }).relative).toBe('30m');
});

it('asks the API for what the address says', () => {
  const params = new URLSearchParams('service=a&attr=x%3D1&attr=y%3D2&other=z');
  expect(filterQuery(params, range)).toEqual({
    start: range.startNs,
    end: range.endNs,
    service: 'a',
    attr: ['x=1', 'y=2'],
  });
  expect(chips(params).map((c) => c.text)).toEqual(['service = a', 'x = 1', 'y = 2']);
});

it('carries a rectangle through the address and narrows the filter by it', () => {
  const selection = readSelection(
    new URLSearchParams({ sel: selectionText({ startNs: '10', endNs: '20', minMs: 5, maxMs: 50 }) }),
  );
  expect(withSelection({ start: '0', end: '99', min_duration_ms: '10' }, selection)).toMatchObject({
    start: '10',
    end: '20',
    min_duration_ms: '10',
    max_duration_ms: '50',
  });
  expect(readSelection(new URLSearchParams('sel=20~10~1~2'))).toBeNull();
});

it.each([
  ['7F3A0C52BE914D7E·a1c4d0926fb01e38', { trace: '7f3a0c52be914d7ea1c4d0926fb01e38' }],
  ['duration > 1.5s', { key: 'min_duration_ms', value: '1500' }],
  ['duration<=20ms', { key: 'max_duration_ms', value: '20' }],
  ['http.route=/cart', { key: 'attr', value: 'http.route=/cart' }],
  ['service = payment', { key: 'service', value: 'payment' }],
  ['payment', { key: 'service', value: 'payment' }],
  ['GET /cart', { key: 'operation', value: 'GET /cart' }],
])('understands %s', (text, meaning) => {
  expect(meaningOf(text, ['payment'])).toEqual(meaning);
});

it('goes from values to pixels of the heatmap and back', () => {
  const grid = heatGrid({
    start: '0',
    end: '1000000',
    columns: 10,
    cells: [
      [0, 12, 1, 20, 0],
      [9, 24, 2, 40, 1],
    ],
  });
  const box = { width: 500, height: 160 };
  expect(timeOfX(grid, box, xOfTime(grid, box, 250_000n))).toBe(250_000n);
  expect(msOfY(grid, box, yOfMs(grid, box, 42))).toBeCloseTo(42, 6);
  expect(grid.cells[1]?.strength).toBe(1);
});
