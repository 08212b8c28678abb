// Text from a format with Go's verbs, for the types that OTTL has.
import { attributeText, timeText } from '../plain.ts';
import { isDuration, isTime, IdValue, OttlList, type OttlValue } from '../value.ts';
import { goDuration } from './go-duration.ts';

/** As in Go. */
const MAX_WIDTH = 1_000_000;
/** %v and %g write an exponent from here on. */
const EXPONENT_FROM = 1e6;
const VERB = /%([-+# 0]*)(\d*)(?:\.(\d*))?(.?)/gs;

export function sprintf(format: string, values: readonly OttlValue[]): string {
  let at = 0;
  const text = format.replace(VERB, (_, flags: string, width: string, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    if (verb === '') return '%!(NOVERB)';
    if (at >= values.length) return `%!${verb}(MISSING)`;
    const badWidth = Number(width) > MAX_WIDTH;
    return `${badWidth ? '%!(BADWIDTH)' : ''}${padded(formatted(values[at++]!, verb, flags, precision), flags, badWidth ? '' : width)}`;
  });
  const extra = values.slice(at);
  return extra.length === 0
    ? text
    : `${text}%!(EXTRA ${extra.map((value) => (value === null ? '<nil>' : `${typeName(value)}=${natural(value)}`)).join(', ')})`;
}

/** What is no letter is U+FFFD. */
function letterOf(code: bigint): string {
  return code < 0n || code > 0x10ffffn ? '\ufffd' : String.fromCodePoint(Number(code)).toWellFormed();
}

/** Widths count letters, where JavaScript counts halves of some. */
function padded(text: string, flags: string, width: string): string {
  const wanted = width === '' ? 0 : Number(width) + text.length - Array.from(text).length;
  if (flags.includes('-')) return text.padEnd(wanted);
  if (!flags.includes('0')) return text.padStart(wanted);
  const sign = /^[+-]/.test(text) ? text[0]! : '';
  return sign + text.slice(sign.length).padStart(wanted - sign.length, '0');
}

function formatted(value: OttlValue, verb: string, flags: string, precision: string | undefined): string {
  const signed = (text: string): string =>
    flags.includes('+') && !text.startsWith('-')
      ? `+${text}`
      : flags.includes(' ') && !text.startsWith('-')
        ? ` ${text}`
        : text;
  if (verb === 'v')
    return typeof value === 'number' || typeof value === 'bigint' ? signed(natural(value)) : natural(value);
  if (verb === 'T') return typeName(value);
  if (typeof value === 'bigint') {
    if (verb === 'd') return signed(value.toString());
    if (verb === 'x') return value.toString(16);
    if (verb === 'X') return value.toString(16).toUpperCase();
    if (verb === 'o') return value.toString(8);
    if (verb === 'b') return value.toString(2);
    if (verb === 'c') return letterOf(value);
  }
  if (typeof value === 'number') {
    if (verb === 'f' || verb === 'F') return signed(fixed(value, precision === undefined ? 6 : Number(precision)));
    if (verb === 'e' || verb === 'E')
      return signed(exponent(value.toExponential(precision === undefined ? 6 : Number(precision)), verb));
    if (verb === 'g' || verb === 'G')
      return signed(precision === undefined ? natural(value) : shortest(value, Number(precision))).replace(
        'e',
        verb === 'g' ? 'e' : 'E',
      );
  }
  if (typeof value === 'boolean' && verb === 't') return String(value);
  if (typeof value === 'string' || value instanceof Uint8Array) {
    const bytes = Buffer.from(value);
    if (verb === 's')
      return precision === undefined
        ? bytes.toString('utf8')
        : Array.from(bytes.toString('utf8')).slice(0, Number(precision)).join('');
    if (verb === 'q') return JSON.stringify(bytes.toString('utf8'));
    if (verb === 'x') return bytes.toString('hex');
    if (verb === 'X') return bytes.toString('hex').toUpperCase();
  }
  if (verb === 'x' && value instanceof IdValue) return Buffer.from(natural(value)).toString('hex');
  if (verb === 's' && (isDuration(value) || isTime(value) || value instanceof IdValue)) return natural(value);
  if (verb === 'd' && isDuration(value)) return value.duration.toString();
  return value === null ? `%!${verb}(<nil>)` : `%!${verb}(${typeName(value)}=${natural(value)})`;
}

/** As %v has it. */
function natural(value: OttlValue): string {
  if (value === null) return '<nil>';
  if (typeof value === 'number') return floatText(value);
  if (value instanceof Uint8Array) return `[${[...value].join(' ')}]`;
  if (value instanceof IdValue) return Buffer.from(value.bytes).toString('hex');
  if (value instanceof OttlList) return `[${value.items.map(natural).join(' ')}]`;
  if (isDuration(value)) return goDuration(value.duration);
  if (isTime(value)) return `${timeText(value.time).slice(0, -1).replace('T', ' ')} +0000 UTC`;
  return attributeText(value);
}

/** The fewest digits that mean the same float; an exponent below 1e-4, and from 1e6. */
function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= EXPONENT_FROM)) return exponent(value.toExponential(), 'e');
  return String(value);
}

function shortest(value: number, digits: number): string {
  const text = value.toPrecision(Math.max(1, digits));
  return text.includes('e') ? exponent(text, 'e') : text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Most digits that toFixed writes, and more than any float of ordinary size has. */
const MOST_DIGITS = 100;

/** Halfway between two it is the even one, where toFixed has the larger. */
function fixed(value: number, digits: number): string {
  const [places, text] = [Math.min(digits, MOST_DIGITS), value.toFixed(Math.min(digits, MOST_DIGITS))];
  const exact = value.toFixed(MOST_DIGITS);
  const rest = exact.slice(exact.length - MOST_DIGITS + places);
  const even =
    Number(
      exact[exact.length - MOST_DIGITS + places - 1] === '.'
        ? exact[exact.length - MOST_DIGITS + places - 2]
        : exact[exact.length - MOST_DIGITS + places - 1],
    ) %
      2 ===
    0;
  if (!/^50*$/.test(rest) || !even) return text;
  return places === 0 ? exact.slice(0, exact.indexOf('.')) : exact.slice(0, exact.length - MOST_DIGITS + places);
}

/** Go writes at least two digits of the exponent. */
function exponent(text: string, letter: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2').replace('e', letter);
}

function typeName(value: OttlValue): string {
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (value instanceof Uint8Array) return '[]uint8';
  return value !== null && isDuration(value) ? 'time.Duration' : 'value';
}
