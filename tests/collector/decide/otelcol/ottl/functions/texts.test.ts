// OTTL functions that make texts of texts, and numbers of them: counted in bytes as in Go, with an error where there is no answer.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { asked, refusalOf } from '#tests/support/ottl-subject.ts';

/** A text as it is written in a condition. */
const q = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`;

test.each([
  ['Concat(["a", "b"], "-") == "a-b"', true],
  ['Concat([], "-") == ""', true],
  ['Concat(["a"], "-") == "a"', true],
  ['Concat([1, 1.5, true, nil], ",") == "1,1.5,true,<nil>"', true],
  ['Concat(attributes["list"], "|") == "x|2"', true],
  ['Concat(attributes["absent"], "|") == ""', true],
  ['Concat(attributes["text"], "|") == ""', 'expected a list'],
  ['ToLowerCase("ÄB") == "äb"', true],
  ['ToUpperCase("äß") == "Äß"', true],
  ['ToUpperCase("ŉ") == "ŉ"', true],
  ['ConvertCase("aB", "upper") == "AB"', true],
  ['ConvertCase("aB", "lower") == "ab"', true],
  ['ConvertCase("aB", "snake") == "a_b"', true],
  ['ConvertCase("a_b", "camel") == "AB"', true],
  ['Trim("  a b  ") == "a b"', true],
  ['Trim("\\ta") == "\\ta"', true],
  ['Trim("xyaxy", "yx") == "a"', true],
  ['Trim("aaa", "a") == ""', true],
  ['Trim("a", "") == "a"', true],
  ['TrimPrefix("aab", "a") == "ab"', true],
  ['TrimPrefix("b", "a") == "b"', true],
  ['TrimSuffix("baa", "a") == "ba"', true],
  ['TrimSuffix("a", "a") == ""', true],
  ['TrimSuffix("a", "") == "a"', true],
  ['HasPrefix("ab", "") and HasSuffix("ab", "")', true],
  ['HasPrefix("ab", "b") or HasSuffix("ab", "a")', false],
  ['Len(Split("a,b,", ",")) == 3', true],
  ['Split("", ",")[0] == ""', true],
  ['Len(Split("äb", "")) == 2', true],
  ['Substring("abc", 0, 3) == "abc"', true],
  ['Substring("abc", 2, 1) == "c"', true],
  ['Substring("äb", 2, 1) == "b"', true],
  ['Substring("äb", 0, 1, true) == ""', true],
  ['Substring("äb", 1, 2, true) == "b"', true],
  ['Substring("abc", 3, 1) == ""', 'is outside of the text'],
  ['Substring("abc", 0, 0) == ""', 'is outside of the text'],
  ['Substring("abc", -1, 1) == ""', 'is outside of the text'],
  ['Substring("abc", 1, 9223372036854775807) == ""', 'is outside of the text'],
  ['Substring(attributes["n"], 0, 1) == ""', 'expected a text'],
] as const)('%s: %s', (condition, expected) => {
  expect(asked(condition, { list: ['x', 2n], text: 'x', n: 5n })).toBe(expected);
});

describe('ParseInt', () => {
  test.each([
    ['ParseInt("ff", 16) == 255', true],
    ['ParseInt("FF", 16) == 255', true],
    ['ParseInt("-101", 2) == -5', true],
    ['ParseInt("+7", 8) == 7', true],
    ['ParseInt("z", 36) == 35', true],
    ['ParseInt("0x1f", 0) == 31', true],
    ['ParseInt("0o17", 0) == 15', true],
    ['ParseInt("017", 0) == 15', true],
    ['ParseInt("0b11", 0) == 3', true],
    ['ParseInt("1_000", 0) == 1000', true],
    ['ParseInt("0x_1f", 0) == 31', true],
    ['ParseInt("0", 0) == 0', true],
    ['ParseInt("00012", 10) == 12', true],
    ['ParseInt("1_000", 10) == 1000', 'is no int of base 10'],
    ['ParseInt("1__0", 0) == 10', 'out of place'],
    ['ParseInt("10_", 0) == 10', 'out of place'],
    ['ParseInt("0x", 0) == 0', 'is no int'],
    ['ParseInt("8", 8) == 8', 'is no int of base 8'],
    ['ParseInt("", 10) == 0', 'is no number of that base'],
    ['ParseInt("1.5", 10) == 1', 'is no int of base 10'],
    ['ParseInt(" 1", 10) == 1', 'is no int of base 10'],
    ['ParseInt("1", 1) == 1', 'is no number of that base'],
    ['ParseInt("1", 37) == 1', 'is no number of that base'],
    ['ParseInt("1", -1) == 1', 'is no number of that base'],
    ['ParseInt("9223372036854775808", 10) == 0', 'is beyond 64 bits'],
    ['ParseInt("-9223372036854775808", 10) < 0', true],
  ] as const)('%s: %s', (condition, expected) => {
    const answer = asked(condition);
    expect(typeof expected === 'string' ? String(answer).includes(expected) : answer === expected).toBe(true);
  });

  test('any int in any base comes back', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.integer({ min: 2, max: 36 }),
        (value, base) => {
          expect(
            asked(`ParseInt(attributes["k"], ${base}) == attributes["v"]`, { k: value.toString(base), v: value }),
          ).toBe(true);
        },
      ),
      { seed: 271 },
    );
  });
});

describe('IsValidLuhn', () => {
  test.each([
    ['79927398713', true],
    ['7992 7398 713', true],
    ['79927398710', false],
    ['0', true],
    ['', false],
    ['4539578763621486', true],
    ['12a', 'has something besides digits'],
  ] as const)('%j: %s', (text, expected) => {
    expect(asked('IsValidLuhn(attributes["k"])', { k: text })).toBe(expected);
  });

  test('one digit fits, of every ten', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{1,18}$/), (digits) => {
        const valid = Array.from({ length: 10 }, (_, last) =>
          asked('IsValidLuhn(attributes["k"])', { k: `${digits}${last}` }),
        );
        expect(valid.filter((one) => one === true)).toHaveLength(1);
      }),
      { seed: 272, numRuns: 50 },
    );
  });

  test('ints are digits, nil has none', () => {
    expect(asked('IsValidLuhn(attributes["k"])', { k: 18n })).toBe(true);
    expect(asked('IsValidLuhn(attributes["k"])')).toBe('nil has no check digit');
  });
});

test('what is cut or asked of a text agrees with the text itself', () => {
  const text = fc.string({ unit: 'grapheme-ascii', maxLength: 12 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const values = { a, b, ab: a + b };
      expect(
        asked('HasPrefix(attributes["ab"], attributes["a"]) and HasSuffix(attributes["ab"], attributes["b"])', values),
      ).toBe(true);
      expect(asked('TrimPrefix(attributes["ab"], attributes["a"]) == attributes["b"]', values)).toBe(true);
      expect(asked(`Concat([attributes["a"], ${q(b)}], "") == attributes["ab"]`, values)).toBe(true);
      expect(asked('Len(attributes["ab"]) == Len(attributes["a"]) + Len(attributes["b"])', values)).toBe(true);
      expect(asked(`Trim(attributes["a"], " ") == ${q(a.replace(/^ +| +$/g, ''))}`, values)).toBe(true);
    }),
    { seed: 273 },
  );
});

test.each([
  ['ConvertCase("a", "title") == ""', 'asks ConvertCase for title; there are lower, upper, snake, camel'],
  ['ConvertCase("a", name) == ""', 'does not stand in the condition itself'],
  ['Trim("a", 5) == ""', 'never fits'],
  ['Split("a", 5) == nil', 'never fits'],
  ['Substring("a", "0", 1) == ""', 'never fits'],
  ['ParseInt(5, 10) == 5', 'never fits'],
  ['Format(name, [1]) == ""', 'does not stand in the condition itself'],
  ['Format("%d", 1) == ""', 'is no list written in brackets'],
])('%s is refused', (condition, message) => {
  expect(refusalOf(condition)).toContain(message);
});
