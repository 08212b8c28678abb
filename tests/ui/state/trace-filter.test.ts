// The address as filter, and words as filter.
import { expect, it, vi } from 'vitest';
import { columnsNs, heatGrid, rowsNs, timeOfX, xOfTime, yOfMs } from '#ui/shape/heatmap-grid.ts';
import { readRange } from '#ui/state/time-range.ts';
import { placeAt } from '#ui/state/completion.ts';
import { asksFor, excluded, partsOf, toggled } from '#ui/state/question.ts';
import { filterQuery, readSelection, selectionText, withSelection } from '#ui/state/trace-filter.ts';
import { href } from '#ui/state/url-state.ts';

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

it('asks the API for what the address says, also as it was written before', () => {
  const params = new URLSearchParams('service=a+b&attr=x%3D1&status=error&min_duration_ms=1.5&other=z&q=c+or+d');
  expect(filterQuery(params, range)).toEqual({
    start: range.startNs,
    end: range.endNs,
    q: '(c or d) service="a b" trace.duration>=1500us status=error x=1',
  });
});

it('carries a rectangle through the address and narrows the filter by it', () => {
  const selection = readSelection(
    new URLSearchParams({ sel: selectionText({ startNs: '10', endNs: '20', minNs: 5, maxNs: 5000 }) }),
  );
  expect(withSelection({ start: '0', end: '99', q: 'a' }, selection)).toEqual({
    start: '10',
    end: '20',
    q: 'a trace.duration>=5ns trace.duration<5us',
  });
  expect(readSelection(new URLSearchParams('sel=20~10~1~2'))).toBeNull();
});

it('knows the conditions of a question, and the question without each', () => {
  expect(partsOf('service=a (b or c) not d=1')).toEqual([
    { text: 'service=a', without: '(b or c) not d=1' },
    { text: 'b or c', without: 'service=a not d=1' },
    { text: 'not d=1', without: 'service=a (b or c)' },
  ]);
  expect(partsOf('service=')).toEqual([]);
});

it.each([
  ['', 'service=a', 'service=a'],
  ['service=a x=1', 'service=a', 'x=1'],
  ['service=a x=1', 'service=b', 'service in (a, b) x=1'],
  ['service in (a, b, c)', 'service=b', 'service in (a, c)'],
  ['service in (a, b)', 'service=b', 'service=a'],
  ['a or b', 'x="500"', '(a or b) x="500"'],
  ['x=500', 'x="500"', 'x in (500, "500")'],
])('adds a value, or takes it away: %s, %s', (question, condition, next) => {
  expect(toggled(question, condition)).toBe(next);
  expect(asksFor(next, condition)).toBe(!asksFor(question, condition));
});

it('excludes what it asked for', () => {
  expect(excluded('service in (a, b)', 'service=b')).toBe('service=a not any(service=b)');
});

it.each([
  ['ser', 'key', 'ser', ''],
  ['service=checkout st', 'key', 'st', ''],
  ['service=che', 'value', 'che', 'service'],
  ['a b service = che', 'value', 'che', 'service'],
  ['name="POST /c', 'value', 'POST /c', 'name'],
  ['kind in (server, con', 'value', 'con', 'kind'],
  ['not (exists(htt', 'key', 'htt', ''],
  ['"a key"!=x', 'value', 'x', 'a key'],
])('knows what may be completed behind %s', (text, of, typed, key) => {
  expect(placeAt(text, text.length)).toMatchObject({ of, typed, key });
});

it('keeps the range on the way to another page, unless another is named', () => {
  vi.stubGlobal('location', { search: '?range=3h&q=x' });
  expect(href('/services')).toBe('/services?range=3h');
  expect(href('/search', { q: 'status=error' })).toBe('/search?range=3h&q=status%3Derror');
  expect(href('/search', { range: '5m' })).toBe('/search?range=5m');
  expect(href('/search', { range: null, q: 'a' })).toBe('/search?q=a');
  expect(href('/map', new URLSearchParams('start=1&end=2'))).toBe('/map?start=1&end=2');
  vi.unstubAllGlobals();
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
  expect(yOfMs(grid, box, 42)).toBeLessThan(yOfMs(grid, box, 10));
  expect(rowsNs(12, 16)).toEqual({ minNs: 1_000_000, maxNs: 10_000_000 });
  expect(rowsNs(0, 1).minNs).toBe(0);
  expect(columnsNs(grid, 9, 10)).toEqual({ startNs: '900000', endNs: '1000000' });
  expect(grid.cells[1]?.strength).toBe(1);
});
