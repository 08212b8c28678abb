// Floats as Go prints them: compared with JavaScript's own digits where both round alike, and with known halves where they do not.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatFixed,
  formatHexadecimal,
  formatScientific,
  formatSignificant,
} from '#query/rules/template/format-float.ts';

describe('floats with a number of digits', () => {
  it.each([
    [0.5, 0, '0'],
    [1.5, 0, '2'],
    [2.5, 0, '2'],
    [0.125, 2, '0.12'],
    [0.375, 2, '0.38'],
    [-0.001, 2, '-0.00'],
    [-0, 1, '-0.0'],
    [1e21, 1, '1000000000000000000000.0'],
    [5e-324, 3, '0.000'],
    [NaN, 2, 'NaN'],
    [Infinity, 2, '+Inf'],
    [-Infinity, 2, '-Inf'],
  ])('%f with %d decimals is %s', (value, decimals, text) => {
    expect(formatFixed(value, decimals)).toBe(text);
  });

  it.each([
    [0, 4, '0'],
    [1000, 4, '1000'],
    [12345, 4, '1.234e+04'],
    [99999, 4, '1e+05'],
    [0.0001, 4, '0.0001'],
    [0.00001, 4, '1e-05'],
    [1.2345, 4, '1.234'],
    [100, 2, '1e+02'],
  ])('%f with %d significant digits is %s', (value, digits, text) => {
    expect(formatSignificant(value, digits)).toBe(text);
  });

  it.each([
    [1, undefined, '0x1p+00'],
    [-0.2, 3, '-0x1.99ap-03'],
    [1.9999, 1, '0x1.0p+01'],
    [0, 2, '0x0.00p+00'],
    [5e-324, undefined, '0x1p-1074'],
    [1.5, 15, '0x1.800000000000000p+00'],
  ])('%f in hexadecimal with %s digits is %s', (value, digits, text) => {
    expect(formatHexadecimal(value, digits)).toBe(text);
  });

  it('agrees with JavaScript where no half is to be rounded', () => {
    const isHalf = (value: number, decimals: number): boolean => {
      const longer = Math.abs(value).toFixed(Math.min(100, decimals + 40));
      return /^50*$/.test(longer.slice(longer.indexOf('.') + 1 + decimals));
    };
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e20, max: 1e20 }),
        fc.integer({ min: 0, max: 20 }),
        (value, digits) => {
          fc.pre(!isHalf(value, digits));
          const negativeZero = Object.is(value, -0) || (value < 0 && Number(value.toFixed(digits)) === 0);
          const plain = value.toFixed(digits);
          expect(formatFixed(value, digits)).toBe(negativeZero && !plain.startsWith('-') ? `-${plain}` : plain);
        },
      ),
      { seed: 3, numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        fc.pre(!Object.is(value, -0));
        expect(Number(formatScientific(value, 17))).toBe(value);
      }),
      { seed: 4, numRuns: 2_000 },
    );
  });
});
