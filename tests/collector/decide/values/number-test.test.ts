// Comparisons on numbers a trace has: counts, durations and shares as they are written, and the bounds between which answers change.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { compileNumberTest, COUNT, DURATION, SHARE } from '#collector/decide/values/number-test.ts';
import { formatConfigError, type ConfigError } from '#proto/config/config-error.ts';

const KINDS = { COUNT, DURATION, SHARE };

function compiled(written: unknown, kind = COUNT) {
  const errors: ConfigError[] = [];
  const test = compileNumberTest(written, kind, 'p', errors);
  if (test === undefined) throw new Error(errors.map(formatConfigError).join('\n'));
  return test;
}

test.each([
  ['COUNT', '0', 0],
  ['COUNT', '5', 5],
  ['COUNT', '007', 7],
  ['COUNT', '9007199254740991', 9007199254740991],
  ['COUNT', '-1', undefined],
  ['COUNT', '+1', undefined],
  ['COUNT', '1.0', undefined],
  ['COUNT', '1e3', undefined],
  ['COUNT', '', undefined],
  ['COUNT', '5ms', undefined],
  ['DURATION', '0', 0],
  ['DURATION', '800ms', 800e6],
  ['DURATION', '1h30m', 5400e9],
  ['DURATION', '800', undefined],
  ['DURATION', '-5ms', undefined],
  ['SHARE', '0%', 0],
  ['SHARE', '100%', 1],
  ['SHARE', '50 %', 0.5],
  ['SHARE', '0.7%', 0.007],
  ['SHARE', '33.3%', 0.333],
  ['SHARE', '0.000000000001%', 1e-14],
  ['SHARE', '100.1%', undefined],
  ['SHARE', '0.5', undefined],
  ['SHARE', '-1%', undefined],
  ['SHARE', '%', undefined],
] as const)('a %s of %j is %j', (kind, text, expected) => {
  expect(KINDS[kind].parse(text)).toBe(expected);
});

test('operators are those of numbers', () => {
  const small = fc.nat({ max: 12 });
  fc.assert(
    fc.property(small, small, small, (value, a, b) => {
      const answers = ['=', '!=', '<', '<=', '>', '>='].map((operator) => compiled(`${operator} ${a}`)(value));
      expect(answers).toEqual([value === a, value !== a, value < a, value <= a, value > a, value >= a]);
      expect(compiled([a, b])(value)).toBe(value === a || value === b);
      expect(compiled({ '>=': a, '<': b })(value)).toBe(value >= a && value < b);
      expect(compiled({ '!=': a, in: [a, b] })(value)).toBe(value !== a && value === b);
    }),
    { seed: 121 },
  );
});

test('between two neighbouring edges the answer is the same', () => {
  const bound = fc.nat({ max: 20 });
  const written = fc.oneof(
    bound.map((a): unknown => a),
    fc
      .tuple(fc.constantFrom('=', '!=', '<', '<=', '>', '>='), bound)
      .map(([operator, a]): unknown => `${operator} ${a}`),
    fc.array(bound, { minLength: 1, maxLength: 3 }).map((list): unknown => list),
    fc.tuple(bound, bound).map(([a, b]): unknown => ({ '>': a, '<=': b })),
  );
  fc.assert(
    fc.property(written, fc.integer({ min: -10, max: 220 }), fc.integer({ min: 1, max: 40 }), (one, from, more) => {
      const test = compiled(one);
      const [low, high] = [from / 10, (from + more) / 10];
      fc.pre(!test.edges.some((edge) => edge >= low && edge <= high));
      expect(test(low)).toBe(test(high));
    }),
    { seed: 122, numRuns: 500 },
  );
});

test('edges are the numbers that are written', () => {
  expect(compiled({ '>=': '100ms', '<': '1s' }, DURATION).edges).toEqual([100e6, 1e9]);
  expect(compiled([1, 2, 3]).edges).toEqual([1, 2, 3]);
  expect(compiled('> 5%', SHARE).edges).toEqual([0.05]);
});

test.each([
  [COUNT, '> x', 'p: cannot be compared with, got `> x`; write a whole number with an operator'],
  [COUNT, true, 'p: cannot be compared with, got `true`'],
  [COUNT, 'exists', 'p: cannot be compared with'],
  [COUNT, { matches: '5' }, 'p: cannot be compared with'],
  [COUNT, [1, 'x'], 'p: cannot be compared with'],
  [COUNT, {}, 'p: compares with nothing'],
  [COUNT, { about: 5 }, 'p.about: is no operator'],
  [DURATION, 5, 'write an operator and a duration with its unit'],
  [DURATION, { '>': '5ms', '<': '9' }, 'write an operator and a duration with its unit'],
  [SHARE, '> 101%', "write an operator and a percentage from 0% to 100%, as '> 50%'"],
] as const)('%j %j is refused', (kind, written, message) => {
  const errors: ConfigError[] = [];
  expect(compileNumberTest(written, kind, 'p', errors)).toBeUndefined();
  expect(errors.map(formatConfigError).join('\n')).toContain(message);
  expect(errors).toHaveLength(1);
});
