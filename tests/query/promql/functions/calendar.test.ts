// Parts of dates against JavaScript's own, and beyond its last second.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calendarTime, dayOfYear, daysInMonth } from '#query/promql/functions/calendar.ts';

/** Somewhat before the last second of JavaScript, so that the month around it is there. */
const LAST_JAVASCRIPT_SECOND = 8.6e12;

describe('calendarTime', () => {
  it('is what JavaScript says, as far as its dates go', () => {
    fc.assert(
      fc.property(fc.integer({ min: -LAST_JAVASCRIPT_SECOND, max: LAST_JAVASCRIPT_SECOND }), (seconds) => {
        const date = new Date(seconds * 1000);
        const year = date.getUTCFullYear();
        const time = calendarTime(seconds + (seconds < 0 ? -0.5 : 0.5));
        expect(time).toEqual({
          year,
          month: date.getUTCMonth() + 1,
          dayOfMonth: date.getUTCDate(),
          hour: date.getUTCHours(),
          minute: date.getUTCMinutes(),
          dayOfWeek: date.getUTCDay(),
        });
        const lastOfMonth = new Date(0);
        lastOfMonth.setUTCFullYear(year, date.getUTCMonth() + 1, 0);
        const firstOfYear = new Date(0);
        firstOfYear.setUTCFullYear(year, 0, 1);
        expect(daysInMonth(time)).toBe(lastOfMonth.getUTCDate());
        expect(dayOfYear(time)).toBe(Math.floor((date.getTime() - firstOfYear.getTime()) / 86_400_000) + 1);
      }),
      { numRuns: 2000, seed: 4 },
    );
  });

  it('goes on to the last second that Prometheus knows', () => {
    const last = { year: 292_277_026_596, month: 12, dayOfMonth: 4, hour: 15, minute: 30, dayOfWeek: 0 };
    for (const seconds of [1e21, -1e21, NaN, Infinity]) expect(calendarTime(seconds)).toEqual(last);
    expect(calendarTime(1e15)).toMatchObject({ year: 31_690_708 });
  });
});
