// Texts from a format with Go's verbs: each verb for each type it is for, widths and signs, and what Go writes where they do not fit.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { sprintf } from '#collector/decide/otelcol/ottl/functions/sprintf.ts';
import { IdValue, OttlList, type OttlValue } from '#collector/decide/otelcol/ottl/value.ts';
import { received } from '#tests/support/ottl-subject.ts';

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

describe('ints', () => {
  test.each<[string, OttlValue, string]>([
    ['%d', 7n, '7'],
    ['%d', -7n, '-7'],
    ['%+d', 7n, '+7'],
    ['% d', 7n, ' 7'],
    ['%+d', -7n, '-7'],
    ['%5d|', 7n, '    7|'],
    ['%-5d|', 7n, '7    |'],
    ['%05d', 7n, '00007'],
    ['%05d', -7n, '-0007'],
    ['%+05d', 7n, '+0007'],
    ['%x', 255n, 'ff'],
    ['%X', 255n, 'FF'],
    ['%x', -255n, '-ff'],
    ['%o', 8n, '10'],
    ['%b', 5n, '101'],
    ['%c', 65n, 'A'],
    ['%c', 0x1f600n, '😀'],
    ['%c', 0x10fffdn, '\u{10fffd}'],
    ['%c', -1n, '\ufffd'],
    ['%c', 0x110000n, '\ufffd'],
    ['%c', 0xd800n, '\ufffd'],
    ['%v', 7n, '7'],
    ['%+v', 7n, '+7'],
    ['%T', 7n, 'int64'],
    ['%s', 7n, '%!s(int64=7)'],
    ['%f', 7n, '%!f(int64=7)'],
    ['%t', 7n, '%!t(int64=7)'],
  ])('%s of %o is %s', (format, value, expected) => {
    expect(sprintf(format, [value])).toBe(expected);
  });

  test('any int in its bases', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(sprintf('%d %x %o %b', [value, value, value, value])).toBe(
          [10, 16, 8, 2].map((base) => value.toString(base)).join(' '),
        );
      }),
      { seed: 321 },
    );
  });
});

describe('floats', () => {
  test.each<[string, number, string]>([
    ['%f', 1.5, '1.500000'],
    ['%.1f', 1.25, '1.2'],
    ['%.1f', 1.35, '1.4'],
    ['%.0f', 0.5, '0'],
    ['%.0f', 1.5, '2'],
    ['%.0f', 2.5, '2'],
    ['%.2f', -1.005, '-1.00'],
    ['%+.1f', 2, '+2.0'],
    ['%8.2f|', 2.71, '    2.71|'],
    ['%-8.2f|', 2.71, '2.71    |'],
    ['%08.2f', -2.71, '-0002.71'],
    ['%e', 123456.789, '1.234568e+05'],
    ['%E', 0.00012, '1.200000E-04'],
    ['%.2e', 5e100, '5.00e+100'],
    ['%g', 0.5, '0.5'],
    ['%g', 1e6, '1e+06'],
    ['%g', 100000, '100000'],
    ['%g', 0.0001, '0.0001'],
    ['%g', 0.00001, '1e-05'],
    ['%.3g', 1234.5, '1.23e+03'],
    ['%.3g', 12.345, '12.3'],
    ['%.3g', 1.5, '1.5'],
    ['%G', 1e6, '1E+06'],
    ['%v', 1e21, '1e+21'],
    ['%v', 123456.789, '123456.789'],
    ['%v', 1234567, '1.234567e+06'],
    ['%v', NaN, 'NaN'],
    ['%v', Infinity, '+Inf'],
    ['%v', -Infinity, '-Inf'],
    ['%T', 1.5, 'float64'],
    ['%d', 1.5, '%!d(float64=1.5)'],
    ['%s', 2, '%!s(float64=2)'],
  ])('%s of %d is %s', (format, value, expected) => {
    expect(sprintf(format, [value])).toBe(expected);
  });

  test('with a fixed number of digits a float is within half of the last of them', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.integer({ min: 0, max: 8 }), (value, digits) => {
        const text = sprintf(`%.${digits}f`, [value]);
        expect(text.split('.')[1]?.length ?? 0).toBe(digits);
        expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(0.5 * 10 ** -digits + 1e-9);
      }),
      { seed: 322 },
    );
  });
});

describe('texts, bytes and others', () => {
  test.each<[string, OttlValue, string]>([
    ['%s', 'a', 'a'],
    ['%5s|', 'a', '    a|'],
    ['%-5s|', 'a', 'a    |'],
    ['%3s|', '😀', '  😀|'],
    ['%-3s|', '😀', '😀  |'],
    ['%.2s', 'abc', 'ab'],
    ['%.2s', '😀ä!', '😀ä'],
    ['%q', 'a"b\n', '"a\\"b\\n"'],
    ['%x', 'ab', '6162'],
    ['%X', 'k', '6B'],
    ['%v', 'a', 'a'],
    ['%T', 'a', 'string'],
    ['%d', 'a', '%!d(string=a)'],
    ['%s', bytes(97, 98), 'ab'],
    ['%x', bytes(1, 255), '01ff'],
    ['%v', bytes(1, 255), '[1 255]'],
    ['%T', bytes(1), '[]uint8'],
    ['%t', true, 'true'],
    ['%v', false, 'false'],
    ['%d', true, '%!d(bool=true)'],
    ['%T', true, 'bool'],
    ['%v', null, '<nil>'],
    ['%s', null, '%!s(<nil>)'],
    ['%v', { duration: 1_500_000_000n }, '1.5s'],
    ['%s', { duration: 1_500_000_000n }, '1.5s'],
    ['%d', { duration: 1_500_000_000n }, '1500000000'],
    ['%T', { duration: 1n }, 'time.Duration'],
    ['%v', { time: 1_700_000_000_000_000_000n }, '2023-11-14 22:13:20 +0000 UTC'],
    ['%s', { time: 1_700_000_000_500_000_000n }, '2023-11-14 22:13:20.5 +0000 UTC'],
    ['%v', new IdValue(bytes(1, 171)), '01ab'],
    ['%s', new IdValue(bytes(1, 171)), '01ab'],
    ['%v', new OttlList('written', ['a', 1n]), '[a 1]'],
    ['%v', received({ a: 1n }), '{"a":1}'],
  ])('%s of %o is %s', (format, value, expected) => {
    expect(sprintf(format, [value])).toBe(expected);
  });
});

describe('formats', () => {
  test.each<[string, OttlValue[], string]>([
    ['', [], ''],
    ['a', [], 'a'],
    ['100%%', [], '100%'],
    ['%s-%s', ['a', 'b'], 'a-b'],
    ['%s', [], '%!s(MISSING)'],
    ['%d %d', [1n], '1 %!d(MISSING)'],
    ['a', ['b'], 'a%!(EXTRA string=b)'],
    ['%s', ['a', 1n, null], 'a%!(EXTRA int64=1, <nil>)'],
    ['%', ['a'], '%!(NOVERB)%!(EXTRA string=a)'],
    ['%z', [1n], '%!z(int64=1)'],
    ['%!', [1n], '%!!(int64=1)'],
    ['%99999999999d', [1n], '%!(BADWIDTH)1'],
  ])('%j of %o is %j', (format, values, expected) => {
    expect(sprintf(format, values)).toBe(expected);
  });

  test('texts without a percent sign are themselves', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (before, value) => {
        fc.pre(!before.includes('%'));
        expect(sprintf(`${before}%s`, [value])).toBe(before + value.toWellFormed());
      }),
      { seed: 323 },
    );
  });
});
