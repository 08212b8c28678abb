// Traps of policies that look at attributes: what reads as zero, patterns that mean something else than they look, invert_match.
import { expect, test } from 'vitest';
import { toldOf } from '#tests/support/lint-told.ts';

test.each([
  ['{ key: http.status_code, min_value: 500, max_value: 599 }', []],
  [
    '{ key: k, min_value: 500, max_value: 400 }',
    ['min_value: `500` is above max_value `400`: no value is within; exchange the two'],
  ],
  ['{ key: k, max_value: 400 }', ['key: the range from no bound to 400 holds 0']],
  ['{ key: k, min_value: -5 }', ['key: the range from -5 to no bound holds 0']],
  ['{ key: k, min_value: -5, max_value: 5 }', ['key: the range from -5 to 5 holds 0']],
  ['{ key: k, min_value: 500 }', ['key: a float or a text in `k` reads as 0 and never matches']],
  ['{ key: k, max_value: -1 }', ['key: a float or a text in `k` reads as 0 and never matches']],
  ['{ key: server.port, min_value: 0, max_value: 400 }', ['min_value: `0` is no bound', 'holds 0']],
  ["{ key: '', min_value: 5 }", ['key: is empty: no attribute has that name', 'key: a float or a text']],
  [
    '{ key: server.port, min_value: 5, invert_match: true }',
    ['invert_match: `true` also keeps every trace without `server.port`, and is one vote among all'],
  ],
])('numeric_attribute %s: %j', (block, expected) => {
  const lines = toldOf('numeric_attribute', block);
  expect(lines).toHaveLength(expected.length);
  for (const [i, message] of expected.entries()) expect(lines[i]).toContain(message);
});

test.each([
  ['{ key: k, values: [a, b] }', []],
  ['{ key: k, values: [] }', ['values: is empty: nothing matches']],
  ['{ key: k, values: ["", a] }', ['values[0]: an empty value is ignored']],
  ['{ key: k, values: ["/api/*"] }', ['values[0]: `/api/*` is compared as it stands, not as a pattern']],
  ['{ key: k, values: ["^a"] }', ['values[0]: `^a` is compared as it stands']],
  ['{ key: k, values: ["a.b"] }', []],
  [
    '{ key: http.status_code, values: ["500"] }',
    ['key: `http.status_code` is an int by the semantic conventions, and an int reads as the empty text here'],
  ],
  ['{ key: k, values: ["^a$"], enabled_regex_matching: true }', []],
  ['{ key: k, values: ["\\\\Aa\\\\z"], enabled_regex_matching: true }', []],
  ['{ key: k, values: ["(?i)^a$"], enabled_regex_matching: true }', []],
  [
    '{ key: k, values: [health], enabled_regex_matching: true }',
    [
      'values[0]: `health` is not anchored: it matches anywhere in the text, so xhealthy matches, too; write ^(?:health)$',
    ],
  ],
  ['{ key: k, values: ["^a"], enabled_regex_matching: true }', ['write ^(?:a)$ to match the whole text']],
  ['{ key: k, values: ["a.+"], enabled_regex_matching: true }', ['values[0]: `a.+` is not anchored']],
  ['{ key: k, values: [a], invert_match: true }', ['invert_match: `true` also keeps every trace without `k`']],
  ['{ values: [a] }', ['key: is empty']],
])('string_attribute %s: %j', (block, expected) => {
  const lines = toldOf('string_attribute', block);
  expect(lines).toHaveLength(expected.length);
  for (const [i, message] of expected.entries()) expect(lines[i]).toContain(message);
});

test.each([
  ['.*', true],
  ['', true],
  ['^.*$', true],
  ['^', true],
  ['$', true],
  ['()', true],
  ['|', true],
  ['.?', true],
  ['^$', false],
  ['.', false],
  ['^.$', false],
])('whether the pattern %j matches every text: %s', (pattern, all) => {
  const lines = toldOf(
    'string_attribute',
    JSON.stringify({ key: 'k', values: [pattern], enabled_regex_matching: true }),
  );
  expect(lines.some((line) => line.includes('matches every text'))).toBe(all);
});

test.each([
  ['{ key: k, value: true }', []],
  ['{ key: k, value: false }', ['value: is `false`, and what is no bool reads as false']],
  ['{ key: k }', ['value: is not written and so `false`, and what is no bool reads as false']],
  ["{ key: '', value: true }", ['key: is empty']],
  ['{ key: k, value: true, invert_match: true }', ['invert_match: `true` also keeps every trace without `k`']],
])('boolean_attribute %s: %j', (block, expected) => {
  const lines = toldOf('boolean_attribute', block);
  expect(lines).toHaveLength(expected.length);
  for (const [i, message] of expected.entries()) expect(lines[i]).toContain(message);
});

test.each([
  ['{ key: k, values: [a] }', []],
  ['{ key: k, values: [""] }', ['values: `[""]` holds no value that a tracestate can have: nothing matches']],
  ['{ key: k }', ['holds no value that a tracestate can have']],
  ['{ key: k, values: [a, ""] }', ['values: values that are empty, or longer than 255 with their key, are ignored']],
  [`{ key: k, values: [a, ${'v'.repeat(255)}] }`, ['longer than 255 with their key, are ignored']],
  [`{ key: k, values: [${'v'.repeat(254)}] }`, []],
  ["{ key: '', values: [a] }", ['key: is empty']],
])('trace_state %s: %j', (block, expected) => {
  const lines = toldOf('trace_state', block);
  expect(lines).toHaveLength(expected.length);
  for (const [i, message] of expected.entries()) expect(lines[i]).toContain(message);
});
