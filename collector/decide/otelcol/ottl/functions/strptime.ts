// Times by a pattern of % directives, read and written. Without a zone in the pattern a time is UTC.
import { OttlError } from '../value.ts';
import { OttlSyntaxError } from '../syntax-error.ts';

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
const NS_PER_SECOND = 1_000_000_000n;
const HALF_DAY_HOURS = 12;
/** Longer texts are no times, and take long to match. */
const MAX_LENGTH = 256;
const WEEK_MS = 7 * 86_400_000;

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  ns: bigint;
  afternoon: boolean | undefined;
  /** Minutes east of UTC. */
  zone: number;
}
interface Directive {
  /** A regular expression without groups. */
  readonly pattern: string;
  readonly read?: (text: string, parts: Parts) => void;
  readonly write: (date: Date, ns: bigint) => string;
  readonly fraction?: true;
}

const two = (value: number): string => String(value).padStart(2, '0');
const number = (
  pattern: string,
  set: (parts: Parts, value: number) => void,
  write: (date: Date) => string,
): Directive => ({ pattern, read: (text, parts) => set(parts, Number(text)), write });
const word = (
  words: readonly string[],
  letters: number,
  set: (parts: Parts, index: number) => void,
  index: (date: Date) => number,
): Directive => {
  const shown = words.map((one) => (letters === 0 ? one : one.slice(0, letters)));
  return {
    pattern: shown.join('|'),
    read: (text, parts) =>
      set(
        parts,
        shown.findIndex((one) => one.toLowerCase() === text.toLowerCase()),
      ),
    write: (date) => shown[index(date)]!,
  };
};
/** Digits of a second's fraction, zeros at the end left away when written. */
const fraction = (digits: number): Directive => ({
  fraction: true,
  pattern: '\\d{1,9}',
  read: (text, parts) => (parts.ns = BigInt(text.padEnd(9, '0'))),
  write: (_, ns) => ns.toString().padStart(9, '0').slice(0, digits).replace(/0+$/, ''),
});
const half: Directive = {
  pattern: 'AM|PM|am|pm',
  read: (text, parts) => (parts.afternoon = text.toLowerCase() === 'pm'),
  write: (date) => (date.getUTCHours() < HALF_DAY_HOURS ? 'AM' : 'PM'),
};
const twelve = (date: Date): number => date.getUTCHours() % HALF_DAY_HOURS || HALF_DAY_HOURS;
const zone = (written: string): Directive => ({
  pattern: 'Z|[+-]\\d\\d(?::?\\d\\d)?(?::?\\d\\d)?',
  read(text, parts) {
    const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)?/.exec(text) ?? [];
    parts.zone = hours === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes ?? 0));
  },
  write: () => written,
});
const literal = (text: string): Directive => ({
  pattern: text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'),
  write: () => text,
});
const nothing = (): void => {};

const SINGLE: Readonly<Record<string, Directive>> = {
  Y: number(
    '\\d{4}',
    (parts, value) => (parts.year = value),
    (date) => String(date.getUTCFullYear()).padStart(4, '0'),
  ),
  y: number(
    '\\d\\d',
    (parts, value) => (parts.year = value < 69 ? 2000 + value : 1900 + value),
    (date) => two(date.getUTCFullYear() % 100),
  ),
  m: number(
    '\\s*\\d\\d?',
    (parts, value) => (parts.month = value),
    (date) => two(date.getUTCMonth() + 1),
  ),
  o: number(
    '\\s*\\d\\d?',
    (parts, value) => (parts.month = value),
    (date) => String(date.getUTCMonth() + 1).padStart(2),
  ),
  q: number(
    '\\s*\\d\\d?',
    (parts, value) => (parts.month = value),
    (date) => String(date.getUTCMonth() + 1),
  ),
  b: word(
    MONTHS,
    3,
    (parts, index) => (parts.month = index + 1),
    (date) => date.getUTCMonth(),
  ),
  h: word(
    MONTHS,
    3,
    (parts, index) => (parts.month = index + 1),
    (date) => date.getUTCMonth(),
  ),
  B: word(
    MONTHS,
    0,
    (parts, index) => (parts.month = index + 1),
    (date) => date.getUTCMonth(),
  ),
  d: number(
    '\\s*\\d\\d?',
    (parts, value) => (parts.day = value),
    (date) => two(date.getUTCDate()),
  ),
  e: number(
    '\\s*\\d\\d?',
    (parts, value) => (parts.day = value),
    (date) => String(date.getUTCDate()).padStart(2),
  ),
  g: number(
    '\\s*\\d\\d?',
    (parts, value) => (parts.day = value),
    (date) => String(date.getUTCDate()),
  ),
  a: word(DAYS, 3, nothing, (date) => date.getUTCDay()),
  A: word(DAYS, 0, nothing, (date) => date.getUTCDay()),
  H: number(
    '\\s*\\d\\d?',
    (parts, value) => (parts.hour = value),
    (date) => two(date.getUTCHours()),
  ),
  I: number(
    '\\s*\\d\\d?',
    (parts, value) => (parts.hour = value),
    (date) => two(twelve(date)),
  ),
  l: number(
    '\\s*\\d\\d?',
    (parts, value) => (parts.hour = value),
    (date) => String(twelve(date)),
  ),
  p: half,
  P: { ...half, write: (date) => (date.getUTCHours() < HALF_DAY_HOURS ? 'am' : 'pm') },
  M: number(
    '\\s*\\d\\d?',
    (parts, value) => (parts.minute = value),
    (date) => two(date.getUTCMinutes()),
  ),
  S: number(
    '\\s*\\d\\d?',
    (parts, value) => (parts.second = value),
    (date) => two(date.getUTCSeconds()),
  ),
  L: fraction(3),
  f: fraction(6),
  s: fraction(9),
  Z: { pattern: '[A-Z]{3,5}', write: () => 'UTC' },
  z: zone('Z'),
  w: zone('+000000'),
  i: zone('+00'),
  j: zone('+00:00'),
  k: zone('+00:00:00'),
  n: literal('\n'),
  t: literal('\t'),
  '%': literal('%'),
};
const COMBINED: Readonly<Record<string, string>> = {
  D: '%m/%d/%Y',
  x: '%m/%d/%Y',
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  X: '%H:%M:%S',
  r: '%I:%M:%S %P',
  R: '%H:%M',
  c: '%a %b %d %H:%M:%S %Y',
};

/** @throws OttlSyntaxError for a directive that is none */
function directivesOf(pattern: string): Directive[] {
  const whole = pattern.replace(/%([A-Za-z])/g, (same, letter: string) => COMBINED[letter] ?? same);
  return [...whole.matchAll(/%([a-zA-Z%])|([^%]+|%)/gs)].map(([, letter, text]) => {
    if (letter === undefined) return literal(text!);
    const known = SINGLE[letter];
    if (known === undefined) throw new OttlSyntaxError(`has the time directive %${letter}, which is not known`);
    return known;
  });
}

/** @throws OttlSyntaxError for a pattern that is none */
export function checkTimePattern(pattern: string): void {
  if (pattern === '') throw new OttlSyntaxError('has an empty time pattern');
  if (/\d/.test(pattern)) throw new OttlSyntaxError('has digits in a time pattern');
  if (/[^.,]%[Lfs]/.test(pattern))
    throw new OttlSyntaxError('has a fraction of a second without a point or comma before it');
  directivesOf(pattern);
}

/**
 * ns since 1970. Without a year it is the one of `nowNs`, or the one before if the time were more than a week ahead.
 * @throws OttlError for a text that does not fit
 */
export function parseTime(text: string, pattern: string, nowNs: bigint): bigint {
  if (text.length > MAX_LENGTH) throw new OttlError(`${text.slice(0, MAX_LENGTH)}… is no time`);
  const directives = directivesOf(pattern);
  const found = new RegExp(`^${directives.map((one) => `(${one.pattern})`).join('')}$`, 'i').exec(text);
  if (found === null) throw new OttlError(`${text} does not fit ${pattern}`);
  const parts: Parts = {
    year: 0,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    ns: 0n,
    afternoon: undefined,
    zone: 0,
  };
  for (const [i, directive] of directives.entries()) directive.read?.(found[i + 1]!.trim(), parts);
  if (parts.afternoon !== undefined)
    parts.hour = (parts.hour % HALF_DAY_HOURS) + (parts.afternoon ? HALF_DAY_HOURS : 0);
  const date = new Date(0);
  date.setUTCFullYear(parts.year, parts.month - 1, parts.day);
  if (
    date.getUTCMonth() !== parts.month - 1 ||
    date.getUTCDate() !== parts.day ||
    parts.hour > 23 ||
    parts.minute > 59 ||
    parts.second > 59
  ) {
    throw new OttlError(`${text} is no time`);
  }
  date.setUTCHours(parts.hour, parts.minute - parts.zone, parts.second);
  if (parts.year === 0) {
    const now = new Date(Number(nowNs / 1_000_000n));
    date.setUTCFullYear(now.getUTCFullYear());
    if (date.getTime() > now.getTime() + WEEK_MS) date.setUTCFullYear(now.getUTCFullYear() - 1);
  }
  return BigInt(date.getTime()) * 1_000_000n + parts.ns;
}

export function formatTime(ns: bigint, pattern: string): string {
  const rest = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  const date = new Date(Number((ns - rest) / 1_000_000n));
  if (Number.isNaN(date.getTime())) throw new OttlError('is beyond all calendars');
  let text = '';
  for (const directive of directivesOf(pattern)) {
    const written = directive.write(date, rest);
    // With a fraction of zero its point is left out, too.
    text = directive.fraction === true && written === '' ? text.replace(/[.,]$/, '') : text + written;
  }
  return text;
}
