// One directive of Sprintf: a verb with its flags on a value.
import { formatGo } from '#query/promql/format-number.ts';
import { quote, quoteCharacter } from '#query/promql/quote.ts';
import type { Budget } from './budget.ts';
import { formatBinary, formatFixed, formatHexadecimal, formatScientific, formatSignificant } from './format-float.ts';
import { typeName, type Value } from './value.ts';
import { valueText } from './value-text.ts';

export interface Flags {
  readonly isLeft: boolean;
  readonly hasPlus: boolean;
  readonly isSharp: boolean;
  /** `%+v`: structs with the names of their fields. */
  readonly namesFields: boolean;
  /** `%#v`: texts in quotes. */
  readonly isQuoted: boolean;
  readonly hasSpace: boolean;
  readonly isZero: boolean;
  readonly width: number;
  readonly precision: number | undefined;
}

const DEFAULT_PRECISION = 6;

export function formatVerb(verb: string, value: Value, flags: Flags, budget: Budget): string {
  budget.work(flags.width + (flags.precision ?? 0));
  if (verb === 'T') return formatVerb('s', typeName(value), flags, budget);
  if (value === undefined) return verb === 'v' ? padText('<nil>', flags) : `%!${verb}(<nil>)`;
  switch (typeof value) {
    case 'string':
      return textVerb(verb, value, flags) ?? wrongVerb(verb, value, flags, budget);
    case 'boolean':
      return verb === 'v' || verb === 't' ? padText(String(value), flags) : wrongVerb(verb, value, flags, budget);
    case 'number':
      return floatVerb(verb, value, flags) ?? wrongVerb(verb, value, flags, budget);
    case 'bigint':
      return integerVerb(verb, value, flags) ?? wrongVerb(verb, value, flags, budget);
  }
  switch (value.kind) {
    case 'byte':
      return integerVerb(verb, BigInt(value.value), flags) ?? wrongVerb(verb, value, flags, budget);
    case 'html':
      return textVerb(verb, value.text, flags) ?? wrongVerb(verb, value, flags, budget);
    case 'duration':
      return (
        textVerb(verb, valueText(value), flags) ??
        integerVerb(verb, value.nanoseconds, flags) ??
        wrongVerb(verb, value, flags, budget)
      );
    case 'time':
    case 'histogram':
      return textVerb(verb, valueText(value), flags) ?? wrongVerb(verb, value, flags, budget);
    case 'list':
      return `[${value.items.map((item) => formatVerb(verb, item, flags, budget)).join(' ')}]`;
    case 'map':
      return `map[${[...value.entries].map(([key, item]) => `${formatVerb(verb, key, flags, budget)}:${formatVerb(verb, item, flags, budget)}`).join(' ')}]`;
    case 'sample':
      return `&${fieldsVerb(
        verb,
        new Map<string, Value>([
          ['Labels', value.labels],
          ['Value', value.value],
        ]),
        flags,
        budget,
      )}`;
    case 'struct':
      return fieldsVerb(verb, value.fields, flags, budget);
  }
}

function fieldsVerb(verb: string, fields: ReadonlyMap<string, Value>, flags: Flags, budget: Budget): string {
  const parts = [...fields].map(([name, value]) => {
    const text = formatVerb(verb, value, flags, budget);
    return flags.namesFields ? `${name}:${text}` : text;
  });
  return `{${parts.join(' ')}}`;
}

/** The value stands there as %v shows it, with the same flags. */
function wrongVerb(verb: string, value: Value, flags: Flags, budget: Budget): string {
  return `%!${verb}(${typeName(value)}=${formatVerb('v', value, flags, budget)})`;
}

function padText(text: string, { isLeft, isZero, width }: Flags): string {
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  if (isLeft) return text + ' '.repeat(missing);
  return (isZero ? '0' : ' ').repeat(missing) + text;
}

/** A number's zeros stand behind its sign. */
function padNumber(sign: string, digits: string, flags: Flags): string {
  if (!flags.isZero) return padText(sign + digits, flags);
  return sign + '0'.repeat(Math.max(0, flags.width - sign.length - digits.length)) + digits;
}

function signText(isNegative: boolean, { hasPlus, hasSpace }: Flags): string {
  if (isNegative) return '-';
  return hasPlus ? '+' : hasSpace ? ' ' : '';
}

function textVerb(verb: string, text: string, flags: Flags): string | undefined {
  const { precision, isSharp, isQuoted, hasSpace } = flags;
  const cut = precision === undefined ? text : Array.from(text).slice(0, precision).join('');
  switch (verb) {
    case 'v':
      return padText(isQuoted ? quote(cut) : cut, flags);
    case 's':
      return padText(cut, flags);
    case 'q':
      return padText(isSharp && !cut.includes('`') ? `\`${cut}\`` : quote(cut), flags);
    case 'x':
    case 'X': {
      const bytes = [...Buffer.from(text)].slice(0, precision ?? Infinity);
      const prefix = isSharp && bytes.length > 0 ? '0x' : '';
      const pairs = bytes.map((byte) => byte.toString(16).padStart(2, '0'));
      const hex = prefix + pairs.join(hasSpace ? ` ${prefix}` : '');
      return padText(verb === 'x' ? hex : hex.toUpperCase(), flags);
    }
    default:
      return undefined;
  }
}

function floatVerb(verb: string, value: number, flags: Flags): string | undefined {
  const { precision } = flags;
  const text = floatText(verb, value, precision);
  if (text === undefined) return undefined;
  const isNegative = text.startsWith('-');
  const magnitude = /^[-+]/.test(text) ? text.slice(1) : text;
  if (!Number.isFinite(value)) {
    const sign = text === '+Inf' && !flags.hasSpace ? '+' : signText(isNegative, flags);
    return padText(sign + magnitude, { ...flags, isZero: false });
  }
  return padNumber(signText(isNegative, flags), magnitude, flags);
}

function floatText(verb: string, value: number, precision: number | undefined): string | undefined {
  switch (verb) {
    case 'v':
    case 'g':
    case 'G': {
      const text = precision === undefined ? formatGo(value) : formatSignificant(value, precision);
      return verb === 'G' ? text.replace('e', 'E') : text;
    }
    case 'e':
      return formatScientific(value, precision ?? DEFAULT_PRECISION);
    case 'E':
      return formatScientific(value, precision ?? DEFAULT_PRECISION).replace('e', 'E');
    case 'f':
    case 'F':
      return formatFixed(value, precision ?? DEFAULT_PRECISION);
    case 'b':
      return formatBinary(value);
    case 'x':
      return formatHexadecimal(value, precision);
    case 'X':
      return formatHexadecimal(value, precision).toUpperCase();
    default:
      return undefined;
  }
}

const BASES: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };
const PREFIXES: Readonly<Record<string, string>> = { b: '0b', o: '0', x: '0x', X: '0X' };
const MAX_CODE_POINT = 0x10ffffn;

function integerVerb(verb: string, value: bigint, flags: Flags): string | undefined {
  const base = BASES[verb];
  if (base === undefined) return characterVerb(verb, value, flags);
  const { precision, isSharp, isZero } = flags;
  if (precision === 0 && value === 0n) return padText('', { ...flags, isZero: false });
  const magnitude = value < 0n ? -value : value;
  let digits = magnitude.toString(base);
  if (verb === 'X') digits = digits.toUpperCase();
  if (precision !== undefined) digits = digits.padStart(precision, '0');
  const sign = signText(value < 0n, flags);
  const prefix = verb === 'O' ? '0o' : isSharp ? (PREFIXES[verb] ?? '') : '';
  if (isZero && precision === undefined) return sign + prefix + digits.padStart(flags.width - sign.length, '0');
  return padText(sign + prefix + digits, { ...flags, isZero: false });
}

function characterVerb(verb: string, value: bigint, flags: Flags): string | undefined {
  const isCharacter = value >= 0n && value <= MAX_CODE_POINT && !(value >= 0xd800n && value <= 0xdfffn);
  const character = isCharacter ? String.fromCodePoint(Number(value)) : '\ufffd';
  if (verb === 'c') return padText(character, flags);
  if (verb === 'q') return padText(quoteCharacter(character), flags);
  if (verb === 'U') {
    const digits = value
      .toString(16)
      .toUpperCase()
      .padStart(Math.max(4, flags.precision ?? 0), '0');
    return padText(`U+${digits}${flags.isSharp ? ` '${character}'` : ''}`, { ...flags, isZero: false });
  }
  return undefined;
}
