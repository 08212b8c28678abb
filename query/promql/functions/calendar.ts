// Parts of dates in UTC, for every second that Prometheus knows: JavaScript's dates end long before.

const SECONDS_PER_DAY = 86_400;
const DAYS_PER_400_YEARS = 146_097;
/** Days from the 1st of March of the year 0 to 1970. */
const DAYS_BEFORE_1970 = 719_468;
/** What is no number, or none of Prometheus' seconds, comes out as the second after the last of them. */
const BEYOND_LAST_SECOND = 2 ** 63;

export interface CalendarTime {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly dayOfMonth: number;
  readonly hour: number;
  readonly minute: number;
  /** From Sunday, which is 0. */
  readonly dayOfWeek: number;
}

function modulo(value: number, by: number): number {
  const rest = value % by;
  // Not -0.
  return rest < 0 ? rest + by : rest + 0;
}

/** Days since 1970 of a date. Years are counted from March, so that the day of a leap year comes last. */
function daysOf(year: number, month: number, day: number): number {
  const fromMarch = month > 2 ? year : year - 1;
  const era = Math.floor(fromMarch / 400);
  const yearOfEra = fromMarch - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_PER_400_YEARS + dayOfEra - DAYS_BEFORE_1970;
}

/** @param timeSeconds Unix seconds; fractions are cut off */
export function calendarTime(timeSeconds: number): CalendarTime {
  const whole = Math.trunc(timeSeconds);
  const seconds = Math.abs(whole) < BEYOND_LAST_SECOND ? whole : BEYOND_LAST_SECOND;
  const secondOfDay = modulo(seconds, SECONDS_PER_DAY);
  const days = (seconds - secondOfDay) / SECONDS_PER_DAY;
  const shifted = days + DAYS_BEFORE_1970;
  const era = Math.floor(shifted / DAYS_PER_400_YEARS);
  const dayOfEra = shifted - era * DAYS_PER_400_YEARS;
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    dayOfMonth: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
    hour: Math.floor(secondOfDay / 3600),
    minute: Math.floor((secondOfDay % 3600) / 60),
    dayOfWeek: modulo(days + 4, 7),
  };
}

export function daysInMonth({ year, month }: CalendarTime): number {
  const next = month === 12 ? daysOf(year + 1, 1, 1) : daysOf(year, month + 1, 1);
  return next - daysOf(year, month, 1);
}

export function dayOfYear({ year, month, dayOfMonth }: CalendarTime): number {
  return daysOf(year, month, dayOfMonth) - daysOf(year, 1, 1) + 1;
}
