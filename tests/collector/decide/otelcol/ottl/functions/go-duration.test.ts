// Durations as Go reads and writes them.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { goDuration, parseGoDuration } from '#collector/decide/otelcol/ottl/functions/go-duration.ts';

const MOST = (1n << 63n) - 1n;

test.each([
  ['0', 0n],
  ['-0', 0n],
  ['0s', 0n],
  ['1ns', 1n],
  ['1us', 1000n],
  ['1µs', 1000n],
  ['1μs', 1000n],
  ['1ms', 1_000_000n],
  ['1s', 1_000_000_000n],
  ['1m', 60_000_000_000n],
  ['1h', 3_600_000_000_000n],
  ['1h2m3.5s', 3_723_500_000_000n],
  ['-1.5s', -1_500_000_000n],
  ['+5ms', 5_000_000n],
  ['.5s', 500_000_000n],
  ['1.s', 1_000_000_000n],
  ['0.1ns', 0n],
  ['1.0000000001s', 1_000_000_000n],
  ['1s1s', 2_000_000_000n],
  ['3s5h', 18_003_000_000_000n],
  ['9223372036854775807ns', MOST],
])('%s is %i ns', (text, ns) => {
  expect(parseGoDuration(text)).toBe(ns);
});

test.each([
  '',
  '5',
  '1d',
  '1w',
  's',
  '.s',
  '-',
  '1 s',
  '1s ',
  '1e3s',
  '1h-5m',
  '--1s',
  'a',
  '9223372036854775808ns',
  '3000000h',
])('%j is none', (text) => {
  expect(() => parseGoDuration(text)).toThrow(/is no duration|is longer than 292 years/);
});

test('a text without measure is none', () => {
  expect(() => parseGoDuration('1s'.repeat(1000))).toThrow('is no duration');
});

test.each([
  [0n, '0s'],
  [1n, '1ns'],
  [-999n, '-999ns'],
  [1000n, '1µs'],
  [1500n, '1.5µs'],
  [1_000_000n, '1ms'],
  [1_234_567n, '1.234567ms'],
  [1_000_000_000n, '1s'],
  [59_999_999_999n, '59.999999999s'],
  [60_000_000_000n, '1m0s'],
  [3_600_000_000_000n, '1h0m0s'],
  [-5_400_000_000_000n, '-1h30m0s'],
  [3_723_500_000_000n, '1h2m3.5s'],
  [MOST, '2562047h47m16.854775807s'],
])('%i ns is %s', (ns, text) => {
  expect(goDuration(ns)).toBe(text);
});

test('what is written is read as the same', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -MOST, max: MOST }), (ns) => {
      expect(parseGoDuration(goDuration(ns))).toBe(ns);
    }),
    { seed: 291 },
  );
  fc.assert(
    fc.property(fc.bigInt({ min: -10_000_000_000_000n, max: 10_000_000_000_000n }), (ns) => {
      expect(parseGoDuration(goDuration(ns))).toBe(ns);
    }),
    { seed: 292 },
  );
});
