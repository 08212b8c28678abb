// Any pattern of directives: what the writer writes is what a plain formatter makes of the date's parts, and the reader reads it back.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { formatTime, parseTime } from '#collector/decide/otelcol/ottl/functions/strptime.ts';
import { OttlError } from '#collector/decide/otelcol/ottl/value.ts';
import { NOW_NS } from '#tests/support/ottl-subject.ts';

const NS_PER_MS = 1_000_000n;
const two = (value: number): string => String(value).padStart(2, '0');
/** Of the UTC date in English, from the runtime's own calendar. */
const named = (date: Date, part: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat('en-US', { ...part, timeZone: 'UTC' }).format(date);

/** Directives by what they fix of a time, with a plain formatter each. */
const YEARS: Readonly<Record<string, (date: Date) => string>> = { '%Y': (date) => date.toISOString().slice(0, 4) };
const MONTHS: Readonly<Record<string, (date: Date) => string>> = {
  '%m': (date) => date.toISOString().slice(5, 7),
  '%o': (date) => named(date, { month: 'numeric' }).padStart(2),
  '%q': (date) => named(date, { month: 'numeric' }),
  '%b': (date) => named(date, { month: 'short' }),
  '%h': (date) => named(date, { month: 'short' }),
  '%B': (date) => named(date, { month: 'long' }),
};
const DAYS: Readonly<Record<string, (date: Date) => string>> = {
  '%d': (date) => date.toISOString().slice(8, 10),
  '%e': (date) => named(date, { day: 'numeric' }).padStart(2),
  '%g': (date) => named(date, { day: 'numeric' }),
};
const HOURS: Readonly<Record<string, (date: Date) => string>> = {
  '%H': (date) => date.toISOString().slice(11, 13),
  '%I %p': (date) => `${two(twelve(date))} ${date.getUTCHours() < 12 ? 'AM' : 'PM'}`,
  '%l%P': (date) => `${twelve(date)}${date.getUTCHours() < 12 ? 'am' : 'pm'}`,
};
const WEEKDAYS: Readonly<Record<string, (date: Date) => string>> = {
  '%a': (date) => named(date, { weekday: 'short' }),
  '%A': (date) => named(date, { weekday: 'long' }),
};
/** What is read again as no shift, or as nothing. */
const ZONES: Readonly<Record<string, () => string>> = {
  '%z': () => 'Z',
  '%w': () => '+000000',
  '%i': () => '+00',
  '%j': () => '+00:00',
  '%k': () => '+00:00:00',
  '%Z': () => 'UTC',
};

function twelve(date: Date): number {
  const hour = date.getUTCHours() % 12;
  return hour === 0 ? 12 : hour;
}

/** @throws what is no OttlError */
function readOrProblem(text: string, pattern: string): bigint | string {
  try {
    return parseTime(text, pattern, NOW_NS);
  } catch (error) {
    if (error instanceof OttlError) return error.message;
    throw error;
  }
}

type Piece = readonly [directive: string, write: (date: Date) => string];
const oneOf = (table: Readonly<Record<string, (date: Date) => string>>): fc.Arbitrary<Piece> =>
  fc.constantFrom(...Object.entries(table));
/** Between two directives, so that no digit runs into the next number. */
const separator = fc.constantFrom(' ', ', ', '-', '/', '_', ' | ', ' (', '%%', '%n', '%t');
const shownSeparator = (text: string): string => text.replace('%%', '%').replace('%n', '\n').replace('%t', '\t');

/** All that a time is made of to the second, in any order. */
const pattern = fc
  .record({
    pieces: fc
      .tuple(
        oneOf(YEARS),
        oneOf(MONTHS),
        oneOf(DAYS),
        oneOf(HOURS),
        fc.constant<Piece>(['%M', (d) => two(d.getUTCMinutes())]),
        fc.constant<Piece>(['%S', (d) => two(d.getUTCSeconds())]),
      )
      .chain((needed) =>
        fc
          .tuple(fc.option(oneOf(WEEKDAYS), { nil: undefined }), fc.option(oneOf(ZONES), { nil: undefined }))
          .chain((more) => {
            const all = [...needed, ...more.filter((one) => one !== undefined)];
            return fc.shuffledSubarray(all, { minLength: all.length });
          }),
      ),
    separators: fc.array(separator, { minLength: 8, maxLength: 8 }),
  })
  .map(({ pieces, separators }) => ({
    text: pieces.map(([directive], i) => (i === 0 ? '' : separators[i - 1]!) + directive).join(''),
    write: (date: Date) =>
      pieces.map(([, write], i) => (i === 0 ? '' : shownSeparator(separators[i - 1]!)) + write(date)).join(''),
  }));
const second = fc
  .integer({ min: Date.UTC(1000, 0, 1) / 1000, max: Date.UTC(9999, 11, 31) / 1000 })
  .map((seconds) => new Date(seconds * 1000));

test('is written as a plain formatter writes it, and read as the same time', () => {
  fc.assert(
    fc.property(second, pattern, (date, { text, write }) => {
      const ns = BigInt(date.getTime()) * NS_PER_MS;
      expect(formatTime(ns, text)).toBe(write(date));
      expect(parseTime(write(date), text, NOW_NS)).toBe(ns);
    }),
    { seed: 312, numRuns: 500 },
  );
});

test('letters may be of either case when read', () => {
  fc.assert(
    fc.property(second, pattern, fc.boolean(), (date, { text, write }, upper) => {
      const shown = write(date);
      const changed = upper ? shown.toUpperCase() : shown.toLowerCase();
      expect(parseTime(changed, text, NOW_NS)).toBe(BigInt(date.getTime()) * NS_PER_MS);
    }),
    { seed: 313, numRuns: 200 },
  );
});

test('a fraction of up to nine digits is kept, behind a point or a comma', () => {
  fc.assert(
    fc.property(second, fc.integer({ min: 1, max: 999_999_999 }), fc.constantFrom('.', ','), (date, ns, point) => {
      const digits = String(ns).padStart(9, '0').replace(/0+$/, '');
      const whole = BigInt(date.getTime()) * NS_PER_MS;
      const shown = date.toISOString().slice(0, 19) + point + digits;
      expect(formatTime(whole + BigInt(ns), `%FT%T${point}%s`)).toBe(shown);
      expect(parseTime(shown, `%FT%T${point}%s`, NOW_NS)).toBe(whole + BigInt(ns));
      // Three digits of it are milliseconds, cut off and not rounded.
      const ms = String(ns).padStart(9, '0').slice(0, 3).replace(/0+$/, '');
      expect(formatTime(whole + BigInt(ns), `%S${point}%L`)).toBe(
        two(date.getUTCSeconds()) + (ms === '' ? '' : point + ms),
      );
    }),
    { seed: 314, numRuns: 300 },
  );
});

test('a zone moves the time by its hours and minutes', () => {
  fc.assert(
    fc.property(
      second,
      fc.integer({ min: -18 * 60, max: 18 * 60 }),
      fc.constantFrom('', ':'),
      (date, minutes, colon) => {
        const sign = minutes < 0 ? '-' : '+';
        const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
        const shown = `${date.toISOString().slice(0, 19)}${sign}${two(hours)}${colon}${two(rest)}`;
        expect(parseTime(shown, '%FT%T%z', NOW_NS)).toBe(BigInt(date.getTime() - minutes * 60_000) * NS_PER_MS);
      },
    ),
    { seed: 315, numRuns: 200 },
  );
});

test('a day that a month has not is no time, whatever the month', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1600, max: 2400 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 31 }),
      (year, month, day) => {
        const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
        const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;
        const shown = `${year}-${two(month)}-${two(day)}`;
        const expected = day <= days ? BigInt(Date.UTC(year, month - 1, day)) * NS_PER_MS : `${shown} is no time`;
        expect(readOrProblem(shown, '%F')).toBe(expected);
      },
    ),
    { seed: 316, numRuns: 500 },
  );
});

test('any text is a time or is refused with words', () => {
  const pieces = fc.constantFrom('2023', '11', '31', ' ', '-', ':', 'Nov', 'PM', 'Z', '+01:00', '.', '5', '%', 'x');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), pattern, (words, { text }) => {
      expect(['bigint', 'string']).toContain(typeof readOrProblem(words.join(''), text));
    }),
    { seed: 317, numRuns: 500 },
  );
});
