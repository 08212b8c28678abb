// Traps of conditions in OTTL: patterns that match anywhere, ints compared with texts, errors that nobody sees.
import { expect, test } from 'vitest';
import { toldOf } from '#tests/support/lint-told.ts';

const on = (condition: string, key = 'span'): string[] =>
  toldOf('ottl_condition', JSON.stringify({ error_mode: 'ignore', [key]: [condition] }));

test.each([
  'name == "a"',
  'attributes["http.status_code"] == 500',
  'attributes["http.status_code"] >= 500',
  'attributes["other"] == "500"',
  'attributes["http.status_code"] == nil',
  'IsMatch(name, "^a")',
  'IsMatch(name, "a$")',
  'IsMatch(name, ".*a")',
  'IsMatch(name, "a.*")',
  'IsMatch(name, "(?i)a")',
  'IsMatch(name, attributes["p"])',
  'HasPrefix(name, "a")',
])('%s is nothing to speak of', (condition) => {
  expect(on(condition)).toEqual([]);
});

test.each([
  [
    'attributes["http.status_code"] == "500"',
    'span[0]: `http.status_code` is an int by the semantic conventions, and an int never equals the text `500`; write 500 without quotes',
  ],
  ['"500" == attributes["http.response.status_code"]', 'write 500 without quotes'],
  ['attributes["server.port"] != "http"', 'write a number without quotes'],
  ['resource.attributes["process.pid"] == "5"', '`process.pid` is an int by the semantic conventions'],
  ['name == "a" or attributes["server.port"] == "80"', '`server.port` is an int'],
  ['not (attributes["server.port"] == "80")', '`server.port` is an int'],
  [
    'IsMatch(name, "health")',
    'span[0]: the pattern `health` is not anchored: it matches anywhere in the text; write ^health$ to match the whole text, or .*health.*',
  ],
  ['name == "a" and not IsMatch(name, "b")', 'the pattern `b` is not anchored'],
])('%s: %s', (condition, message) => {
  const lines = on(condition);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(message);
});

test('conditions on events are looked at, each with its place', () => {
  expect(
    toldOf(
      'ottl_condition',
      JSON.stringify({ error_mode: 'ignore', span: ['name == "a"'], spanevent: ['name == "b"', 'IsMatch(name, "c")'] }),
    ),
  ).toEqual([expect.stringContaining('spanevent[1]: the pattern `c` is not anchored') as string]);
});

test('an error_mode that is not written hides errors', () => {
  expect(toldOf('ottl_condition', JSON.stringify({ span: ['true'] }))).toEqual([
    'error_mode: is not written: a condition that errs on a span counts as false; write error_mode: ignore to say so, or propagate to take the policy out then',
  ]);
  expect(toldOf('ottl_condition', JSON.stringify({ error_mode: 'propagate', span: ['true'] }))).toEqual([]);
});
