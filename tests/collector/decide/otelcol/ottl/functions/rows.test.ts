// Texts cut into fields with regard to quotes: pairs, and rows of CSV as RFC 4180 has them.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { csvRow, pairsOf, splitUnquoted } from '#collector/decide/otelcol/ottl/functions/rows.ts';

describe('parts between delimiters', () => {
  test.each([
    ['a b', ' ', ['a', 'b']],
    ['a  b', ' ', ['a', 'b']],
    ['', ' ', []],
    [' a ', ' ', ['a']],
    ["a='x y' b", ' ', ['a=x y', 'b']],
    ['a="x y" b', ' ', ['a=x y', 'b']],
    [`a="it's" b`, ' ', ["a=it's", 'b']],
    ['a=\\"x y', ' ', ['a=\\"x', 'y']],
    ['a=1;;b=2', ';;', ['a=1', 'b=2']],
    ['a;b', ';;', ['a;b']],
  ])('%j at %j: %j', (text, delimiter, parts) => {
    expect(splitUnquoted(text, delimiter)).toEqual(parts);
  });

  test.each(['"a', "a 'b", '"a\''])('%s has a quote that never ends', (text) => {
    expect(() => splitUnquoted(text, ' ')).toThrow('a quote that never ends');
  });

  test('without quotes they are those of split, empty ones left out', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', ' ', ',') }), (text) => {
        expect(splitUnquoted(text, ',')).toEqual(text.split(',').filter((part) => part !== ''));
      }),
      { seed: 331 },
    );
  });
});

describe('pairs', () => {
  test('are cut at the first delimiter, blanks around them going away; of equal keys the last counts', () => {
    expect([...pairsOf(['a=1', ' b = 2 ', 'c=d=e', 'f='], '=')]).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['c', 'd=e'],
      ['f', ''],
    ]);
    expect(pairsOf(['a=1', 'a=2'], '=').get('a')).toBe('2');
    expect(pairsOf(['a->1'], '->').get('a')).toBe('1');
  });

  test('what has no delimiter is no pair', () => {
    expect(() => pairsOf(['a=1', 'b'], '=')).toThrow('b is no pair');
  });
});

describe('rows', () => {
  test.each([
    ['a,b', ['a', 'b']],
    ['a', ['a']],
    ['a,', ['a', '']],
    [',', ['', '']],
    ['"a,b",c', ['a,b', 'c']],
    ['"a""b"', ['a"b']],
    ['""', ['']],
    ['"",b', ['', 'b']],
    [' a , b ', [' a ', ' b ']],
    ['a\nb,c', ['a\nb', 'c']],
    ['"a\nb",c', ['a\nb', 'c']],
    ['a,b\r\n', ['a', 'b']],
    ['ä,😀', ['ä', '😀']],
  ])('%j: %j', (text, fields) => {
    expect(csvRow(text, ',', false)).toEqual(fields);
  });

  test.each([
    ['a"b', 'a quote within a field'],
    ['"a', 'a quote that never ends'],
    ['"a"b', 'text behind a quoted field'],
    ['', 'has no row'],
    ['\n\n', 'has no row'],
  ])('%j: %s', (text, message) => {
    expect(() => csvRow(text, ',', false)).toThrow(message);
  });

  test.each([
    ['a"b,c', ['a"b', 'c']],
    ['"a"b",c', ['a"b', 'c']],
    ['"a,b', ['a,b']],
    ['"a","b"', ['a', 'b']],
  ])('%j with quotes taken lightly: %j', (text, fields) => {
    expect(csvRow(text, ',', true)).toEqual(fields);
  });

  test('what is written by the rules is read as it was, whatever the delimiter', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\n', ' ', 'ä') });
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 4 }), fc.constantFrom(',', ';'), (fields, delimiter) => {
        const row = fields.map((one) => `"${one.replaceAll('"', '""')}"`).join(delimiter);
        expect(csvRow(row, delimiter, false)).toEqual(fields);
      }),
      { seed: 332 },
    );
  });
});
