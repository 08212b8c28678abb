// Upper and lower case letter by letter, and names in snake_case and CamelCase.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { camelCase, lowerCase, snakeCase, upperCase } from '#collector/decide/otelcol/ottl/functions/letter-case.ts';

test.each([
  ['', '', ''],
  ['Hello World', 'hello world', 'HELLO WORLD'],
  ['ÄÖÜ äöü', 'äöü äöü', 'ÄÖÜ ÄÖÜ'],
  ['straße', 'straße', 'STRAßE'],
  ['ﬁ', 'ﬁ', 'ﬁ'],
  ['123-_.', '123-_.', '123-_.'],
  ['Σ', 'σ', 'Σ'],
  ['😀', '😀', '😀'],
])('%j is %j and %j', (text, lower, upper) => {
  expect([lowerCase(text), upperCase(text)]).toEqual([lower, upper]);
});

test('a text never changes its number of letters, and twice is as once', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      for (const change of [lowerCase, upperCase]) {
        expect(Array.from(change(text))).toHaveLength(Array.from(text).length);
        expect(change(change(text))).toBe(change(text));
      }
    }),
    { seed: 281 },
  );
});

test.each([
  ['', ''],
  ['a', 'a'],
  ['someName', 'some_name'],
  ['SomeName', 'some_name'],
  ['HTTPServer', 'http_server'],
  ['HTTPServer2Name', 'http_server_2_name'],
  ['some name', 'some_name'],
  ['some-name.here', 'some_name_here'],
  ['some_name', 'some_name'],
  [' padded ', 'padded'],
  ['a1', 'a_1'],
  ['JSON', 'json'],
  ['ID', 'id'],
])('%j in snake case is %j', (text, expected) => {
  expect(snakeCase(text)).toBe(expected);
});

test.each([
  ['', ''],
  ['a', 'A'],
  ['some_name', 'SomeName'],
  ['some-name-here', 'SomeNameHere'],
  ['some name', 'SomeName'],
  ['some.name', 'SomeName'],
  ['someName', 'SomeName'],
  ['HTTPServer', 'Httpserver'],
  ['some_name-here 2x', 'SomeNameHere2X'],
  ['__a__b__', 'AB'],
  ['a1b', 'A1B'],
  ['grüße', 'Gre'],
])('%j in camel case is %j', (text, expected) => {
  expect(camelCase(text)).toBe(expected);
});

test('words of small letters go from one to the other and back', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{2,6}$/), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(words, (list) => {
      const snake = list.join('_');
      expect(camelCase(snake)).toBe(list.map((word) => word[0]!.toUpperCase() + word.slice(1)).join(''));
      expect(snakeCase(camelCase(snake))).toBe(snake);
      expect(snakeCase(snake)).toBe(snake);
    }),
    { seed: 282 },
  );
});
