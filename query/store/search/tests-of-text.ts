// Comparisons of the search language with a column of texts, of words with numbers, and of numbers.
import type { Operator, Value } from '#proto/search/expression.ts';
import type { Binder } from './bind.ts';

/** A pattern covers the whole text, as in rules. */
export function anchored(pattern: string): string {
  return `^(?:${pattern})$`;
}

export function textTest(column: string, operator: Operator, values: readonly Value[], binder: Binder): string {
  const texts = values.map(textOf);
  switch (operator) {
    case '~':
    case '!~':
      return `${operator === '~' ? '' : 'NOT '}match(${column}, ${binder.bind(anchored(texts[0] ?? ''), 'String')})`;
    case 'in':
    case 'not in':
      return `${operator === 'in' ? '' : 'NOT '}has(${binder.bind(texts, 'Array(String)')}, ${column})`;
    default:
      return `${column} ${operator} ${binder.bind(texts[0] ?? '', 'String')}`;
  }
}

/** @param words by number; a number that has none counts as the first */
export function wordTest(
  column: string,
  words: readonly string[],
  operator: Operator,
  values: readonly Value[],
  binder: Binder,
): string {
  const numbers = values.map((value) => Math.max(0, words.indexOf(textOf(value))));
  const isIn = `has(${binder.bind(numbers, 'Array(UInt8)')}, if(${column} < ${words.length}, ${column}, 0))`;
  return operator === '!=' || operator === 'not in' ? `NOT ${isIn}` : isIn;
}

/** Of durations in ns and counts. */
export function numberTest(column: string, operator: Operator, values: readonly Value[], binder: Binder): string {
  const value = values[0];
  const number = value?.type === 'duration' ? String(value.ns) : value?.type === 'int' ? value.text : '0';
  return `${column} ${operator} ${binder.bind(number, 'Int64')}`;
}

export function textOf(value: Value): string {
  return value.type === 'string' || value.type === 'int' ? value.text : '';
}
