// Times by a pattern of % directives: read, written, and the same after both.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { checkTimePattern, formatTime, parseTime } from '#collector/decide/otelcol/ottl/functions/strptime.ts';
import { NOW_NS } from '#tests/support/ottl-subject.ts';

const at = (text: string): bigint => BigInt(Date.parse(text)) * 1_000_000n;
const read = (text: string, pattern: string): string =>
  new Date(Number(parseTime(text, pattern, NOW_NS) / 1_000_000n)).toISOString();

describe('reading', () => {
  test.each([
    ['2023-11-14', '%Y-%m-%d', '2023-11-14T00:00:00.000Z'],
    ['2023-11-14 22:13:20', '%F %T', '2023-11-14T22:13:20.000Z'],
    ['11/14/2023', '%D', '2023-11-14T00:00:00.000Z'],
    ['68-01-02', '%y-%m-%d', '2068-01-02T00:00:00.000Z'],
    ['69-01-02', '%y-%m-%d', '1969-01-02T00:00:00.000Z'],
    ['2023-1-2', '%Y-%m-%d', '2023-01-02T00:00:00.000Z'],
    ['2023 Nov  5', '%Y %b %e', '2023-11-05T00:00:00.000Z'],
    ['5 november 2023', '%d %B %Y', '2023-11-05T00:00:00.000Z'],
    ['Tue Nov 14 22:13:20 2023', '%c', '2023-11-14T22:13:20.000Z'],
    ['Tuesday, 14 Nov 2023', '%A, %d %b %Y', '2023-11-14T00:00:00.000Z'],
    ['2023-11-14 10:13 PM', '%F %I:%M %p', '2023-11-14T22:13:00.000Z'],
    ['2023-11-14 12:00 am', '%F %I:%M %p', '2023-11-14T00:00:00.000Z'],
    ['2023-11-14 12:00 PM', '%F %I:%M %p', '2023-11-14T12:00:00.000Z'],
    ['2023-11-14T22:13:20.5', '%FT%T.%L', '2023-11-14T22:13:20.500Z'],
    ['2023-11-14T22:13:20,123456', '%FT%T,%f', '2023-11-14T22:13:20.123Z'],
    ['2023-11-14T22:13:20+0100', '%FT%T%z', '2023-11-14T21:13:20.000Z'],
    ['2023-11-14T22:13:20-05:30', '%FT%T%j', '2023-11-15T03:43:20.000Z'],
    ['2023-11-14T22:13:20Z', '%FT%T%z', '2023-11-14T22:13:20.000Z'],
    ['2023-11-14T22:13:20 UTC', '%FT%T %Z', '2023-11-14T22:13:20.000Z'],
    ['14/Nov/2023:22:13:20 +0000', '%d/%b/%Y:%H:%M:%S %z', '2023-11-14T22:13:20.000Z'],
  ])('%s by %s is %s', (text, pattern, expected) => {
    expect(read(text, pattern)).toBe(expected);
  });

  test('literals, percent signs and line breaks are themselves', () => {
    expect(read('[2023] (11) 14% x', '[%Y] (%m) %d%% x')).toBe('2023-11-14T00:00:00.000Z');
    expect(read('2023\n11\t14', '%Y%n%m%t%d')).toBe('2023-11-14T00:00:00.000Z');
    expect(() => read('2023x11', '%Y.%m')).toThrow('does not fit');
  });

  test('nanoseconds are kept', () => {
    expect(parseTime('2023-11-14T22:13:20.123456789', '%FT%T.%s', NOW_NS)).toBe(
      at('2023-11-14T22:13:20Z') + 123_456_789n,
    );
    expect(parseTime('2023-11-14T22:13:20.1', '%FT%T.%s', NOW_NS)).toBe(at('2023-11-14T22:13:20Z') + 100_000_000n);
  });

  test('without a year it is this one, or the one before if that were more than a week ahead', () => {
    // Now is 2023-11-14.
    expect(read('11-14', '%m-%d')).toBe('2023-11-14T00:00:00.000Z');
    expect(read('11-20', '%m-%d')).toBe('2023-11-20T00:00:00.000Z');
    expect(read('11-25', '%m-%d')).toBe('2022-11-25T00:00:00.000Z');
    expect(read('01-01', '%m-%d')).toBe('2023-01-01T00:00:00.000Z');
  });

  test.each([
    ['2023-13-01', '%F', 'is no time'],
    ['2023-02-30', '%F', 'is no time'],
    ['2023-00-10', '%F', 'is no time'],
    ['2023-11-00', '%F', 'is no time'],
    ['24:00', '%R', 'is no time'],
    ['23:60', '%R', 'is no time'],
    ['23:59:60', '%T', 'is no time'],
    ['2023', '%F', '2023 does not fit %F'],
    ['2023-11-14 x', '%F', 'does not fit'],
    ['', '%Y', 'does not fit'],
    ['Foo 2023', '%b %Y', 'does not fit'],
    ['9'.repeat(300), '%Y', '… is no time'],
  ])('%s by %s: it %s', (text, pattern, message) => {
    expect(() => parseTime(text, pattern, NOW_NS)).toThrow(message);
  });

  test('a leap day is one in leap years alone', () => {
    expect(read('2024-02-29', '%F')).toBe('2024-02-29T00:00:00.000Z');
    expect(() => read('2023-02-29', '%F')).toThrow('is no time');
  });
});

describe('writing', () => {
  const time = at('2023-01-05T09:03:07Z');

  test.each([
    ['%Y-%m-%d', '2023-01-05'],
    ['%y', '23'],
    ['%o|%q|%e|%g', ' 1|1| 5|5'],
    ['%b %B %h', 'Jan January Jan'],
    ['%a %A', 'Thu Thursday'],
    ['%H:%M:%S', '09:03:07'],
    ['%I|%l|%p|%P', '09|9|AM|am'],
    ['%D %x', '01/05/2023 01/05/2023'],
    ['%F %T %X', '2023-01-05 09:03:07 09:03:07'],
    ['%R %r', '09:03 09:03:07 am'],
    ['%c', 'Thu Jan 05 09:03:07 2023'],
    ['%z %w %i %j %k %Z', 'Z +000000 +00 +00:00 +00:00:00 UTC'],
    ['100%%', '100%'],
    ['%S.%L', '07'],
  ])('%s is %s', (pattern, expected) => {
    expect(formatTime(time, pattern)).toBe(expected);
  });

  test('a fraction has as many digits as there are, and takes its point along when there are none', () => {
    const ns = time + 120_345_000n;
    expect(['%S.%L', '%S.%f', '%S.%s', '%S,%L'].map((pattern) => formatTime(ns, pattern))).toEqual([
      '07.12',
      '07.120345',
      '07.120345',
      '07,12',
    ]);
    expect(formatTime(time + 5n, '%S.%s')).toBe('07.000000005');
    expect(formatTime(-1n, '%F %T.%s')).toBe('1969-12-31 23:59:59.999999999');
  });

  test('noon and midnight are twelve', () => {
    expect(formatTime(at('2023-01-05T00:00:00Z'), '%I %p')).toBe('12 AM');
    expect(formatTime(at('2023-01-05T12:00:00Z'), '%I %p')).toBe('12 PM');
    expect(formatTime(at('2023-01-05T13:00:00Z'), '%l %P')).toBe('1 pm');
  });

  test('times beyond all calendars have no text', () => {
    expect(() => formatTime(2n ** 63n * 1000n, '%Y')).toThrow('beyond all calendars');
  });
});

test('what is written is read as the same time', () => {
  const times = fc
    .date({ noInvalidDate: true, min: new Date('1970-01-01'), max: new Date('2068-12-31') })
    .map((date) => BigInt(Math.floor(date.getTime() / 1000)) * 1_000_000_000n);
  const patterns = fc.constantFrom('%F %T', '%c', '%D %r', '%y-%m-%d %H:%M:%S', '%d %B %Y %I.%M.%S %p', '%FT%T%j');
  fc.assert(
    fc.property(times, patterns, (ns, pattern) => {
      expect(parseTime(formatTime(ns, pattern), pattern, NOW_NS)).toBe(ns);
    }),
    { seed: 311 },
  );
});

test.each([
  ['', 'has an empty time pattern'],
  ['%Q', 'has the time directive %Q, which is not known'],
  ['%Y2', 'has digits in a time pattern'],
  ['%S%L', 'has a fraction of a second without a point or comma before it'],
])('the pattern %j is refused', (pattern, message) => {
  expect(() => checkTimePattern(pattern)).toThrow(message);
});

test.each(['%Y', '%S.%L', '%S,%f', '%%', 'year %Y'])('the pattern %s is one', (pattern) => {
  expect(() => checkTimePattern(pattern)).not.toThrow();
});
