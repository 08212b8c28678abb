// Comparisons on fields of a few fixed words: which codes are allowed, and what is no such word.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { compileWordTest } from '#collector/decide/values/word-test.ts';
import { formatConfigError, type ConfigError } from '#proto/config/config-error.ts';

const WORDS = ['unset', 'ok', 'error'];

function allowed(written: unknown): string[] {
  const errors: ConfigError[] = [];
  const table = compileWordTest(written, WORDS, 'p', errors);
  if (table === undefined) throw new Error(errors.map(formatConfigError).join('\n'));
  return WORDS.filter((_, code) => table[code] === 1);
}

test.each<[unknown, string[]]>([
  ['ok', ['ok']],
  ['OK', ['ok']],
  ['= error', ['error']],
  ['!= error', ['unset', 'ok']],
  [
    ['ok', 'error'],
    ['ok', 'error'],
  ],
  [{ in: ['unset'] }, ['unset']],
  [{ '!=': 'ok', in: ['ok', 'error'] }, ['error']],
  [{ '=': 'ok', '!=': 'ok' }, []],
])('%j allows %j', (written, expected) => {
  expect(allowed(written)).toEqual(expected);
});

test('any set of words is itself, and codes beyond the words are never allowed', () => {
  fc.assert(
    fc.property(fc.subarray(WORDS, { minLength: 1 }), fc.constantFrom(...WORDS), (some, not) => {
      expect(allowed({ in: some })).toEqual(some);
      expect(allowed({ in: some, '!=': not })).toEqual(some.filter((word) => word !== not));
      const table = compileWordTest({ '!=': not }, WORDS, 'p', [])!;
      expect([...table.subarray(WORDS.length)].every((one) => one === 0)).toBe(true);
      expect(table.length).toBe(256);
    }),
    { seed: 161 },
  );
});

test.each<[unknown, string]>([
  ['eror', 'p: is no such word, got `eror`; did you mean `error`?'],
  ['failed', 'p: is no such word, got `failed`; valid here: unset, ok, error'],
  [2, 'p: is no such word, got `2`'],
  [['ok', 'bad'], 'p: is no such word, got `bad`'],
  ['> ok', 'p: cannot be compared with >, got `> ok`; write one or a list of: unset, ok, error'],
  ['exists', 'p: cannot be compared with exists'],
  [{ matches: 'o.*' }, 'p: cannot be compared with matches'],
  [[], 'p: is no list of values'],
  [{ like: 'ok' }, 'p.like: is no operator'],
])('%j is refused', (written, message) => {
  const errors: ConfigError[] = [];
  expect(compileWordTest(written, WORDS, 'p', errors)).toBeUndefined();
  expect(errors).toHaveLength(1);
  expect(formatConfigError(errors[0]!)).toContain(message);
});
