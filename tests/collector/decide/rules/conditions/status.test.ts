// Condition status: what a span reports of its own success.
import { expect, test } from 'vitest';
import { meets, mistakes } from '#tests/support/rule-decision.ts';

test.each([
  ['unset', [undefined, 0, 3, 99]],
  ['ok', [1]],
  ['error', [2]],
  ['[ok, error]', [1, 2]],
  ["'!= error'", [undefined, 0, 1, 3, 99]],
  ['ERROR', [2]],
])('%s holds for the codes %j: none and an unknown one are unset', (written, expected) => {
  const codes = [undefined, 0, 1, 2, 3, 99];
  const met = codes.filter((status) =>
    meets(`{ any: { status: ${written}, service: s } }`, { service: 's', ...(status !== undefined && { status }) }),
  );
  expect(met).toEqual(expected);
});

test('`any: { status: error }` alone answers as it does beside another condition', () => {
  for (const codes of [[], [2], [0, 2], [1, 0], [2, 2, 2]]) {
    const spans = [{ status: 0 }, ...codes.map((status) => ({ status, parent: '1' }))];
    const expected = codes.includes(2);
    expect(meets('{ any: { status: error } }', ...spans)).toBe(expected);
    expect(meets('{ any: { status: error, all_of: [{}] } }', ...spans)).toBe(expected);
    expect(meets('{ any: { status: [error] } }', ...spans)).toBe(expected);
  }
});

test('the root, every span', () => {
  const spans = [{ status: 1 }, { status: 2, parent: '1' }];
  expect(meets('{ root: { status: error } }', ...spans)).toBe(false);
  expect(meets('{ root: { status: ok } }', ...spans)).toBe(true);
  expect(meets('{ all: { status: error } }', ...spans)).toBe(false);
  expect(meets("{ all: { status: '!= unset' } }", ...spans)).toBe(true);
});

test.each([
  ['eror', 'any.status: is no such word, got `eror`; did you mean `error`?'],
  ['500', 'any.status: is no such word, got `500`; valid here: unset, ok, error'],
  ["'>= error'", 'any.status: cannot be compared with >=, got `>= error`; write one or a list of: unset, ok, error'],
  ['null', 'any.status: cannot be compared with, got `null`'],
  ['{}', 'any.status: compares with nothing'],
])('status: %s is refused', (written, message) => {
  const found = mistakes(`{ any: { status: ${written} } }`);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
});
