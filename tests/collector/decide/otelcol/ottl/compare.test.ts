// Comparison and arithmetic of OTTL values: orders where there are some, "is not" where there is none, 64 bits that wrap.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { arithmetic, compare, negative, type Operator } from '#collector/decide/otelcol/ottl/compare.ts';
import { IdValue, OttlList, ReceivedMap, WholeValue, type OttlValue } from '#collector/decide/otelcol/ottl/value.ts';
import { received } from '#tests/support/ottl-subject.ts';

const OPERATORS: readonly Operator[] = ['==', '!=', '<', '<=', '>', '>='];
const answers = (a: OttlValue, b: OttlValue): string =>
  OPERATORS.map((operator) => (compare(a, b, operator) ? operator : '.')).join(' ');
const [BELOW, SAME, ABOVE, OTHER] = ['. != < <= . .', '== . . <= . >=', '. != . . > >=', '. != . . . .'];
const orderText = (order: number): string => (order < 0 ? BELOW : order > 0 ? ABOVE : SAME);
const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

describe('order', () => {
  test.each<[string, OttlValue, OttlValue, string]>([
    ['ints', 1n, 2n, BELOW],
    ['large ints', 9007199254740993n, 9007199254740992n, ABOVE],
    ['floats', 1.5, 1.25, ABOVE],
    ['an int and a float', 2n, 2.5, BELOW],
    ['a float and an int of one value', 2, 2n, SAME],
    ['texts', 'a', 'b', BELOW],
    ['texts by bytes', 'Z', 'a', BELOW],
    ['texts beyond ASCII', '\uffff', '😀', BELOW],
    ['a text and its beginning', 'ab', 'a', ABOVE],
    ['bools', false, true, BELOW],
    ['bytes', bytes(1, 2), bytes(1, 3), BELOW],
    ['times', { time: 5n }, { time: 5n }, SAME],
    ['durations', { duration: -5n }, { duration: 5n }, BELOW],
    ['nil and nil', null, null, SAME],
    ['NaN', NaN, NaN, OTHER],
    ['NaN and a number', NaN, 1n, OTHER],
  ])('%s', (_, a, b, expected) => {
    expect(answers(a, b)).toBe(expected);
  });

  test('is that of the values, for ints, floats, texts and bytes', () => {
    const int = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    const float = fc.double({ noNaN: true });
    fc.assert(
      fc.property(int, int, (a, b) => {
        expect(answers(a, b)).toBe(orderText(a < b ? -1 : a > b ? 1 : 0));
      }),
      { seed: 231 },
    );
    fc.assert(
      fc.property(float, float, (a, b) => {
        expect(answers(a, b)).toBe(orderText(a < b ? -1 : a > b ? 1 : 0));
      }),
      { seed: 232 },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        expect(answers(a, b)).toBe(orderText(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
      { seed: 233 },
    );
  });
});

test('values of different types are different, and in no order', () => {
  const values: readonly OttlValue[] = [
    null,
    true,
    1n,
    '1',
    bytes(1),
    { time: 1n },
    { duration: 1n },
    received([1n]),
    received({ a: 1n }),
    new IdValue(bytes(1)),
    new WholeValue({}, 'status'),
  ];
  const pairs = values.flatMap((a, i) => values.flatMap((b, j) => (i === j ? [] : [[i, j, answers(a, b)]])));
  expect(pairs.filter(([, , answer]) => answer !== OTHER)).toEqual([]);
});

describe('nothing', () => {
  test('no bytes equal nil and each other; nil does not equal bytes that are not empty', () => {
    expect(answers(bytes(), null)).toBe(SAME);
    expect(answers(null, bytes())).toBe(SAME);
    expect(answers(bytes(), bytes())).toBe(SAME);
    expect(answers(bytes(), bytes(0))).toBe(OTHER);
    expect(answers(bytes(0), bytes())).toBe(OTHER);
    expect(answers(bytes(), 'a')).toBe(OTHER);
    expect(answers('', bytes())).toBe(OTHER);
  });
});

describe('lists and maps', () => {
  const written = (...items: readonly OttlValue[]): OttlList => new OttlList('written', items);

  test.each<[string, OttlValue, OttlValue, boolean]>([
    ['received ones', received(['a', 1n]), received(['a', 1n]), true],
    ['in another order', received(['a', 1n]), received([1n, 'a']), false],
    ['of other types', received([1n]), received([1]), false],
    ['of other lengths', received([1n]), received([1n, 1n]), false],
    ['received and written', received(['a', [1n]]), written('a', written(1n)), true],
    ['written ones', written(1n, null), written(1n, null), true],
    ['what Split yields', new OttlList('texts', ['a']), written('a'), false],
    ['what Split yields, twice', new OttlList('texts', ['a']), new OttlList('texts', ['a']), false],
    ['maps', received({ a: 1n, b: 'x' }), received({ b: 'x', a: 1n }), true],
    ['maps of other values', received({ a: 1n }), received({ a: 2n }), false],
    ['maps of other keys', received({ a: 1n }), received({ b: 1n }), false],
    ['maps within maps', received({ a: { b: [1n] } }), received({ a: { b: [1n] } }), true],
    ['a received map and one that a function made', received({ a: 1n }), new Map([['a', 1n]]), true],
    ['maps that functions made', new Map([['a', 1n]]), new Map([['a', 2n]]), false],
    ['empty ones', received({}), received({}), true],
  ])('%s', (_, a, b, same) => {
    expect([compare(a, b, '=='), compare(a, b, '!=')]).toEqual([same, !same]);
    expect(['<', '<=', '>', '>='].some((operator) => compare(a, b, operator as Operator))).toBe(false);
  });

  test('of equal keys in a received map the first counts', () => {
    const twice = new ReceivedMap([
      ['a', 1n],
      ['a', 2n],
    ]);
    expect(twice.get('a')).toBe(1n);
    expect(compare(twice, received({ a: 1n }), '==')).toBe(false);
  });
});

test('ids and wholes equal themselves alone', () => {
  const span = {};
  expect(compare(new IdValue(bytes(1, 2)), new IdValue(bytes(1, 2)), '==')).toBe(true);
  expect(compare(new IdValue(bytes(1, 2)), new IdValue(bytes(1, 3)), '!=')).toBe(true);
  expect(compare(new WholeValue(span, 'status'), new WholeValue(span, 'status'), '==')).toBe(true);
  expect(compare(new WholeValue(span, 'status'), new WholeValue(span, 'links'), '==')).toBe(false);
  expect(compare(new WholeValue(span, 'status'), new WholeValue({}, 'status'), '==')).toBe(false);
});

describe('arithmetic', () => {
  test.each<[OttlValue, string, OttlValue, OttlValue]>([
    [7n, '+', 2n, 9n],
    [7n, '-', 9n, -2n],
    [7n, '*', 2n, 14n],
    [7n, '/', 2n, 3n],
    [-7n, '/', 2n, -3n],
    [2n ** 63n - 1n, '+', 1n, -(2n ** 63n)],
    [-(2n ** 63n), '-', 1n, 2n ** 63n - 1n],
    [2n ** 62n, '*', 4n, 0n],
    [-(2n ** 63n), '/', -1n, -(2n ** 63n)],
    [7, '/', 2n, 3.5],
    [7n, '+', 0.5, 7.5],
    [1.5, '*', 2, 3],
    [{ time: 9n }, '-', { time: 4n }, { duration: 5n }],
    [{ time: 2n ** 63n }, '-', { time: -(2n ** 63n) }, { duration: 2n ** 63n - 1n }],
    [{ time: 9n }, '+', { duration: 4n }, { time: 13n }],
    [{ duration: 4n }, '+', { time: 9n }, { time: 13n }],
    [{ time: 9n }, '-', { duration: 4n }, { time: 5n }],
    [{ duration: 9n }, '-', { duration: 4n }, { duration: 5n }],
    [{ duration: 9n }, '+', { duration: 4n }, { duration: 13n }],
  ])('%o %s %o is %o', (a, sign, b, expected) => {
    expect(arithmetic(a, b, sign)).toEqual(expected);
  });

  test.each<[OttlValue, string, OttlValue, string]>([
    [1n, '/', 0n, 'division by zero'],
    [1.5, '/', 0, 'division by zero'],
    [1n, '/', 0, 'division by zero'],
    ['a', '+', 'b', '+ on values that are no numbers'],
    [null, '+', 1n, '+ on values that are no numbers'],
    [true, '*', 1n, '* on values that are no numbers'],
    [{ time: 1n }, '+', { time: 1n }, '+ on values that are no numbers'],
    [{ duration: 1n }, '-', { time: 1n }, '- on values that are no numbers'],
    [{ duration: 1n }, '*', 2n, '* on values that are no numbers'],
    [{ time: 1n }, '+', 2n, '+ on values that are no numbers'],
  ])('%o %s %o has no answer', (a, sign, b, message) => {
    expect(() => arithmetic(a, b, sign)).toThrow(message);
  });

  test('of ints it is that of 64 bits', () => {
    const int = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    fc.assert(
      fc.property(int, int, (a, b) => {
        expect(arithmetic(a, b, '+')).toBe(BigInt.asIntN(64, a + b));
        expect(arithmetic(a, b, '-')).toBe(BigInt.asIntN(64, a - b));
        expect(arithmetic(a, b, '*')).toBe(BigInt.asIntN(64, a * b));
        expect(negative(a)).toBe(BigInt.asIntN(64, -a));
      }),
      { seed: 234 },
    );
  });

  test('a minus stands before numbers alone', () => {
    expect([negative(5n), negative(-0.5)]).toEqual([-5n, 0.5]);
    for (const value of [null, 'a', true, { duration: 1n }]) expect(() => negative(value)).toThrow('no number');
  });
});
