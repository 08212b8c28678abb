// Comparisons on attribute values against exact arithmetic: order of ints and doubles by value, equality by type, what is missing.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { AttributeKeys, AttributeReader } from '#collector/decide/values/attribute-reader.ts';
import { compileValueTest } from '#collector/decide/values/attribute-test.ts';
import type { ConfigError } from '#proto/config/config-error.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';
import { bool, double, int, text } from '#tests/support/rule-decision.ts';

const SPAN_TAG = 0x4a;
const span = otlpType('opentelemetry.proto.trace.v1.Span');

/** Whether attribute k with that value (undefined: none) meets what is written. */
function meets(written: unknown, value: Record<string, unknown> | undefined): boolean {
  const errors: ConfigError[] = [];
  const test = compileValueTest(written, 'k', errors);
  if (test === undefined) throw new Error(errors.map(({ message }) => message).join());
  const keys = new AttributeKeys();
  const slot = keys.slot('k');
  const reader = new AttributeReader(keys);
  const attributes = value === undefined ? [] : [{ key: 'k', value }];
  const bytes = span.encode(span.fromObject({ attributes })).finish();
  reader.read(bytes, 0, bytes.length, SPAN_TAG);
  return test(reader.bytes, reader.types[slot]!, reader.starts[slot]!, reader.ends[slot]!);
}

const ORDERS = {
  '<': (order: number) => order < 0,
  '<=': (order: number) => order <= 0,
  '>': (order: number) => order > 0,
  '>=': (order: number) => order >= 0,
} as const;
const operators = Object.keys(ORDERS) as (keyof typeof ORDERS)[];

/** Sign of a - b, exactly: what JavaScript answers for an int and a double side by side. */
const orderOf = (a: bigint | number, b: bigint | number): number => (a < b ? -1 : a > b ? 1 : 0);

describe('order', () => {
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

  test('of an int and a bound that is a double', () => {
    const near = fc
      .tuple(int64, fc.integer({ min: -2, max: 2 }))
      .map(([value, more]) => [value, Number(value) + more / 2] as const);
    fc.assert(
      fc.property(
        fc.oneof(near, fc.tuple(int64, finite)),
        fc.constantFrom(...operators),
        ([value, bound], operator) => {
          expect(meets(`${operator} ${bound.toExponential()}`, int(String(value)))).toBe(
            ORDERS[operator](orderOf(value, bound)),
          );
        },
      ),
      { seed: 101, numRuns: 300 },
    );
  });

  test('of a double and a bound that is an int, beyond 2^53 too', () => {
    const near = fc
      .tuple(int64, fc.integer({ min: -2, max: 2 }))
      .map(([bound, more]) => [Number(bound) + more, bound] as const);
    fc.assert(
      fc.property(
        fc.oneof(near, fc.tuple(finite, int64)),
        fc.constantFrom(...operators),
        ([value, bound], operator) => {
          expect(meets(`${operator} ${bound}`, double(value))).toBe(ORDERS[operator](orderOf(value, bound)));
        },
      ),
      { seed: 102, numRuns: 300 },
    );
  });

  test('of doubles, and of ints', () => {
    fc.assert(
      fc.property(finite, finite, fc.constantFrom(...operators), (value, bound, operator) => {
        expect(meets(`${operator} ${bound.toExponential()}`, double(value))).toBe(
          ORDERS[operator](orderOf(value, bound)),
        );
      }),
      { seed: 103, numRuns: 100 },
    );
    fc.assert(
      fc.property(int64, int64, fc.constantFrom(...operators), (value, bound, operator) => {
        expect(meets(`${operator} ${bound}`, int(String(value)))).toBe(ORDERS[operator](orderOf(value, bound)));
      }),
      { seed: 104, numRuns: 100 },
    );
  });

  test.each([
    ['> 9223372036854775807', int('9223372036854775807'), false],
    ['>= 9223372036854775807', int('9223372036854775807'), true],
    ['< -9223372036854775808', int('-9223372036854775808'), false],
    ['<= -9223372036854775808', int('-9223372036854775808'), true],
    ['> 99999999999999999999', int('9223372036854775807'), false],
    ['< 99999999999999999999', int('9223372036854775807'), true],
    ['> -99999999999999999999', int('-9223372036854775808'), true],
    ['>= 9007199254740993', double(9007199254740992), false],
    ['< 9007199254740993', double(9007199254740992), true],
    ['> 1e300', int('9223372036854775807'), false],
    ['< -1e300', int('-9223372036854775808'), false],
    ['> 0', double(-0), false],
    ['>= 0', double(-0), true],
  ])('%s of %j: %s', (written, value, expected) => {
    expect(meets(written, value)).toBe(expected);
  });

  test.each([text('5'), bool(true), { bytesValue: Buffer.from([5]) }, {}, undefined, double(NaN)])(
    '%j is in no order with a number',
    (value) => {
      for (const operator of operators) expect(meets(`${operator} 5`, value)).toBe(false);
    },
  );

  test('infinite bounds, as YAML writes them', () => {
    expect(meets({ '<': Infinity }, int('9223372036854775807'))).toBe(true);
    expect(meets({ '<': Infinity }, double(Infinity))).toBe(false);
    expect(meets({ '<=': Infinity }, double(Infinity))).toBe(true);
    expect(meets({ '>': -Infinity }, int('-9223372036854775808'))).toBe(true);
    expect(meets({ '<': -Infinity }, int('-9223372036854775808'))).toBe(false);
  });
});

describe('equality', () => {
  const values = [int(5), int(-5), double(5), text('5'), text(''), bool(true), bool(false), {}] as const;
  const written = [5, -5, '= 5.0', '5', '', true, false] as const;

  test('each written value equals the one of its type and no other', () => {
    const equal = written.map((one) => values.flatMap((value, i) => (meets(one, value) ? [i] : [])));
    expect(equal).toEqual([[0], [1], [2], [3], [4], [5], [6]]);
  });

  test('!= is there and differs, in is equal to one of them', () => {
    for (const one of [5, '5', true]) {
      for (const value of values) {
        expect(meets({ '!=': one }, value)).toBe(!meets(one, value));
        expect(meets({ in: [one, 'other'] }, value)).toBe(meets(one, value));
      }
      expect(meets({ '!=': one }, undefined)).toBe(false);
      expect(meets({ in: [one] }, undefined)).toBe(false);
    }
  });

  test('ints beyond 64 bits equal nothing', () => {
    expect(meets('= 18446744073709551615', int(-1))).toBe(false);
    expect(meets('!= 18446744073709551615', int(-1))).toBe(true);
  });

  test('of texts, for any text', () => {
    const some = fc.string({ unit: 'grapheme', maxLength: 6 });
    fc.assert(
      fc.property(some, some, (a, b) => {
        expect(meets({ '=': a }, text(b))).toBe(a === b);
        expect(meets({ '=': a }, text(a))).toBe(true);
        expect(meets({ in: [a, b] }, text(b))).toBe(true);
      }),
      { seed: 105, numRuns: 100 },
    );
  });
});

test('exists asks for the key alone', () => {
  for (const value of [{}, text(''), int(0), bool(false), { arrayValue: {} }]) {
    expect([meets('exists', value), meets('missing', value)]).toEqual([true, false]);
  }
  expect([meets('exists', undefined), meets('missing', undefined)]).toEqual([false, true]);
  expect([meets({ exists: true }, undefined), meets({ exists: false }, undefined)]).toEqual([false, true]);
});

test('several comparisons must all hold', () => {
  const range = { '>=': 400, '<': 500, '!=': 404 };
  expect([399, 400, 404, 499, 500].map((status) => meets(range, int(status)))).toEqual([
    false,
    true,
    false,
    true,
    false,
  ]);
});

test.each([
  ['> abc', 'orders something that is no number'],
  [{ '<': true }, 'orders something that is no number'],
  [{ '<': '5' }, 'orders something that is no number'],
  [{ matches: '(' }, 'is no RE2 regular expression'],
  [{ matches: '\\1' }, 'is no RE2 regular expression'],
  [null, 'cannot be compared with'],
  [[], 'is no list of values'],
  [{}, 'compares with nothing'],
])('%j is refused', (written, message) => {
  const errors: ConfigError[] = [];
  expect(compileValueTest(written, 'some.path', errors)).toBeUndefined();
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatchObject({ path: expect.stringMatching(/^some\.path/) as string });
  expect(errors[0]!.message).toContain(message);
});
