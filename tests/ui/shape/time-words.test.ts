// Points in time in words, and back from a field.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { axisTimes, fieldText, fullTime, timeOfField, when, whenBetween, zoneName } from '#ui/shape/time-words.ts';

const ns = (text: string): string => `${Date.parse(text)}000000`;
const reader = { zone: 'utc', nowMs: Date.parse('2026-11-30T15:00:00Z') } as const;

it.each([
  ['2026-11-30T02:22:32.749Z', '02:22:32.749'],
  ['2026-11-27T02:22:32.749Z', '11-27 02:22:32.749'],
  ['2025-11-30T02:22:32.749Z', '2025-11-30 02:22:32.749'],
  ['1970-01-01T00:00:00.000Z', '1970-01-01 00:00:00.000'],
  ['2200-01-01T00:00:00.000Z', '2200-01-01 00:00:00.000'],
])('writes %s as %s', (time, words) => {
  expect(when(ns(time), reader)).toBe(words);
});

it('says the zone in full, and the day of the second end of a range only where it is another', () => {
  expect(fullTime(ns('2026-11-30T02:22:32.749Z'), 'utc')).toBe('2026-11-30 02:22:32.749 UTC');
  expect(zoneName(0, 'local')).toMatch(/^UTC[+−]\d\d:\d\d \(.+\)$/);
  expect(whenBetween(ns('2026-11-29T10:00:00Z'), ns('2026-11-29T11:00:00Z'), reader)).toBe('11-29 10:00:00 – 11:00:00');
  expect(whenBetween(ns('2026-11-29T23:00:00Z'), ns('2026-11-30T01:00:00Z'), reader)).toBe(
    '11-29 23:00:00 – 11-30 01:00:00',
  );
});

it('labels an axis with the date at its first label and at each new day', () => {
  const at = (text: string): number => Date.parse(text) / 1000;
  expect(axisTimes([at('2026-11-30T12:00:00Z'), at('2026-11-30T12:01:00Z')], reader)).toEqual(['12:00', '12:01']);
  expect(axisTimes([at('2026-11-29T12:00:00Z'), at('2026-11-30T00:00:00Z')], reader)).toEqual([
    '11-29\n12:00',
    '11-30\n00:00',
  ]);
  expect(axisTimes([at('2025-12-31T00:00:00Z'), at('2026-01-01T00:00:00Z')], reader)).toEqual([
    '2025-12-31',
    '2026-01-01',
  ]);
});

it.each(['utc', 'local'] as const)('reads a field as it was written, in %s', (zone) => {
  fc.assert(
    fc.property(fc.integer({ min: 86_400, max: 9_223_000_000 }), (seconds) => {
      const text = fieldText(`${seconds}000000000`, zone);
      const read = timeOfField(text, zone);
      // An hour that comes twice when clocks are put back is read as one of the two.
      expect(Math.abs(Number(BigInt(read ?? '0') / 1_000_000_000n) - seconds) % 3_600).toBe(0);
      expect(fieldText(read ?? '0', zone)).toBe(text);
    }),
    { seed: 7 },
  );
  for (const text of ['', '2026-11-30', '2300-01-01T00:00', '1960-01-01T00:00:00', 'now'])
    expect(timeOfField(text, zone)).toBeNull();
});
