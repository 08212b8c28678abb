// Values of the search language, typed as those of sampling rules: 500 is an int, 500.0 a double, true a bool, "500" a text.
import { nearestKey } from '../config/nearest-key.ts';
import { parseDurationNs } from '../config/units.ts';
import type { Operator, Subject, TextPart, Value } from './expression.ts';
import { fieldOf, wordsOf, type FieldType } from './fields.ts';
import { SearchMistake } from './mistake.ts';

const INT = /^-?(?:0|[1-9]\d*)$/;
const DOUBLE = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/;
const INT64_MIN = -(1n << 63n);
const INT64_MAX = (1n << 63n) - 1n;
/** Of an int64: longer numbers are not looked at. */
const MAX_DIGITS = 20;
/** Durations are int64 to the store. */
const MAX_DURATION_NS = 9.2e18;
/** Characters of a regular expression. */
const MAX_PATTERN = 500;

/** A value without quotes. Leading zeros make a text: they would be lost. */
export function readBareValue(text: string): Value {
  if (text === 'true' || text === 'false') return { type: 'bool', bool: text === 'true' };
  if (INT.test(text) && text !== '-0') return { type: 'int', text };
  if (DOUBLE.test(text) && !/^-?0\d/.test(text) && Number.isFinite(Number(text)))
    return { type: 'double', number: Number(text) };
  return { type: 'string', text };
}

interface Written {
  readonly text: string;
  readonly place: TextPart;
}

/** The value as its subject takes it. @throws SearchMistake */
export function typedFor(subject: Subject, operator: Operator, value: Value, written: Written): Value {
  const wrong = (message: string): SearchMistake => new SearchMistake(written.place, message);
  if (operator === '~' || operator === '!~') {
    if (written.text.length > MAX_PATTERN)
      throw wrong(`expected a pattern of at most ${MAX_PATTERN} characters, found ${written.text.length}`);
    return { type: 'string', text: written.text };
  }
  if (subject.of === 'field') return ofField(fieldOf(subject.field).type, value, written);
  if (value.type === 'int' && !fitsInt64(value.text))
    throw wrong(`expected an int of 64 bits, found ${written.text}; put a text into quotes`);
  const isOrder = operator === '<' || operator === '<=' || operator === '>' || operator === '>=';
  if (!isOrder || value.type === 'int' || value.type === 'double') return value;
  const unit =
    parseDurationNs(written.text) === undefined ? '' : '; attributes have no unit: write the number as it is sent';
  throw wrong(`expected a number after ${operator}, found ${shown(written.text)}${unit}`);
}

function ofField(type: FieldType, value: Value, { text, place }: Written): Value {
  const words = wordsOf(type);
  if (type === 'text') return { type: 'string', text };
  if (words !== undefined) {
    const word = words.find((known) => known === text.toLowerCase());
    if (word !== undefined) return { type: 'string', text: word };
    const nearest = nearestKey(text.slice(0, 40), words);
    throw new SearchMistake(
      place,
      `expected one of ${words.join(', ')}, found ${shown(text)}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
    );
  }
  if (type === 'count') {
    if (value.type === 'int' && /^\d{1,15}$/.test(value.text)) return value;
    throw new SearchMistake(place, `expected a whole number, found ${shown(text)}`);
  }
  const ns = text === '0' || /[a-zµ]$/.test(text) ? parseDurationNs(text) : undefined;
  if (ns !== undefined && ns <= MAX_DURATION_NS) return { type: 'duration', ns: Math.round(ns) };
  const remedy =
    value.type === 'int' || value.type === 'double' ? `; did you mean ${text}ms?` : '; write 500ms, 1.5s or 2m';
  throw new SearchMistake(place, `expected a duration with its unit, found ${shown(text)}${remedy}`);
}

function fitsInt64(text: string): boolean {
  if (text.length > MAX_DIGITS) return false;
  const value = BigInt(text);
  return value >= INT64_MIN && value <= INT64_MAX;
}

function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text === '' ? '""' : text;
}
