// OTTL functions by conditions that use them, on one span; and what reading the condition refuses.
import { expect, test } from 'vitest';
import { decide, errorsOf, policy } from '#tests/support/collector-decision.ts';

const SPAN = {
  name: 'work',
  start: 3_600_000_000_000,
  duration: 90_000_000_000,
  attributes: { text: { stringValue: ' Ab ' }, number: { stringValue: '-12' }, ratio: { doubleValue: 1.9 }, flag: { boolValue: true } },
};

const holds = (condition: string): boolean => decide(policy('ottl_condition', JSON.stringify({ span: [condition] })), SPAN) === '+p';

test.each([
  'IsString(attributes["text"]) and not IsString(attributes["ratio"]) and not IsString(attributes["absent"])',
  'IsInt(kind) and IsDouble(attributes["ratio"]) and IsBool(attributes["flag"]) and IsMap(attributes)',
  'IsList(Split(name, "o")) and Len(Split(name, "o")) == 2',
  'Int(attributes["number"]) == -12 or Int(attributes["number"]) + 12 == 0',
  'Int(attributes["ratio"]) == 1 and Int(attributes["text"]) == nil and Double(attributes["number"]) < 0',
  'String(kind) == "1" and String(attributes["absent"]) == nil',
  'ToLowerCase(Trim(attributes["text"])) == "ab" and ToUpperCase(name) == "WORK"',
  'TrimPrefix(name, "wo") == "rk" and TrimSuffix(name, "k") == "wor" and Trim(name, "wk") == "or"',
  'HasPrefix(name, "wo") and HasSuffix(name, "rk") and Substring(name, 1, 2) == "or"',
  'Coalesce([attributes["absent"], name]) == "work"',
  'Seconds(end_time - start_time) == 90.0 and Minutes(end_time - start_time) == 1.5 and Microseconds(end_time - start_time) == 90000000',
  'Year(start_time) == 2023 and Month(start_time) == 11 and Day(start_time) == 14 and Hour(start_time) == 23 and Minute(start_time) == 13',
  'UnixSeconds(start_time) == 1700003600 and UnixNano(start_time) == start_time_unix_nano and Unix(1700003600) == start_time',
  'SHA1("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d" and Len(SHA256(name)) == 64',
  'dropped_attributes_count == 0 and resource.dropped_attributes_count == 0',
])('%s', (condition) => {
  expect(holds(condition)).toBe(true);
});

test('outside of a text, and days in a duration, are errors: the condition does not hold', () => {
  expect(holds('Substring(name, 3, 2) != ""')).toBe(false);
  expect(holds('Duration("1d") > Duration("1h")')).toBe(false);
});

test('a wrong number of arguments, and a function that is none, are refused', () => {
  const refused = (condition: string) => errorsOf(`policies: ${policy('ottl_condition', JSON.stringify({ span: [condition] }))}`);
  expect(refused('HasPrefix(name)')).toContain('gives HasPrefix 1 arguments instead of 2');
  expect(refused('HasPrefx(name, "a")')).toContain('did you mean `HasPrefix`?');
});
