// OTTL functions about times and durations, against the calendar of JavaScript.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { asked, refusalOf } from '#tests/support/ottl-subject.ts';

/** The span ends at 2023-11-14 22:13:16 UTC, began a second before, and now is 22:13:20. */
test.each([
  ['Year(end_time) == 2023 and Month(end_time) == 11 and Day(end_time) == 14', true],
  ['Hour(end_time) == 22 and Minute(end_time) == 13 and Second(end_time) == 16', true],
  ['Weekday(end_time) == 2', true],
  ['Nanosecond(end_time) == 0', true],
  ['Unix(1700000000) == Now()', true],
  ['Unix(1700000000, 5) == Now() + Duration("5ns")', true],
  ['Unix(-1, 999999999) < Unix(0)', true],
  ['UnixSeconds(Now()) == 1700000000', true],
  ['UnixMilli(Now()) == 1700000000000', true],
  ['UnixMicro(Now()) == 1700000000000000', true],
  ['UnixNano(Now()) == 1700000000000000000', true],
  ['UnixSeconds(Unix(-1, 1)) == -1 and UnixSeconds(Unix(0) - Duration("1ns")) == -1', true],
  ['Nanosecond(Unix(0) - Duration("1ns")) == 999999999', true],
  ['Year(Unix(0) - Duration("1ns")) == 1969', true],
  ['Hours(Duration("90m")) == 1.5', true],
  ['Minutes(Duration("90s")) == 1.5', true],
  ['Seconds(Duration("1500ms")) == 1.5', true],
  ['Milliseconds(Duration("1999us")) == 1', true],
  ['Microseconds(Duration("1999ns")) == 1', true],
  ['Nanoseconds(Duration("-1ms")) == -1000000', true],
  ['Milliseconds(Duration("-1999us")) == -1', true],
  ['Seconds(end_time - start_time) == 1.0', true],
  ['TruncateTime(Now(), Duration("1h")) == Time("2023-11-14 22", "%Y-%m-%d %H")', true],
  ['TruncateTime(Now(), Duration("24h")) == Time("2023-11-14", "%Y-%m-%d")', true],
  ['TruncateTime(Now(), Duration("0s")) == Now()', true],
  ['TruncateTime(Now(), Duration("-1h")) == Now()', true],
  ['TruncateTime(Now(), Duration("168h")) == Time("2023-11-13", "%Y-%m-%d")', true],
  ['Duration("1x") == Duration("1s")', '1x is no duration'],
  ['Year(attributes["k"]) == 1', 'expected a time'],
  ['Hours(Now()) == 1', 'expected a duration'],
] as const)('%s: %s', (condition, expected) => {
  expect(asked(condition)).toBe(expected);
});

test('parts of any time are those of the calendar', () => {
  const time = fc.date({ noInvalidDate: true, min: new Date('1900-01-01'), max: new Date('2200-01-01') });
  fc.assert(
    fc.property(time, (date) => {
      const seconds = BigInt(Math.floor(date.getTime() / 1000));
      const values = {
        s: seconds,
        year: BigInt(date.getUTCFullYear()),
        month: BigInt(date.getUTCMonth() + 1),
        day: BigInt(date.getUTCDate()),
        week: BigInt(date.getUTCDay()),
        hour: BigInt(date.getUTCHours()),
        minute: BigInt(date.getUTCMinutes()),
        second: BigInt(date.getUTCSeconds()),
      };
      const parts = ['Year', 'Month', 'Day', 'Hour', 'Minute', 'Second'].map(
        (part) => `${part}(Unix(attributes["s"])) == attributes["${part.toLowerCase()}"]`,
      );
      expect(asked([...parts, 'Weekday(Unix(attributes["s"])) == attributes["week"]'].join(' and '), values)).toBe(
        true,
      );
      expect(asked('UnixSeconds(Unix(attributes["s"])) == attributes["s"]', values)).toBe(true);
    }),
    { seed: 301 },
  );
});

test.each([
  ['Time("2023", "") == Now()', 'has an empty time pattern'],
  ['Time("2023", "%Q") == Now()', 'has the time directive %Q, which is not known'],
  ['Time("2023", "%Y 5") == Now()', 'has digits in a time pattern'],
  ['Time("2023 5", "%Y %L") == Now()', 'has a fraction of a second without a point or comma before it'],
  ['Time("2023", "%Y", "Europe/Berlin") == Now()', 'gives Time a location; only UTC is supported'],
  ['Time("2023", "%Y", "UTC") == Now()', ''],
  ['Time("2023", "%Y", "UTC", "de") == Now()', 'gives Time a locale, which is not supported'],
  ['Time("2023", name) == Now()', 'does not stand in the condition itself'],
  ['FormatTime(Now(), "%Q") == ""', 'has the time directive %Q'],
  ['Duration(5) == Duration("1s")', 'never fits'],
  ['Year(5) == 1', 'never fits'],
  ['Unix("5") == Now()', 'never fits'],
])('%s: %j', (condition, message) => {
  expect([refusalOf(condition) === '', refusalOf(condition).includes(message)]).toEqual([message === '', true]);
});
