// Received maps and lists as plain values, their equality, and their text as JSON, each as the Collector has it.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import {
  asReceived,
  attributeText,
  deepEqual,
  jsonText,
  plain,
  timeText,
} from '#collector/decide/otelcol/ottl/plain.ts';
import { IdValue, OttlList, ReceivedMap, WholeValue, type OttlValue } from '#collector/decide/otelcol/ottl/value.ts';
import { received, type Plain } from '#tests/support/ottl-subject.ts';

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const json = (value: OttlValue): string => jsonText(plain(value));

describe('JSON', () => {
  test.each<[OttlValue, string]>([
    [null, 'null'],
    [true, 'true'],
    [5n, '5'],
    [2n ** 63n - 1n, '9223372036854775807'],
    [1.5, '1.5'],
    [-0, '-0'],
    ['a', '"a"'],
    ['<a> & "b"', '"\\u003ca\\u003e \\u0026 \\"b\\""'],
    ['a\u2028b', '"a\\u2028b"'],
    ['ä😀', '"ä😀"'],
    [bytes(97, 98), '"YWI="'],
    [new IdValue(bytes(1, 255)), '[1,255]'],
    [{ time: 1_700_000_000_000_000_000n }, '"2023-11-14T22:13:20Z"'],
    [{ duration: 5n }, '5'],
    [received([1n, 'a', null]), '[1,"a",null]'],
    [received({ b: 1n, a: { d: [2.5], c: null } }), '{"a":{"c":null,"d":[2.5]},"b":1}'],
    [received({}), '{}'],
    [received([]), '[]'],
    [new OttlList('texts', ['a', 'b']), '["a","b"]'],
  ])('%o is %s', (value, expected) => {
    expect(json(value)).toBe(expected);
  });

  test('a received map inside of a written list is written as {}', () => {
    expect(jsonText(new OttlList('written', [received({ a: 1n }), received([1n])]))).toBe('[{},{}]');
  });

  test('floats that JSON has not have no text', () => {
    for (const value of [NaN, Infinity, -Infinity]) expect(() => jsonText(value)).toThrow('no such number');
  });

  test('any JSON value comes back as it was, but for the order of keys', () => {
    const value = fc.jsonValue({ maxDepth: 3 }).filter((one) => !JSON.stringify(one).includes('-0'));
    fc.assert(
      fc.property(value, (one) => {
        expect(JSON.parse(json(received(one as Plain)))).toEqual(JSON.parse(JSON.stringify(one)));
      }),
      { seed: 241 },
    );
  });
});

describe('text of an attribute', () => {
  test.each<[OttlValue, string]>([
    [null, ''],
    ['a<b', 'a<b'],
    [5n, '5'],
    [true, 'true'],
    [1.5, '1.5'],
    [bytes(97), 'YQ=='],
    [NaN, 'json: unsupported value: NaN'],
    [Infinity, 'json: unsupported value: +Inf'],
    [-Infinity, 'json: unsupported value: -Inf'],
    [received({ a: [1n] }), '{"a":[1]}'],
    [received([NaN]), ''],
  ])('%o is %j', (value, expected) => {
    expect(attributeText(value)).toBe(expected);
  });
});

describe('received and written', () => {
  test('there and back is the same', () => {
    const value = received({ a: [1n, { b: 'x' }], c: null });
    expect(deepEqual(asReceived(plain(value)), value)).toBe(true);
    expect(plain('a')).toBe('a');
  });

  test('of equal keys the last counts once it is plain', () => {
    const twice = new ReceivedMap([
      ['a', 1n],
      ['a', 2n],
    ]);
    expect(plain(twice)).toEqual(new Map([['a', 2n]]));
  });

  test('what no attribute can hold has no answer', () => {
    for (const value of [{ time: 1n }, { duration: 1n }, new IdValue(bytes(1)), new WholeValue({}, 'status')])
      expect(() => asReceived(value)).toThrow('no attribute can hold');
    expect(asReceived(bytes(1))).toEqual(bytes(1));
  });
});

describe('equality', () => {
  const values: readonly OttlValue[] = [
    null,
    true,
    1n,
    1,
    '1',
    bytes(1),
    { time: 1n },
    { duration: 1n },
    received([1n]),
    received([1]),
    new OttlList('written', [1n]),
    received({ a: 1n }),
    new Map([['a', 1n]]),
    new IdValue(bytes(1)),
  ];

  test('a value equals itself and no other, types counting', () => {
    const equal = values.map((a) => values.flatMap((b, i) => (deepEqual(a, b) ? [i] : [])));
    expect(equal).toEqual(values.map((_, i) => [i]));
  });

  test('of maps whatever the order of keys, of lists not', () => {
    expect(deepEqual(received({ a: 1n, b: 2n }), received({ b: 2n, a: 1n }))).toBe(true);
    expect(deepEqual(received({ a: 1n }), received({ a: 1n, b: 2n }))).toBe(false);
    expect(deepEqual(received([1n, 2n]), received([2n, 1n]))).toBe(false);
    expect(deepEqual({ time: 1n }, { time: 1n })).toBe(true);
    expect(deepEqual({ duration: 1n }, { duration: 2n })).toBe(false);
  });

  test('any value equals another one made the same way', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (one) => {
        expect(deepEqual(received(one as Plain), received(structuredClone(one) as Plain))).toBe(true);
      }),
      { seed: 242 },
    );
  });
});

describe('a time', () => {
  test.each([
    [0n, '1970-01-01T00:00:00Z'],
    [1n, '1970-01-01T00:00:00.000000001Z'],
    [120_000_000n, '1970-01-01T00:00:00.12Z'],
    [-1n, '1969-12-31T23:59:59.999999999Z'],
    [-1_000_000_000n, '1969-12-31T23:59:59Z'],
    [1_700_000_000_500_000_000n, '2023-11-14T22:13:20.5Z'],
  ])('%i is %s', (ns, text) => {
    expect(timeText(ns)).toBe(text);
  });

  test('is that of the calendar', () => {
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true, min: new Date('1900-01-01'), max: new Date('2200-01-01') }),
        (date) => {
          expect(timeText(BigInt(date.getTime()) * 1_000_000n)).toBe(
            date
              .toISOString()
              .replace(/0{1,3}Z$/, 'Z')
              .replace('.Z', 'Z'),
          );
        },
      ),
      { seed: 243 },
    );
  });
});
