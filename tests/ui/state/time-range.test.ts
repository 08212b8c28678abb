// The time range of a page, and the way out of a narrow one.
import { expect, it } from 'vitest';
import { readRange, widened } from '#ui/state/time-range.ts';

const reader = { nowMs: 1_700_000_000_000, zone: 'utc' } as const;
const of = (text: string): ReturnType<typeof readRange> => readRange(new URLSearchParams(text), reader);

it.each([
  ['range=45m', 'Last 45 minutes'],
  ['range=1d', 'Last day'],
  ['range=1h', 'Last hour'],
  ['range=2d', 'Last 2 days'],
  ['', 'Last 30 minutes'],
  ['start=0&end=1000000000', '1970-01-01 00:00:00 – 00:00:01'],
])('names %s', (text, label) => {
  expect(of(text).label).toBe(label);
});

it('widens about the middle, never before 1970 and never beyond now', () => {
  const now = BigInt(reader.nowMs) * 1_000_000n;
  expect(widened(of('start=1000&end=2000'), reader.nowMs)).toEqual({ start: '499', end: '2501' });
  expect(widened(of('start=10&end=1010'), reader.nowMs).start).toBe('0');
  expect(widened(of(`start=${now - 1000n}&end=${now}`), reader.nowMs).end).toBe(String(now));
});
