// OTTL functions that make texts of texts, and numbers of them.
import { OttlSyntaxError } from '../syntax-error.ts';
import { intOf, itemsOf, textOf } from '../parameter.ts';
import { OttlError, OttlList } from '../value.ts';
import { camelCase, lowerCase, snakeCase, upperCase } from './letter-case.ts';
import { parameters, type OttlFunction } from './ottl-function.ts';
import { sprintf } from './sprintf.ts';

const ofText = (call: (text: string) => string): OttlFunction => ({
  parameters: parameters('text Target'),
  call: ([text]) => call(textOf(text)),
});
const ofTwo = (second: string, call: (text: string, other: string) => string | boolean): OttlFunction => ({
  parameters: parameters('text Target', `text ${second}`),
  call: ([text, other]) => call(textOf(text), textOf(other)),
});

const CASES: Readonly<Record<string, (text: string) => string>> = {
  lower: lowerCase,
  upper: upperCase,
  snake: snakeCase,
  camel: camelCase,
};

export const TEXT_FUNCTIONS: Readonly<Record<string, OttlFunction>> = {
  Concat: {
    parameters: parameters('likeTexts Vals', 'text Delimiter'),
    call: ([list, joint]) =>
      itemsOf(list)
        .map((item) => (item === null ? '<nil>' : textOf(item)))
        .join(textOf(joint)),
  },
  ConvertCase: {
    parameters: parameters('text Target', 'literalText ToCase'),
    check: ([, wanted]) => {
      if (CASES[textOf(wanted)] === undefined)
        throw new OttlSyntaxError(`asks ConvertCase for ${textOf(wanted)}; there are ${Object.keys(CASES).join(', ')}`);
    },
    call: ([text, wanted]) => CASES[textOf(wanted)]!(textOf(text)),
  },
  ToLowerCase: ofText(CASES['lower']!),
  ToUpperCase: ofText(CASES['upper']!),
  ToSnakeCase: ofText(snakeCase),
  ToCamelCase: ofText(camelCase),
  Trim: {
    parameters: parameters('text Target', 'literalText? Replacement'),
    call: ([text, cut]) => trimmed(textOf(text), cut === undefined ? ' ' : textOf(cut)),
  },
  TrimPrefix: ofTwo('Prefix', (text, start) => (text.startsWith(start) ? text.slice(start.length) : text)),
  TrimSuffix: ofTwo('Suffix', (text, end) => (text.endsWith(end) ? text.slice(0, text.length - end.length) : text)),
  HasPrefix: ofTwo('Prefix', (text, start) => text.startsWith(start)),
  HasSuffix: ofTwo('Suffix', (text, end) => text.endsWith(end)),
  Split: {
    parameters: parameters('text Target', 'text Delimiter'),
    call: ([text, at]) => new OttlList('texts', at === '' ? Array.from(textOf(text)) : textOf(text).split(textOf(at))),
  },
  Substring: {
    parameters: parameters('text Target', 'int Start', 'int Length', 'literalBool? Utf8Safe'),
    call: ([text, start, length, safe]) => substring(textOf(text), intOf(start), intOf(length), safe === true),
  },
  ParseInt: {
    parameters: parameters('text Target', 'int Base'),
    call: ([text, base]) => parseInt64(textOf(text), intOf(base)),
  },
  Format: {
    parameters: parameters('literalText Format', 'anys Vals'),
    call: ([format, values]) => sprintf(textOf(format), itemsOf(values)),
  },
  IsValidLuhn: {
    parameters: parameters('likeText Target'),
    call: ([text]) => {
      if (text === null) throw new OttlError('nil has no check digit');
      return isLuhn(textOf(text).replaceAll(' ', ''));
    },
  },
};

function trimmed(text: string, cut: string): string {
  const set = new Set(cut);
  const letters = Array.from(text);
  let [from, to] = [0, letters.length];
  while (from < to && set.has(letters[from]!)) from++;
  while (to > from && set.has(letters[to - 1]!)) to--;
  return letters.slice(from, to).join('');
}

/** Counted in bytes, as Go does; safe = never within a letter. */
function substring(text: string, start: bigint, length: bigint, safe: boolean): string {
  const bytes = Buffer.from(text);
  if (start < 0n || length <= 0n || start > BigInt(bytes.length) || length > BigInt(bytes.length) - start)
    throw new OttlError('is outside of the text');
  let [from, to] = [Number(start), Number(start + length)];
  const within = (at: number): boolean => at < bytes.length && (bytes[at]! & 0xc0) === 0x80;
  if (safe) {
    while (within(from)) from++;
    while (to > from && within(to)) to--;
    to = Math.max(from, to);
  }
  return bytes.toString('utf8', from, to);
}

const MAX_BASE = 36n;
/** Of 64 bits in base 2. */
const MOST_DIGITS = 64;

const RADIX_OF_PREFIX: Readonly<Record<string, number>> = { x: 16, o: 8, b: 2, '': 8 };

/** Base 0 reads prefixes 0x, 0o, 0b, 0 and underscores. */
function parseInt64(text: string, base: bigint): bigint {
  const found = /^([+-]?)(.+)$/s.exec(text);
  if (found === null || base < 0n || base === 1n || base > MAX_BASE) throw new OttlError('is no number of that base');
  let digits = found[2]!.toLowerCase();
  let radix = Number(base);
  if (radix === 0) {
    const prefix = /^0([xob]?)/.exec(digits);
    radix = prefix === null || digits === '0' ? 10 : RADIX_OF_PREFIX[prefix[1]!]!;
    if (prefix !== null && digits !== '0') digits = digits.slice(prefix[0].length).replace(/^_/, '');
    if (/__|_$|^_/.test(digits)) throw new OttlError(`${text} has a _ out of place`);
    digits = digits.replaceAll('_', '');
  }
  digits = digits.replace(/^0+(?=.)/, '');
  if (digits === '' || digits.length > MOST_DIGITS) throw new OttlError('is no int of 64 bits');
  let value = 0n;
  for (const digit of digits) {
    const worth = /[0-9a-z]/.test(digit) ? Number.parseInt(digit, 36) : radix;
    if (worth >= radix) throw new OttlError(`${text} is no int of base ${radix}`);
    value = value * BigInt(radix) + BigInt(worth);
  }
  if (found[1] === '-') value = -value;
  if (BigInt.asIntN(64, value) !== value) throw new OttlError(`${text} is beyond 64 bits`);
  return value;
}

function isLuhn(digits: string): boolean {
  if (digits === '') return false;
  if (!/^\d+$/.test(digits)) throw new OttlError('has something besides digits');
  let sum = 0;
  for (let i = digits.length - 2, double = true; i >= 0; i--, double = !double) {
    const doubled = Number(digits[i]) * (double ? 2 : 1);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return (10 - (sum % 10)) % 10 === Number(digits.at(-1));
}
