// Writes an expression of the search language as text that reads back as the same expression.
import type { Comparison, Expression, Value } from './expression.ts';
import { isReserved } from './fields.ts';
import { readBareValue } from './values.ts';

const KEYWORDS = new Set(['and', 'or', 'not', 'in', 'any', 'all', 'exists']);
/** Texts of these characters alone stand without quotes. */
const PLAIN = /^[\p{L}\p{N}_/.][\p{L}\p{N}_/.:@$*+-]*$/u;
const NS_PER_UNIT: readonly (readonly [string, number])[] = [
  ['h', 3.6e12],
  ['m', 6e10],
  ['s', 1e9],
  ['ms', 1e6],
  ['us', 1e3],
];

export function printSearch(expression: Expression | undefined): string {
  if (expression === undefined) return '';
  switch (expression.kind) {
    case 'comparison':
      return printComparison(expression);
    case 'exists':
      return `exists(${keyText(expression.key)})`;
    case 'word':
      return wordText(expression.text);
    case 'any':
    case 'all':
      return `${expression.kind}(${printSearch(expression.part)})`;
    case 'not':
      return `not ${printInner(expression.part)}`;
    case 'and':
      return expression.parts.map((part) => (part.kind === 'or' ? printInner(part) : printSearch(part))).join(' ');
    case 'or':
      return expression.parts.map(printSearch).join(' or ');
  }
}

function printInner(expression: Expression): string {
  return expression.kind === 'and' || expression.kind === 'or'
    ? `(${printSearch(expression)})`
    : printSearch(expression);
}

function printComparison({ subject, operator, values }: Comparison): string {
  const key = subject.of === 'field' ? subject.field : keyText(subject.key);
  if (operator === 'in' || operator === 'not in') return `${key} ${operator} (${values.map(printValue).join(', ')})`;
  return key + operator + values.map(printValue).join('');
}

/** A key as it is written before an operator. */
export function keyText(key: string): string {
  return PLAIN.test(key) && !isReserved(key) && !KEYWORDS.has(key.toLowerCase()) ? key : quoted(key);
}

/** A colon could make a field of it. */
function wordText(text: string): string {
  return PLAIN.test(text) && !KEYWORDS.has(text.toLowerCase()) && !text.includes(':') ? text : quoted(text);
}

export function printValue(value: Value): string {
  switch (value.type) {
    case 'string':
      return PLAIN.test(value.text) && readBareValue(value.text).type === 'string' ? value.text : quoted(value.text);
    case 'int':
      return value.text;
    case 'double':
      return doubleText(value.number);
    case 'bool':
      return String(value.bool);
    case 'duration':
      return durationText(value.ns);
  }
}

/** Never as an int is written. */
function doubleText(number: number): string {
  const text = Object.is(number, -0) ? '-0.0' : String(number);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** In the greatest unit of which it is a whole number. */
function durationText(ns: number): string {
  const [unit, size] = NS_PER_UNIT.find(([, each]) => ns !== 0 && ns % each === 0) ?? ['ns', 1];
  return `${wholeText(ns / size)}${unit}`;
}

function wholeText(number: number): string {
  return BigInt(number).toString();
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`;
}
