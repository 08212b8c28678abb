// Durations and sizes as people write them: every unit, exact in decimals, and what is none.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { parseBytes, parseDurationMs, parseDurationNs, parsePercent } from '#proto/config/units.ts';

test.each([
  ['0', 0],
  ['1ns', 1],
  ['1us', 1000],
  ['1µs', 1000],
  ['1ms', 1_000_000],
  ['1s', 1e9],
  ['1m', 6e10],
  ['1h', 3.6e12],
  ['1d', 8.64e13],
  ['1h30m', 5.4e12],
  ['1.001ms', 1_001_000],
  ['4.1ms', 4_100_000],
  ['1.1d', 9.504e13],
  ['3.0000us', 3000],
  ['0.5ns', 0.5],
  [' 5s ', 5e9],
])('%s is %d ns', (written, ns) => {
  expect(parseDurationNs(written)).toBe(ns);
  expect(parseDurationMs(written)).toBe(ns / 1e6);
});

test.each(['', ' ', '5', '-5s', '5 s', '1.s', '.5s', '5sec', '1h 30m', '1e3s', 'NaNs'])(
  '%j is no duration',
  (written) => {
    expect(parseDurationNs(written)).toBeUndefined();
    expect(parseDurationMs(written)).toBeUndefined();
  },
);

test('decimals of any length mean what they say, as far as they are whole nanoseconds', () => {
  const units = [
    ['us', 3],
    ['ms', 6],
    ['s', 9],
  ] as const;
  fc.assert(
    fc.property(fc.constantFrom(...units), fc.nat({ max: Number.MAX_SAFE_INTEGER }), ([unit, digits], ns) => {
      const padded = String(ns).padStart(digits + 1, '0');
      expect(parseDurationNs(`${padded.slice(0, -digits)}.${padded.slice(-digits)}${unit}`)).toBe(ns);
    }),
    { seed: 3 },
  );
});

test.each([
  ['1', 1],
  ['2kb', 2000],
  ['64MiB', 64 * 2 ** 20],
  ['1.5 GiB', 1.5 * 2 ** 30],
  ['2t', 2e12],
  ['1ki', 1024],
])('%s is %d bytes', (written, bytes) => {
  expect(parseBytes(written)).toBe(bytes);
});

test.each(['', 'MiB', '-1', '5 bits', '1e3', '5%'])('%j is no size', (written) => {
  expect(parseBytes(written)).toBeUndefined();
});

test.each([
  ['85%', 0.85],
  ['0.1 %', 0.001],
  ['0.7%', 0.007],
  ['100%', 1],
  ['0%', 0],
])('%s is the share %d', (written, share) => {
  expect(parsePercent(written)).toBe(share);
});

test.each(['', '5', '101%', '-1%', '%', '1e1%'])('%j is no share', (written) => {
  expect(parsePercent(written)).toBeUndefined();
});
