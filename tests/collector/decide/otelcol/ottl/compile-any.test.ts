// Any condition of numbers, texts and functions beside a plain interpreter: the same answer, or an error where the interpreter has one, in the same
// order of evaluation; what is known before any span makes errors beside it idle.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { asked, type Plain } from '#tests/support/ottl-subject.ts';

class NoAnswer extends Error {}
/** Left to other tests. */
class Unasked extends Error {}
type Value = bigint | number | string | null;
type Attributes = Readonly<Record<string, Plain>>;
/** As it is written, and what a span's attributes make of it. */
interface Written<T> {
  readonly text: string;
  /** Written without anything that depends on a span, arithmetic or a function. */
  readonly isLiteral: boolean;
  /** @throws NoAnswer */
  readonly of: (attributes: Attributes) => T;
}
interface WrittenCondition {
  readonly text: string;
  /** Before any span is seen. */
  readonly known: boolean | undefined;
  /** @throws NoAnswer */
  readonly of: (attributes: Attributes) => boolean;
}

const int64 = (value: bigint): bigint => BigInt.asIntN(64, value);
const KEYS = ['a', 'b', 'c', 'absent'];
const word = fc.stringMatching(/^[ -!#-[\]-~]{0,8}$/);
const anyInt = fc.oneof(fc.bigInt({ min: -9n, max: 9n }), fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }));
const anyFloat = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map((value) => value / 4),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
);
const attributes = fc.record({
  a: fc.oneof(anyInt, anyFloat, word),
  b: fc.oneof(anyInt, word),
  c: fc.oneof(anyFloat, word),
});

function floatText(value: number): string {
  const text = Math.abs(value).toString();
  const shown = /[.]/.test(text) ? text : text.includes('e') ? text.replace('e', '.0e') : `${text}.0`;
  return (value < 0 || Object.is(value, -0) ? '-' : '') + shown;
}

const literal = fc.oneof(
  anyInt.map((value): Written<Value> => ({ text: String(value), isLiteral: true, of: () => value })),
  anyFloat.map((value): Written<Value> => ({ text: floatText(value), isLiteral: true, of: () => value })),
  word.map((value): Written<Value> => ({ text: JSON.stringify(value), isLiteral: true, of: () => value })),
);
const path = fc.constantFrom(...KEYS).map((key): Written<Value> => ({
  text: `attributes["${key}"]`,
  isLiteral: false,
  of: (given) => {
    const found = given[key];
    return typeof found === 'bigint' || typeof found === 'number' || typeof found === 'string' ? found : null;
  },
}));

function isNumber(value: Value): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}

function calculated(sign: string, left: Value, right: Value): Value {
  if (!isNumber(left) || !isNumber(right)) throw new NoAnswer();
  if (typeof left === 'bigint' && typeof right === 'bigint') {
    if (sign === '/' && right === 0n) throw new NoAnswer();
    return int64(
      { '+': left + right, '-': left - right, '*': left * right, '/': right === 0n ? 0n : left / right }[sign]!,
    );
  }
  const [x, y] = [Number(left), Number(right)];
  if (sign === '/' && y === 0) throw new NoAnswer();
  return { '+': x + y, '-': x - y, '*': x * y, '/': x / y }[sign]!;
}

/** Of a text in bytes. */
function textOnly(value: Value): Buffer {
  if (typeof value !== 'string') throw new NoAnswer();
  return Buffer.from(value);
}

const { value } = fc.letrec<{ value: Written<Value> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    path,
    literal,
    fc
      .tuple(fc.constantFrom('+', '-', '*', '/'), tie('value'), tie('value'))
      .map(([sign, left, right]): Written<Value> => ({
        // Texts and nil are no operands in the grammar: what may be one is asked through a path.
        text: `(${operand(left)} ${sign} ${operand(right)})`,
        isLiteral: false,
        of: (given) => calculated(sign, operandOf(left, given), operandOf(right, given)),
      })),
    tie('value').map((inner): Written<Value> => ({
      text: `Len(${inner.text})`,
      isLiteral: false,
      of: (given) => BigInt(textOnly(inner.of(given)).length),
    })),
    fc
      .tuple(path, fc.constantFrom(['ToUpperCase', 1], ['ToLowerCase', -1]))
      .map(([inner, [name, way]]): Written<Value> => ({
        text: `${name}(${inner.text})`,
        isLiteral: false,
        of: (given) => {
          const text = textOnly(inner.of(given)).toString();
          return way === 1 ? text.toUpperCase() : text.toLowerCase();
        },
      })),
    fc
      .tuple(path, fc.integer({ min: -1, max: 6 }), fc.integer({ min: 0, max: 6 }))
      .map(([inner, start, length]): Written<Value> => ({
        text: `Substring(${inner.text}, ${start}, ${length})`,
        isLiteral: false,
        of: (given) => {
          const bytes = textOnly(inner.of(given));
          if (start < 0 || length <= 0 || start + length > bytes.length) throw new NoAnswer();
          return bytes.toString('latin1', start, start + length);
        },
      })),
    fc
      .tuple(
        path,
        word.filter((text) => text !== ''),
      )
      .map(([inner, separator]): Written<Value> => ({
        text: `Concat([${inner.text}, "x"], ${JSON.stringify(separator)})`,
        isLiteral: false,
        of: (given) => {
          const found = inner.of(given);
          // A float would be written as Go writes it: its own test is that of Concat.
          if (typeof found === 'number') throw new Unasked();
          return `${found === null ? '<nil>' : String(found)}${separator}x`;
        },
      })),
  ),
}));

/** A text or nil where a number is expected stands in an attribute that is none. */
function operand(inner: Written<Value>): string {
  return inner.isLiteral && inner.text.startsWith('"') ? 'attributes["absent"]' : inner.text;
}
function operandOf(inner: Written<Value>, given: Attributes): Value {
  return inner.isLiteral && inner.text.startsWith('"') ? null : inner.of(given);
}

/** undefined: no order, only difference. */
function order(left: Value, right: Value): number | undefined {
  if (isNumber(left) && isNumber(right)) {
    // An int is compared with a float as a float.
    const both = typeof left === typeof right;
    const [x, y] = both ? [left, right] : [Number(left), Number(right)];
    return x < y ? -1 : x > y ? 1 : x === y ? 0 : Number.NaN;
  }
  if (typeof left === 'string' && typeof right === 'string')
    return Buffer.compare(Buffer.from(left), Buffer.from(right));
  return left === null && right === null ? 0 : undefined;
}

function compared(operator: string, left: Value, right: Value): boolean {
  const found = order(left, right);
  if (found === undefined) return operator === '!=';
  return { '==': found === 0, '!=': found !== 0, '<': found < 0, '<=': found <= 0, '>': found > 0, '>=': found >= 0 }[
    operator
  ]!;
}

const { condition } = fc.letrec<{ condition: WrittenCondition }>((tie) => {
  const parts = fc.array(tie('condition'), { minLength: 2, maxLength: 3 });
  const joined =
    (deciding: boolean) =>
    (list: readonly WrittenCondition[]): WrittenCondition => {
      const decided = list.some(({ known }) => known === deciding);
      const open = list.filter(({ known }) => known === undefined);
      return {
        text: list.map(({ text }) => `(${text})`).join(deciding ? ' or ' : ' and '),
        known: decided ? deciding : open.length === 0 ? !deciding : undefined,
        of: (given) => (decided ? deciding : open.some((part) => part.of(given) === deciding) === deciding),
      };
    };
  return {
    condition: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc
        .tuple(fc.constantFrom('==', '!=', '<', '<=', '>', '>='), value, value)
        .map(([operator, left, right]): WrittenCondition => ({
          text: `${left.text} ${operator} ${right.text}`,
          known: left.isLiteral && right.isLiteral ? compared(operator, left.of({}), right.of({})) : undefined,
          of: (given) => compared(operator, left.of(given), right.of(given)),
        })),
      fc.boolean().map((known): WrittenCondition => ({ text: String(known), known, of: () => known })),
      tie('condition').map(({ text, known, of }): WrittenCondition => ({
        text: `not (${text})`,
        known: known === undefined ? undefined : !known,
        of: (given) => !of(given),
      })),
      parts.map(joined(true)),
      parts.map(joined(false)),
    ),
  };
});

test('answers as the interpreter does', () => {
  let answers = 0;
  let errors = 0;
  fc.assert(
    fc.property(condition, attributes, ({ text, of }, given) => {
      let expected: boolean | undefined;
      try {
        expected = of(given);
        answers++;
      } catch (error) {
        if (error instanceof Unasked) return;
        if (!(error instanceof NoAnswer)) throw error;
        errors++;
      }
      const answer = asked(text, given);
      expect(expected === undefined ? typeof answer : answer).toBe(expected ?? 'string');
    }),
    { seed: 265, numRuns: 1500 },
  );
  // Both are met often enough to mean something.
  expect(Math.min(answers, errors)).toBeGreaterThan(150);
});
