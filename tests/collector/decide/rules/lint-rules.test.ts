// What the lint of Winnow's own rules points out, each with path and remedy; and that ordinary rules pass.
import { expect, test } from 'vitest';
import { lintRules } from '#collector/decide/rules/lint-rules.ts';

const REST = { name: 'the rest', keep: '5%' };
const told = (...rules: readonly unknown[]): string =>
  lintRules(rules)
    .map(({ path, message, remedy }) => `${path}: ${message}; ${remedy}`)
    .join('\n');

test('ordinary rules pass', () => {
  expect(
    told(
      { name: 'errors', when: { any: { status: 'error' } }, keep: '100%' },
      { name: 'slow', when: { duration: '> 1s' }, keep: '100%' },
      REST,
    ),
  ).toBe('');
});

test('what is never reached: behind a rule for all, behind the same, behind one that asks for less', () => {
  expect(told(REST, { name: 'late', when: { any: { status: 'error' } }, keep: '100%' })).toContain(
    'sampling.rules[1]: rule `late` is never reached: `the rest` above it matches every trace; move it above',
  );
  expect(
    told({ name: 'a', when: { spans: '> 5' }, keep: '1%' }, { name: 'b', when: { spans: '> 5' }, keep: '2%' }, REST),
  ).toContain('has the same conditions');
  expect(
    told(
      { name: 'a', when: { any: { status: 'error' } }, keep: '1%' },
      { name: 'b', when: { any: { status: 'error', service: 'x' }, spans: '> 5' }, keep: '2%' },
      REST,
    ),
  ).toContain('`a` above it asks for less');
});

test('a rule that asks for less behind one that asks for more is reached', () => {
  expect(
    told(
      { name: 'a', when: { any: { status: 'error', service: 'x' } }, keep: '1%' },
      { name: 'b', when: { any: { status: 'error' } }, keep: '2%' },
      REST,
    ),
  ).toBe('');
  expect(
    told(
      { name: 'a', when: { not: { any: { status: 'error' } } }, keep: '1%' },
      { name: 'b', when: { not: { any: { status: 'error', service: 'x' } } }, keep: '2%' },
      REST,
    ),
  ).toBe('');
});

test('a list that matches not all, or nothing', () => {
  expect(told({ name: 'errors', when: { any: { status: 'error' } }, keep: '100%' })).toContain(
    'no rule matches every trace',
  );
  expect(told()).toContain('an empty list of rules keeps nothing');
});

test('types that never match, and patterns that mean something else than they look', () => {
  const when = (attributes: unknown) => ({ name: 'r', when: { any: { attributes } }, keep: '1%' });
  expect(told(when({ 'http.response.status_code': '500' }), REST)).toContain(
    'any.attributes.http.response.status_code: compares with the text `500`, but this attribute is an int and an int never equals a text; write 500 without quotes',
  );
  expect(told(when({ 'url.path': { matches: 'health' } }), REST)).toContain('must cover the whole text');
  expect(told(when({ 'url.path': { matches: '^/health$' } }), REST)).toContain('anchored at both ends anyway');
  expect(told(when({ 'http.response.status_code': { '>': 599, '<': 500 } }), REST)).toContain(
    'no number is above 599 and below 500',
  );
});

test.each([
  [{ '>': 5, '<': 3 }, true],
  [{ '>': 5, '<': 5 }, true],
  [{ '>=': 5, '<': 5 }, true],
  [{ '>=': 5, '<=': 5 }, false],
  [{ '>=': 6, '<=': 5 }, true],
  [{ '>': 5, '<': 7 }, false],
  [{ '>': 5 }, false],
])('whether no number is within %j: %s', (range, empty) => {
  const found = told({ name: 'r', when: { any: { attributes: { k: range } } }, keep: '1%' }, REST);
  expect(found.includes('the rule never matches')).toBe(empty);
});

test.each([
  ['health', 'must cover the whole text, and has no wildcard'],
  ['^/health', 'is anchored at both ends anyway'],
  ['/health$', 'is anchored at both ends anyway'],
  ['/health.*', ''],
  ['a|b', ''],
])('the pattern %s: %s', (pattern, message) => {
  for (const written of [{ matches: pattern }, `matches ${pattern}`]) {
    const found = told({ name: 'r', when: { any: { name: written } }, keep: '1%' }, REST);
    expect(message === '' ? found : found.includes(message)).toBe(message === '' ? '' : true);
  }
});

test('findings are told inside of groups, with their whole path', () => {
  const found = told(
    {
      name: 'r',
      when: { any_of: [{ spans: 5 }, { not: { all: { attributes: { 'server.port': ['80', 443] } } } }] },
      keep: '1%',
    },
    REST,
  );
  expect(found).toContain(
    'sampling.rules[0].when.any_of[1].not.all.attributes.server.port: compares with the text `80`',
  );
  expect(found).not.toContain('443');
});

test('what a text is to an attribute that is no int, and an int to one that is, is nothing to speak of', () => {
  const when = (attributes: unknown) => ({ name: 'r', when: { any: { attributes } }, keep: '1%' });
  expect(told(when({ 'url.path': '500' }), REST)).toBe('');
  expect(told(when({ 'http.response.status_code': [500, 503] }), REST)).toBe('');
  expect(told(when({ 'http.response.status_code': '>= 500' }), REST)).toBe('');
});

test('a rule behind several that each ask for something else is reached', () => {
  expect(
    told(
      { name: 'a', when: { any: { service: 'a' } }, keep: '1%' },
      { name: 'b', when: { any: { service: 'b' } }, keep: '2%' },
      { name: 'c', when: { any: { service: 'c' }, spans: '> 5' }, keep: '3%' },
      REST,
    ),
  ).toBe('');
});
