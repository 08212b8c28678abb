// Conditions attributes and resource: typed values of a span with its resource's behind them, or of the resource alone.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';
import { bool, double, holds, int, meets, mistakes, ruleOf, text } from '#tests/support/rule-decision.ts';

const withK = (value: Record<string, unknown>): WrittenSpan => ({ attributes: { k: value } });
/** Whether a span whose attribute k has that value meets the condition on k. */
const k = (condition: string, value: Record<string, unknown>): boolean =>
  meets(`{ any: { attributes: { k: ${condition} } } }`, withK(value));

test('an int is an int: text, bool and double of the same look are not equal to it', () => {
  expect(k('500', int(500))).toBe(true);
  for (const value of [text('500'), double(500), int(501), bool(true), { bytesValue: Buffer.from('500') }])
    expect([value, k('500', value)]).toEqual([value, false]);
});

test.each([
  ["'500'", text('500'), true],
  ["'500'", int(500), false],
  ["'= 500.0'", double(500), true],
  ["'= 500.0'", int(500), false],
  ["'= 5e2'", double(500), true],
  ['true', bool(true), true],
  ['true', text('true'), false],
  ['true', int(1), false],
  ['false', bool(false), true],
  ['false', bool(true), false],
  ["''", text(''), true],
  ["''", {}, false],
  ['\'= "5"\'', text('5'), true],
  ['\'= "5"\'', int(5), false],
  ['ÄÖ', text('ÄÖ'), true],
  ['ÄÖ', text('äö'), false],
] as const)('%s on %j: %s', (condition, value, expected) => {
  expect(k(condition, value)).toBe(expected);
});

test('lists and arrays of values equal nothing, but they are there', () => {
  const list = { arrayValue: { values: [text('a')] } };
  const map = { kvlistValue: { values: [{ key: 'a', value: text('a') }] } };
  for (const value of [list, map, { bytesValue: Buffer.from('a') }]) {
    expect([k('a', value), k('{ matches: ".*" }', value), k('exists', value), k("'!= a'", value)]).toEqual([
      false,
      false,
      true,
      true,
    ]);
  }
});

test.each(["'< 1'", "'>= 0'", "'!= 5'", "''", '0', 'false', '[0, 1]', '{ matches: ".*" }', '{ exists: true }'])(
  'a missing key does not meet %s: it is not 0, not "", not different from anything',
  (condition) => {
    expect(meets(`{ any: { attributes: { k: ${condition} } } }`, {})).toBe(false);
    expect(meets(`{ any: { resource: { k: ${condition} } } }`, {})).toBe(false);
  },
);

test('a missing key is asked for by name, and a key without a value is there', () => {
  expect(meets('{ any: { attributes: { k: { exists: false } } } }', {})).toBe(true);
  expect(meets('{ any: { attributes: { k: missing } } }', withK(text('')))).toBe(false);
  expect(meets('{ any: { attributes: { k: exists } } }', withK({}))).toBe(true);
  expect(meets('{ any: { resource: { k: missing } } }', withK(text('')))).toBe(true);
});

test('0 is a bound like any other, and negative ints are below it', () => {
  const zero = "{ '>=': 0, '<=': 0 }";
  expect([int(0), int(1), int(-1), text('a'), double(0), double(-0.1)].map((value) => k(zero, value))).toEqual([
    true,
    false,
    false,
    false,
    true,
    false,
  ]);
  expect(k("'< 0'", int(-5))).toBe(true);
  expect(k("'< 0'", text('-5'))).toBe(false);
});

test('order compares ints and doubles by value', () => {
  expect(k("'> 2.5'", int(3))).toBe(true);
  expect(k("'>= 2.5'", int(2))).toBe(false);
  expect(k("'<= 2.5'", int(2))).toBe(true);
  expect(k("'> 2'", double(2.25))).toBe(true);
  expect(k("'> 2'", double(NaN))).toBe(false);
  expect(k("'<= 2'", double(NaN))).toBe(false);
  expect(k("'> 2'", double(Infinity))).toBe(true);
});

test('ints are compared exactly over all 64 bits', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.bigInt({ min: -3n, max: 3n }),
      (value, offset) => {
        const bound = value + offset;
        const view = writtenTrace([withK(int(String(value)))]);
        const expected: Record<string, boolean> = {
          '<': value < bound,
          '<=': value <= bound,
          '>': value > bound,
          '>=': value >= bound,
          '=': value === bound,
          '!=': value !== bound,
        };
        for (const [operator, wanted] of Object.entries(expected)) {
          const rules = ruleOf(`{ any: { attributes: { k: '${operator} ${bound}' } } }`);
          expect([operator, holds(rules, view)]).toEqual([operator, wanted]);
        }
      },
    ),
    { seed: 64, numRuns: 60 },
  );
});

test('regular expressions are anchored at both ends, about text alone, and linear in time', () => {
  expect(k("{ matches: '/api/.*' }", text('/api/x'))).toBe(true);
  expect(k("{ matches: '/api' }", text('/api/x'))).toBe(false);
  expect(k("{ matches: 'a|ab' }", text('ab'))).toBe(true);
  expect(k("'matches a+'", text('aaa'))).toBe(true);
  expect(k("{ matches: '5' }", int(5))).toBe(false);
  expect(k("{ matches: '(a+)+b' }", text('a'.repeat(50_000)))).toBe(false);
});

test('an attribute that the span lacks is looked for in its resource; `resource` looks only there', () => {
  const resource = { env: text('prod') };
  const dev = { env: text('dev') };
  expect(meets('{ any: { attributes: { env: prod } } }', { resource })).toBe(true);
  expect(meets('{ any: { attributes: { env: prod } } }', { resource, attributes: dev })).toBe(false);
  expect(meets('{ any: { resource: { env: prod } } }', { resource, attributes: dev })).toBe(true);
  expect(meets('{ any: { resource: { env: dev } } }', { resource, attributes: dev })).toBe(false);
  expect(meets('{ any: { resource: { env: { exists: false } } } }', { attributes: dev })).toBe(true);
});

test('the resource is the one of the span itself, whatever others of the trace have', () => {
  const spans = Array.from({ length: 40 }, (_, i): WrittenSpan => ({ service: `s${i}`, resource: { zone: int(i) } }));
  expect(meets('{ any: { service: s3, resource: { zone: 3 } } }', ...spans)).toBe(true);
  expect(meets('{ any: { service: s3, attributes: { zone: 19 } } }', ...spans)).toBe(false);
  expect(meets('{ any: { service: s19, attributes: { zone: 19 } } }', ...spans)).toBe(true);
});

test('all keys must hold for one and the same span', () => {
  const spans = [{ attributes: { a: int(1) } }, { attributes: { b: int(2) } }];
  expect(meets('{ any: { attributes: { a: 1, b: 2 } } }', ...spans)).toBe(false);
  expect(meets('{ any: { attributes: { a: 1, b: missing } } }', ...spans)).toBe(true);
  expect(meets('{ any: { attributes: { a: 1, b: 2 } } }', { attributes: { b: int(2), a: int(1) } })).toBe(true);
  expect(meets('{ any: { attributes: { a: 1 }, resource: { b: 2 } } }', ...spans)).toBe(false);
});

test.each([
  ['attributes: 5', 'any.attributes: is no map, got `5`; write keys and values, as { http.route: /checkout }'],
  ['attributes: {}', 'any.attributes: is no map'],
  ['attributes: [k]', 'any.attributes: is no map'],
  ['resource: prod', 'any.resource: is no map'],
  ["attributes: { k: '> abc' }", 'any.attributes.k: orders something that is no number, got `> abc`'],
  ['attributes: { k: null }', 'any.attributes.k: cannot be compared with, got `null`'],
  ['attributes: { k: [] }', 'any.attributes.k: is no list of values'],
  ['attributes: { k: {} }', 'any.attributes.k: compares with nothing'],
  ['attributes: { k: { gt: 5 } }', 'any.attributes.k.gt: is no operator'],
  ['resource: { k: { exist: true } }', 'any.resource.k.exist: is no operator; did you mean `exists`?'],
  ['attributes: { k: { exists: 5 } }', 'any.attributes.k.exists: is neither true nor false'],
  ['attributes: { http.route: { matches: "(" } }', 'any.attributes.http.route: is no RE2 regular expression'],
  ['attributes: { k: 9007199254740993 }', 'any.attributes.k: cannot be compared with'],
])('%s is refused', (condition, message) => {
  const found = mistakes(`{ any: { ${condition} } }`);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
});

test('every key that is wrong is named, not only the first', () => {
  expect(
    mistakes("{ any: { attributes: { a: '> x', b: 5, c: [] } } }").map((line) => line.slice(0, line.indexOf(': '))),
  ).toEqual(['any.attributes.a', 'any.attributes.c']);
});
