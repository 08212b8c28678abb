// Comparisons on texts in their bytes: equality for any text, regular expressions anchored at both ends, what is refused.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { parseComparisons } from '#collector/decide/values/comparison.ts';
import { compileRegex, compileTextTest, equalBytes } from '#collector/decide/values/text-test.ts';
import { formatConfigError, type ConfigError } from '#proto/config/config-error.ts';

/** Whether the text, in the middle of other bytes, meets the first comparison that is written. */
function meets(written: unknown, text: string): boolean {
  const errors: ConfigError[] = [];
  const test = compileTextTest(parseComparisons(written, 'p', errors)![0]!, 'p', errors);
  if (test === undefined) throw new Error(errors.map(formatConfigError).join('\n'));
  const own = Buffer.from(text);
  return test(Buffer.concat([Buffer.from('xx'), own, Buffer.from('yy')]), 2, 2 + own.length);
}

test('equality, difference and lists are those of texts', () => {
  const some = fc.string({ unit: 'grapheme', maxLength: 5 });
  fc.assert(
    fc.property(some, some, some, (text, a, b) => {
      expect(meets({ '=': a }, text)).toBe(text === a);
      expect(meets({ '!=': a }, text)).toBe(text !== a);
      expect(meets([a, b], text)).toBe(text === a || text === b);
      expect(meets({ '=': text }, text)).toBe(true);
    }),
    { seed: 151 },
  );
});

test.each([
  [5, '5', true],
  [5, '05', false],
  [true, 'true', true],
  [0.5, '0.5', true],
  ['= 007', '007', true],
  ['= "a"', 'a', true],
  [[1, 'b'], '1', true],
])('%j means the text it is written as: %j is %s', (written, text, expected) => {
  expect(meets(written, text)).toBe(expected);
});

describe('regular expressions', () => {
  test.each([
    ['a', 'a', true],
    ['a', 'ab', false],
    ['a', 'ba', false],
    ['a*', '', true],
    ['a|ab', 'ab', true],
    ['^a$', 'a', true],
    ['a.c', 'aäc', true],
    ['a.c', 'a\nc', false],
    ['(?s)a.c', 'a\nc', true],
    ['(?i)ABC', 'abc', true],
    ['\\d{3}', '123', true],
    ['\\d{3}', '1234', false],
    ['[^/]+', 'a/b', false],
    ['\\pL+', 'äöü', true],
    ['😀', '😀', true],
  ])('%s on %j: %s', (pattern, text, expected) => {
    expect(meets({ matches: pattern }, text)).toBe(expected);
  });

  test('a pattern of letters, classes and repetitions answers as one of JavaScript', () => {
    const atom = fc.constantFrom('a', 'b', '[ab]', '[^a]', '.', '(a|bc)', '\\d');
    const piece = fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{2}')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 4 }),
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1'), maxLength: 6 }),
        (pieces, text) => {
          const pattern = pieces.join('');
          expect(meets({ matches: pattern }, text)).toBe(new RegExp(`^(?:${pattern})$`, 'u').test(text));
        },
      ),
      { seed: 152, numRuns: 300 },
    );
  });

  test('a pattern that others take ages for is read in linear time', () => {
    expect(meets({ matches: '(a*)*b' }, 'a'.repeat(30_000))).toBe(false);
  });

  test.each(['(', '[', 'a{2,1}', '*a', '(?=a)', '(?<!a)b', '(a)\\1', '\\'])('%s is refused', (pattern) => {
    const errors: ConfigError[] = [];
    expect(compileRegex(pattern, 'some.path', errors)).toBeUndefined();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ path: 'some.path', value: pattern });
    expect(errors[0]!.message).toMatch(/^is no RE2 regular expression: /);
  });
});

test.each(['> a', '<= 5', 'exists', { exists: false }])('%j is no comparison for text', (written) => {
  const errors: ConfigError[] = [];
  const [comparison] = parseComparisons(written, 'p', errors)!;
  expect(compileTextTest(comparison!, 'p', errors)).toBeUndefined();
  expect(errors.map(({ path, message }) => [path, message])).toEqual([['p', 'is no comparison for text']]);
});

test('equal bytes are equal in number and order', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 6 }),
      fc.uint8Array({ maxLength: 6 }),
      fc.nat({ max: 5 }),
      (a, b, before) => {
        const around = Buffer.concat([Buffer.alloc(before, 7), a, Buffer.alloc(3, 9)]);
        expect(equalBytes(around, before, before + a.length, b)).toBe(Buffer.compare(a, b) === 0);
        expect(equalBytes(around, before, before + a.length, a)).toBe(true);
      },
    ),
    { seed: 153 },
  );
});
