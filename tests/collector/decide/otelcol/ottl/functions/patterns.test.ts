// OTTL functions that match and take texts apart: regular expressions, JSON, pairs and rows.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { asked, refusalOf } from '#tests/support/ottl-subject.ts';

describe('IsMatch', () => {
  test.each([
    ['IsMatch("abc", "b")', true],
    ['IsMatch("abc", "^b")', false],
    ['IsMatch("abc", "^abc$")', true],
    ['IsMatch("a\\nb", "a.b")', false],
    ['IsMatch(attributes["n"], "^50.$")', true],
    ['IsMatch(attributes["b"], "true")', true],
    ['IsMatch(attributes["m"], "\\"a\\":1")', true],
    ['IsMatch(attributes["absent"], ".*")', false],
    ['IsMatch("abc", attributes["p"])', true],
    ['IsMatch("abc", attributes["bad"])', 'no RE2'],
  ] as const)('%s: %s', (condition, expected) => {
    const answer = asked(condition, { n: 503n, b: true, m: { a: 1n }, p: 'b.', bad: '(' });
    expect(typeof expected === 'string' ? String(answer).includes(expected) : answer === expected).toBe(true);
  });
});

describe('ExtractPatterns', () => {
  test.each([
    ['ExtractPatterns("GET /a", "^(?P<verb>[A-Z]+) (?P<path>.*)$") == {"verb": "GET", "path": "/a"}', true],
    ['ExtractPatterns("b", "(?P<x>a)?b")["x"] == ""', true],
    ['Len(ExtractPatterns("b", "(?P<x>a)")) == 0', true],
    ['ExtractPatterns("aa", "(?P<x>a)")["x"] == "a"', true],
    ['ExtractPatterns("a", "a")["x"] == ""', 'the pattern has no named group'],
    ['ExtractPatterns(attributes["n"], "(?P<x>a)")["x"] == ""', 'expected a text'],
  ] as const)('%s: %s', (condition, expected) => {
    expect(asked(condition, { n: 5n })).toBe(expected);
  });
});

describe('ParseJSON', () => {
  test.each([
    ['ParseJSON("{\\"a\\": 1}")["a"] == 1', true],
    ['IsDouble(ParseJSON("{\\"a\\": 1}")["a"])', true],
    ['ParseJSON("[1, \\"a\\", null, true]")[1] == "a"', true],
    ['ParseJSON("{\\"a\\": {\\"b\\": [2]}}")["a"]["b"][0] == 2', true],
    ['ParseJSON("{\\"a\\": null}")["a"] == nil', true],
    ['ParseJSON("{\\"a\\": 1, \\"a\\": 2}")["a"] == 2', true],
    ['Len(ParseJSON("{}")) == 0', true],
    ['ParseJSON("{")["a"] == 1', 'is no JSON'],
    ['ParseJSON("5")["a"] == 1', 'is neither an object nor a list'],
    ['ParseJSON("null")["a"] == 1', 'is neither an object nor a list'],
    ['ParseJSON("[1e999]")[0] == 1', 'has a number beyond all floats'],
    ['ParseJSON("{}")["a"] == nil', 'has no key a'],
    ['ParseJSON(attributes["n"])["a"] == nil', 'expected a text'],
  ] as const)('%s: %s', (condition, expected) => {
    expect(asked(condition, { n: 5n })).toBe(expected);
  });

  test('any object of JSON has the values it has', () => {
    const value = fc.dictionary(
      fc.stringMatching(/^[a-z]{1,4}$/),
      fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean()),
      { minKeys: 1, maxKeys: 4 },
    );
    fc.assert(
      fc.property(value, (object) => {
        const parts = Object.keys(object).map(
          (key) => `ParseJSON(attributes["json"])["${key}"] == attributes["${key}"]`,
        );
        expect(asked(parts.join(' and '), { ...object, json: JSON.stringify(object) })).toBe(true);
      }),
      { seed: 381 },
    );
  });
});

describe('pairs', () => {
  test.each([
    ['ParseKeyValue("a=1 b=2") == {"a": "1", "b": "2"}', true],
    ['ParseKeyValue("a=\'x y\' b=2")["a"] == "x y"', true],
    ['ParseKeyValue("a:1;b:2", ":", ";") == {"a": "1", "b": "2"}', true],
    ['ParseKeyValue("a=1 a=2")["a"] == "2"', true],
    ['ParseKeyValue("a")["a"] == ""', 'a is no pair'],
    ['ParseKeyValue("")["a"] == ""', 'is empty'],
    ['ParseKeyValue("a=\'x")["a"] == ""', 'a quote that never ends'],
    ['ToKeyValueString({"b": 1, "a": "x"}, "=", " ", true) == "a=x b=1"', true],
    ['ToKeyValueString({"b": 1, "a": "x"}) == "b=1 a=x"', true],
    ['ToKeyValueString({"a": "x y"}) == "a=\\"x y\\""', true],
    ['ToKeyValueString({"a": "x\\"y"}) == "a=x\\\\\\"y"', true],
    ['ToKeyValueString({"a": 1}, ":", ";") == "a:1"', true],
    ['ToKeyValueString({}) == ""', true],
    ['ToKeyValueString(attributes["n"]) == ""', 'expected a map'],
  ] as const)('%s: %s', (condition, expected) => {
    expect(asked(condition, { n: 5n })).toBe(expected);
  });

  test('what is written as pairs is read as the same map', () => {
    const word = fc.stringMatching(/^[a-z0-9]{1,5}$/);
    fc.assert(
      fc.property(
        fc.dictionary(word, fc.oneof(word, fc.constant('x y')), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
        (map) => {
          expect(asked('ParseKeyValue(ToKeyValueString(attributes["m"])) == attributes["m"]', { m: map })).toBe(true);
        },
      ),
      { seed: 382 },
    );
  });
});

describe('ParseCSV', () => {
  test.each([
    ['ParseCSV("1,2", "a,b") == {"a": "1", "b": "2"}', true],
    ['ParseCSV("\\"1,2\\",3", "a,b")["a"] == "1,2"', true],
    ['ParseCSV("1;2", "a;b", ";")["b"] == "2"', true],
    ['ParseCSV("1;2", "a,b", ";", ",")["b"] == "2"', true],
    ['ParseCSV("1\\"x,2", "a,b", ",", ",", "lazyQuotes")["a"] == "1\\"x"', true],
    ['ParseCSV("\\"1,2", "a,b", ",", ",", "ignoreQuotes")["a"] == "\\"1"', true],
    ['ParseCSV("1,2", "a,a")["a"] == "2"', true],
    ['ParseCSV("1", "a,b")["a"] == "1"', 'has 1 fields for 2 names'],
    ['ParseCSV("1\\"x", "a")["a"] == "1"', 'a quote within a field'],
    ['ParseCSV("1", attributes["none"])["a"] == "1"', 'has no header'],
    ['ParseCSV("", "a")["a"] == ""', 'has no row'],
  ] as const)('%s: %s', (condition, expected) => {
    expect(asked(condition, { none: '' })).toBe(expected);
  });
});

test.each([
  ['IsMatch(name, "(")', 'has a pattern that is no RE2'],
  ['IsMatch(name, "(?=a)")', 'has a pattern that is no RE2'],
  ['ExtractPatterns(name, "[")["x"] == ""', 'has a pattern that is no RE2'],
  ['IsMatch(name, 5)', 'never fits'],
  ['ParseKeyValue(name, "=", "=") == {}', 'needs two delimiters that differ and are not empty'],
  ['ParseKeyValue(name, "") == {}', 'needs two delimiters'],
  ['ParseKeyValue(name, " ") == {}', 'needs two delimiters'],
  ['ToKeyValueString({}, ";", ";") == ""', 'needs two delimiters'],
  ['ParseCSV(name, "a", ";;") == {}', 'needs delimiters of one letter'],
  ['ParseCSV(name, "a", ",", ",", "loose") == {}', 'asks ParseCSV for the mode loose; there are strict'],
  ['ParseJSON(5) == {}', 'never fits'],
])('%s is refused', (condition, message) => {
  expect(refusalOf(condition)).toContain(message);
});
