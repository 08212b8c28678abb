// Condition name: the name of a span as text, also of names that are too long to be interned.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { MAX_INTERNED_BYTES } from '#collector/model/intern-table.ts';
import { writtenTrace } from '#tests/support/written-trace.ts';
import { holds, meets, mistakes, ruleOf } from '#tests/support/rule-decision.ts';

const named = (condition: string, name: string): boolean => meets(`{ any: { name: ${condition} } }`, { name });

test.each([
  ['GET /', 'GET /', true],
  ['GET /', 'GET /x', false],
  ['GET /', 'get /', false],
  ['[a, b]', 'b', true],
  ['[a, b]', 'ab', false],
  ["'!= a'", 'b', true],
  ["'!= a'", 'a', false],
  ["'= a'", 'a', true],
  ['500', '500', true],
  ["'500'", '500', true],
  ['true', 'true', true],
  ["''", '', true],
  ["'!= a'", '', true],
  ["{ matches: 'GET /api/.*' }", 'GET /api/x', true],
  ["{ matches: 'GET /api/.*' }", 'GET /api', false],
  ["{ matches: 'api' }", 'GET /api', false],
  ["{ matches: '(?i)get.*' }", 'GET /', true],
  ["{ matches: 'G.T /ü' }", 'GET /ü', true],
  ["{ matches: '.*', '!=': a }", 'a', false],
  ["{ matches: '.*', '!=': a }", 'b', true],
  ["'matches [0-9]+'", '42', true],
] as const)('%s on the name %j: %s', (condition, name, expected) => {
  expect(named(condition, name)).toBe(expected);
});

test('one of several spans, every span, and the root', () => {
  const spans = [{ name: 'GET /' }, { name: 'SELECT', parent: '1' }];
  expect(meets('{ any: { name: SELECT } }', ...spans)).toBe(true);
  expect(meets('{ all: { name: SELECT } }', ...spans)).toBe(false);
  expect(meets('{ all: { name: [SELECT, GET /] } }', ...spans)).toBe(true);
  expect(meets('{ root: { name: SELECT } }', ...spans)).toBe(false);
});

test.each([MAX_INTERNED_BYTES - 1, MAX_INTERNED_BYTES, MAX_INTERNED_BYTES + 1, 3 * MAX_INTERNED_BYTES])(
  'a name of %i bytes is compared whole',
  (length) => {
    const long = 'x'.repeat(length - 1);
    const spans = [{ name: `${long}a` }, { name: `${long}b` }];
    expect(meets(`{ any: { name: ${long}b } }`, ...spans)).toBe(true);
    expect(meets(`{ any: { name: ${long}c } }`, ...spans)).toBe(false);
    expect(meets("{ all: { name: { matches: 'x+[ab]' } } }", ...spans)).toBe(true);
    expect(meets('{ any: { name: __overflow__ } }', ...spans)).toBe(false);
  },
);

test('equality is that of texts, for any text', () => {
  const names = fc.string({ unit: 'binary', maxLength: 12 });
  fc.assert(
    fc.property(fc.array(names, { minLength: 1, maxLength: 4 }), names, fc.boolean(), (some, other, same) => {
      const name = same ? some[0]! : other;
      const view = writtenTrace([{ name }]);
      expect(holds(ruleOf(JSON.stringify({ any: { name: some } })), view)).toBe(some.includes(name));
      expect(holds(ruleOf(JSON.stringify({ any: { name: { '!=': some[0] } } })), view)).toBe(name !== some[0]);
    }),
    { seed: 7, numRuns: 150 },
  );
});

test.each([
  ["{ matches: '(' }", 'any.name: is no RE2 regular expression'],
  ["{ matches: '(?=x)' }", 'RE2 has no look-around and no back-references'],
  ["'> a'", 'any.name: is no comparison for text, got `> a`'],
  ['exists', 'any.name: is no comparison for text'],
  ['[]', 'any.name: is no list of values'],
  ['[a, null]', 'any.name: cannot be compared with, got `null`'],
  ['null', 'any.name: cannot be compared with'],
  ['{ match: a }', 'any.name.match: is no operator; did you mean `matches`?'],
  ['{}', 'any.name: compares with nothing'],
])('name: %s is refused', (written, message) => {
  const found = mistakes(`{ any: { name: ${written} } }`);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
});
