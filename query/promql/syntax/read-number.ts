// The values of number and duration tokens, with Go's words for what is none.
import { quote } from '../quote.ts';

export type ReadNumber = { readonly value: number } | { readonly error: string };

const LARGEST_INTEGER = 2n ** 63n - 1n;

/** Underscores stand between digits, or between a prefix and a digit. */
function hasGoodUnderscores(text: string): boolean {
  const digits = /^0x/i.test(text) ? text.slice(2).replace(/^_/, '') : text;
  return !digits.includes('_') || (!/^_|_$|__/.test(digits) && !/[.eE+-]_|_[.eE+-]/.test(digits));
}

function notANumber(text: string, why: string): ReadNumber {
  return { error: `error parsing number: strconv.ParseFloat: parsing ${quote(text)}: ${why}` };
}

/** A number without a sign: decimal, hexadecimal, octal, `inf` or `nan`. */
export function readNumber(text: string): ReadNumber {
  const lower = text.toLowerCase();
  if (lower === 'inf') return { value: Infinity };
  if (lower === 'nan') return { value: NaN };
  if (!hasGoodUnderscores(text)) return notANumber(text, 'invalid syntax');
  const plain = lower.replaceAll('_', '');
  if (plain.startsWith('0x')) {
    if (!/^0x[0-9a-f]+$/.test(plain) || BigInt(plain) > LARGEST_INTEGER) return notANumber(text, 'invalid syntax');
    return { value: Number(BigInt(plain)) };
  }
  if (/^0[0-7]+$/.test(plain)) {
    const octal = BigInt(`0o${plain.slice(1)}`);
    if (octal <= LARGEST_INTEGER) return { value: Number(octal) };
  }
  if (!/^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/.test(plain)) return notANumber(text, 'invalid syntax');
  const value = Number(plain);
  return value === Infinity ? notANumber(text, 'value out of range') : { value };
}

/** Units from the largest to the smallest, the order in which they may follow each other. */
const UNITS: readonly string[] = ['y', 'w', 'd', 'h', 'm', 's', 'ms'];
const UNIT_MS: readonly number[] = [31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1_000, 1];
/** 64 bits of nanoseconds. */
const MAX_DURATION_MS = 9_223_372_036_854;
const LARGEST_COUNT = 2n ** 64n - 1n;

/** The seconds of `1h30m`. */
export function readDuration(text: string): ReadNumber {
  const invalid = { error: `not a valid duration string: ${quote(text)}` };
  if (text === '0') return { value: 0 };
  if (text === '') return { error: 'empty duration string' };
  let totalMs = 0;
  let lastUnit = -1;
  let rest = text;
  while (rest !== '') {
    const digits = /^\d*/.exec(rest)?.[0] ?? '';
    if (digits === '' || (digits.length > 19 && BigInt(digits) > LARGEST_COUNT)) return invalid;
    const unit = /^\D*/.exec(rest.slice(digits.length))?.[0] ?? '';
    if (unit === '') return invalid;
    rest = rest.slice(digits.length + unit.length);
    const at = UNITS.indexOf(unit);
    if (at < 0) return { error: `unknown unit ${quote(unit)} in duration ${quote(text)}` };
    if (at <= lastUnit) return invalid;
    lastUnit = at;
    totalMs += Number(digits) * (UNIT_MS[at] ?? 0);
    if (totalMs > MAX_DURATION_MS) return { error: 'duration out of range' };
  }
  return { value: Math.floor(totalMs / 1000) + (totalMs % 1000) / 1000 };
}
