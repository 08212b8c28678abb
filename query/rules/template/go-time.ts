// Times and durations as Go writes them.
import type { DurationValue, TimeValue } from './value.ts';

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `2015-07-02 16:00:00.123 +0000 UTC`. */
export function timeText(time: TimeValue): string {
  return formatTime(time, '2006-01-02 15:04:05.999 -0700 MST');
}

const LAYOUT =
  /January|Jan|Monday|Mon|MST|2006|Z07:00|Z0700|-07:00|-0700|-07|_2|01|02|03|04|05|06|002|15|PM|pm|[.,]0+(?!\d)|[.,]9+(?!\d)|1|2|3|4|5/g;

/** Go's layouts, in UTC. */
export function formatTime({ timeMs }: TimeValue, layout: string): string {
  const date = new Date(timeMs);
  const parts = partsOf(date);
  return layout.replace(LAYOUT, (element) => {
    if (/^[.,]0/.test(element)) return element[0] + fraction(date, element.length - 1);
    if (/^[.,]9/.test(element)) {
      const digits = fraction(date, element.length - 1).replace(/0+$/, '');
      return digits === '' ? '' : element[0] + digits;
    }
    return parts[element] ?? element;
  });
}

function fraction(date: Date, digits: number): string {
  return String(date.getUTCMilliseconds()).padStart(3, '0').padEnd(digits, '0').slice(0, digits);
}

function partsOf(date: Date): Readonly<Record<string, string>> {
  const month = date.getUTCMonth();
  const day = date.getUTCDate();
  const hour = date.getUTCHours();
  const halfDayHour = hour % 12 === 0 ? 12 : hour % 12;
  const year = String(date.getUTCFullYear()).padStart(4, '0');
  return {
    January: MONTHS[month]!,
    Jan: MONTHS[month]!.slice(0, 3),
    '1': String(month + 1),
    '01': two(month + 1),
    Monday: DAYS[date.getUTCDay()]!,
    Mon: DAYS[date.getUTCDay()]!.slice(0, 3),
    '2': String(day),
    _2: String(day).padStart(2, ' '),
    '02': two(day),
    '002': String(dayOfYear(date)).padStart(3, '0'),
    '15': two(hour),
    '3': String(halfDayHour),
    '03': two(halfDayHour),
    '4': String(date.getUTCMinutes()),
    '04': two(date.getUTCMinutes()),
    '5': String(date.getUTCSeconds()),
    '05': two(date.getUTCSeconds()),
    '2006': year,
    '06': year.slice(-2),
    PM: hour >= 12 ? 'PM' : 'AM',
    pm: hour >= 12 ? 'pm' : 'am',
    MST: 'UTC',
    'Z07:00': 'Z',
    Z0700: 'Z',
    '-07:00': '+00:00',
    '-0700': '+0000',
    '-07': '+00',
  };
}

export function monthName(date: Date): string {
  return MONTHS[date.getUTCMonth()]!;
}

export function weekdayName(date: Date): string {
  return DAYS[date.getUTCDay()]!;
}

export function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
}

const SECOND = 1_000_000_000n;

/** `1h15m30.918s`; below a second in ms, µs or ns. */
export function durationText({ nanoseconds }: DurationValue): string {
  if (nanoseconds === 0n) return '0s';
  const sign = nanoseconds < 0n ? '-' : '';
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(size, 1_000n)}µs`;
  if (size < SECOND) return `${sign}${decimal(size, 1_000_000n)}ms`;
  const minutes = size / (60n * SECOND);
  const seconds = decimal(size % (60n * SECOND), SECOND);
  if (minutes === 0n) return `${sign}${seconds}s`;
  if (minutes < 60n) return `${sign}${minutes}m${seconds}s`;
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}s`;
}

function decimal(value: bigint, unit: bigint): string {
  const part = (value % unit)
    .toString()
    .padStart(unit.toString().length - 1, '0')
    .replace(/0+$/, '');
  return `${value / unit}${part === '' ? '' : `.${part}`}`;
}
