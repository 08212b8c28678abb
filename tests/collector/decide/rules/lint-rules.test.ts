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
