// Thresholds are exact to 56 bits, as OpenTelemetry's consistent probability sampling defines them.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import {
  isBelow,
  KEEP_NONE,
  parseProbability,
  randomnessHi,
  randomnessLo,
  thresholdText,
  weightOf,
} from '#proto/model/threshold.ts';

const VECTORS: readonly (readonly [string, string, number])[] = [
  ['100%', '0', 1],
  ['1/2', '8', 2],
  ['50 %', '8', 2],
  ['1/3', 'aaaaaaaaaaaaab', 3],
  ['25%', 'c', 4],
  ['10%', 'e6666666666666', 10],
  ['5%', 'f3333333333333', 20],
  ['2%', 'fae147ae147ae1', 50],
  ['1%', 'fd70a3d70a3d71', 100],
  ['0.5%', 'feb851eb851eb8', 200],
  ['0.1%', 'ffbe76c8b43958', 1000],
  ['0.01%', 'fff972474538ef', 10_000],
];

describe('thresholds', () => {
  test.each(VECTORS)('%s has threshold %s and weight %d', (written, th, weight) => {
    const threshold = parseProbability(written);
    expect(thresholdText(threshold!.hi, threshold!.lo)).toBe(th.padEnd(14, '0'));
    expect(Math.abs(weightOf(threshold!.hi, threshold!.lo) / weight - 1)).toBeLessThan(1e-9);
  });

  test('any percentage with decimals equals the same sum in exact integers', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 12n }), (billionths) => {
        const text = `${billionths / 10n ** 10n}.${String(billionths % 10n ** 10n).padStart(10, '0')}%`;
        const threshold = parseProbability(text)!;
        const exact = (1n << 56n) - (billionths * (1n << 57n) + 10n ** 12n) / (2n * 10n ** 12n);
        expect((BigInt(threshold.hi) << 28n) | BigInt(threshold.lo)).toBe(exact);
      }),
      { seed: 56 },
    );
  });

  test('0 % keeps nothing, not even the greatest randomness, and the least percentage above keeps that one', () => {
    expect(parseProbability('0%')).toEqual(KEEP_NONE);
    expect(thresholdText(KEEP_NONE.hi, KEEP_NONE.lo)).toBeUndefined();
    expect(parseProbability('0.0000000000000000000001%')).toEqual({ hi: 0xfffffff, lo: 0xfffffff });
  });

  test.each(['150%', '-1%', '5', '', '%', '1e2%', '3/2', '1/0', 'NaN%'])('%j is no probability', (written) => {
    expect(parseProbability(written)).toBeUndefined();
  });

  test.each([
    ['4bf92f3577b34da6a3ce929d0e0e4736', 'ce929d0e0e4736'],
    ['0af7651916cd43dd8448eb211c80319c', '48eb211c80319c'],
    ['5b8efff798038103d269b633813fc60c', '69b633813fc60c'],
    ['00000000000000000000000000000001', '00000000000001'],
    ['ffffffffffffffffffffffffffffffff', 'ffffffffffffff'],
  ])('the randomness of %s is its low 56 bits', (id, randomness) => {
    const [id2, id3] = [Number.parseInt(id.slice(16, 24), 16), Number.parseInt(id.slice(24), 16)];
    expect(thresholdText(randomnessHi(id2, id3), randomnessLo(id3))).toBe(randomness);
    expect(thresholdText(randomnessHi(id2 | 0, id3 | 0), randomnessLo(id3 | 0))).toBe(randomness);
  });
});

describe('fractions', () => {
  test('are the same sum in exact integers as percentages are', () => {
    const part = fc.bigInt({ min: 1n, max: 10n ** 17n });
    fc.assert(
      fc.property(part, part, (a, b) => {
        const [numerator, denominator] = a < b ? [a, b] : [b, a];
        const { hi, lo } = parseProbability(`${numerator}/${denominator}`)!;
        const kept = (numerator * (1n << 57n) + denominator) / (2n * denominator);
        expect((BigInt(hi) << 28n) | BigInt(lo)).toBe((1n << 56n) - (kept === 0n ? 1n : kept));
      }),
      { seed: 57 },
    );
  });

  test.each([
    ['1 / 4', '25%'],
    ['2/8', '25%'],
    ['25.%', '25%'],
    ['025%', '25%'],
    ['25.000000%', '25%'],
    [' 25 % ', '25%'],
    ['1/1', '100%'],
    ['0/5', '0%'],
  ])('%s is %s', (written, same) => {
    expect(parseProbability(written)).toEqual(parseProbability(same));
  });

  test.each(['1/', '/2', '1/2/3', '-1/2', '1.5/2', '1/2%', '100.0000000001%', '.5%', '5 5%', '5%%', '٥%'])(
    '%s is no probability',
    (written) => {
      expect(parseProbability(written)).toBeUndefined();
    },
  );
});

describe('weights and order', () => {
  const half = fc.integer({ min: 0, max: 2 ** 28 - 1 });

  test('the weight of a threshold is 2^56 / (2^56 - T)', () => {
    fc.assert(
      fc.property(half, half, (hi, lo) => {
        const kept = (1n << 56n) - ((BigInt(hi) << 28n) | BigInt(lo));
        expect(weightOf(hi, lo) / (2 ** 56 / Number(kept))).toBeCloseTo(1, 9);
        expect(weightOf(hi, lo)).toBeGreaterThanOrEqual(1);
      }),
      { seed: 58 },
    );
    expect(weightOf(KEEP_NONE.hi, KEEP_NONE.lo)).toBe(Infinity);
  });

  test('below is below, by both halves', () => {
    fc.assert(
      fc.property(half, half, half, half, fc.boolean(), (hi, lo, otherHi, otherLo, isSame) => {
        const than = isSame ? hi : otherHi;
        const [a, b] = [(BigInt(hi) << 28n) | BigInt(lo), (BigInt(than) << 28n) | BigInt(otherLo)];
        expect(isBelow(hi, lo, than, otherLo)).toBe(a < b);
      }),
      { seed: 59 },
    );
    expect([isBelow(1, 1, 1, 1), isBelow(0, 0, KEEP_NONE.hi, KEEP_NONE.lo)]).toEqual([false, true]);
  });

  test('digits of a threshold are the threshold', () => {
    fc.assert(
      fc.property(half, half, (hi, lo) => {
        const text = thresholdText(hi, lo)!;
        expect(text).toMatch(/^[0-9a-f]{14}$/);
        expect(BigInt(`0x${text}`)).toBe((BigInt(hi) << 28n) | BigInt(lo));
      }),
      { seed: 60 },
    );
  });
});
