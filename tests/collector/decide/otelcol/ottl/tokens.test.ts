// Words of a condition in OTTL: which characters make which word, and Go's escapes in texts.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { tokensOf, unquoted } from '#collector/decide/otelcol/ottl/tokens.ts';

const short = (text: string): string =>
  tokensOf(text)
    .slice(0, -1)
    .map(({ kind, text: word }) => `${kind}:${word}`)
    .join(' ');

describe('words', () => {
  test.each([
    ['', ''],
    ['  \t\n\r\f ', ''],
    ['name', 'lower:name'],
    ['trace_id', 'lower:trace_id'],
    ['IsMatch', 'upper:I lower:s upper:M lower:atch'],
    ['SPAN_KIND_SERVER', 'upper:SPAN_KIND_SERVER'],
    ['SHA256', 'upper:SHA256'],
    ['12', 'int:12'],
    ['1.5', 'float:1.5'],
    ['1.', 'float:1.'],
    ['.5', 'float:.5'],
    ['1.5e-3', 'float:1.5e-3'],
    ['1e3', 'int:1 lower:e3'],
    ['0x1F', 'bytes:0x1F'],
    ['0x', 'int:0 lower:x'],
    ['0xg', 'int:0 lower:xg'],
    ['-1', 'sum:- int:1'],
    ['a==b', 'lower:a comparison:== lower:b'],
    ['a = b', 'lower:a equal:= lower:b'],
    ['=>', 'arrow:=>'],
    ['>=', 'comparison:>='],
    ['<= < > !=', 'comparison:<= comparison:< comparison:> comparison:!='],
    ['+-*/', 'sum:+ sum:- product:* product:/'],
    ['nil nilly', 'nil:nil lower:nilly'],
    ['not and or', 'not:not and:and or:or'],
    ['notable android order', 'lower:notable lower:android lower:order'],
    ['true false trueish', 'bool:true bool:false lower:trueish'],
    ['true_', 'lower:true_'],
    ['(){}:,.[]', 'punct:( punct:) punct:{ punct:} punct:: punct:, punct:. punct:[ punct:]'],
    ['"a b"', 'text:"a b"'],
    ['"a\\"b"', 'text:"a\\"b"'],
    ['""', 'text:""'],
    ['"a" "b"', 'text:"a" text:"b"'],
    ['_', 'blank:_'],
    ['a[0]', 'lower:a punct:[ int:0 punct:]'],
  ])('%j', (text, expected) => {
    expect(short(text)).toBe(expected);
  });

  test('columns count from 1, and the last word is the end', () => {
    expect(tokensOf('a  == "b"').map(({ column }) => column)).toEqual([1, 4, 7, 10]);
    expect(tokensOf('').map(({ kind }) => kind)).toEqual(['end']);
  });

  test.each([
    ["name == 'work'", 9],
    ['a & b', 3],
    ['"open', 1],
    ['a ! b', 3],
    ['ä', 1],
    ['a\u00a0b', 2],
  ])('%j has an unexpected character at %i', (text, column) => {
    expect(() => tokensOf(text)).toThrow(`has an unexpected character at ${column}`);
  });

  test('nothing is lost between the words but blanks', () => {
    const word = fc.constantFrom(
      'name',
      'IsMatch',
      '12',
      '1.5',
      '"a b"',
      '==',
      '(',
      ')',
      'nil',
      'and',
      '0xff',
      '-',
      '.',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const tokens = tokensOf(words.join('  '));
        expect(
          tokens
            .slice(0, -1)
            .map(({ text }) => text)
            .join(''),
        ).toBe(words.join(''));
      }),
      { seed: 211 },
    );
  });
});

describe('texts', () => {
  test.each([
    ['"a"', 'a'],
    ['""', ''],
    ['"\\n\\t\\r\\a\\b\\f\\v"', '\n\t\r\x07\b\f\v'],
    ['"\\\\"', '\\'],
    ['"\\""', '"'],
    ['"\\x41"', 'A'],
    ['"\\101"', 'A'],
    ['"\\u00e4"', 'ä'],
    ['"\\U0001F600"', '😀'],
    ['"\\\\n"', '\\n'],
    ['"ä😀"', 'ä😀'],
    ['"\'"', "'"],
  ])('%s', (token, text) => {
    expect(unquoted(token)).toBe(text);
  });

  test.each(['"\\d"', '"\\x4"', '"\\u12"', '"\\ud800"', '"\\U00110000"', '"\\400"', '"\\\'"', '"a\\"'])(
    '%s has a backslash that begins no escape',
    (token) => {
      expect(() => unquoted(token)).toThrow('begins no escape');
    },
  );

  test('a text over several lines is refused', () => {
    expect(() => unquoted('"a\nb"')).toThrow('over several lines');
  });

  test('any text that is escaped comes back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const token = `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
        expect(tokensOf(token)).toHaveLength(2);
        expect(unquoted(token)).toBe(text);
      }),
      { seed: 212 },
    );
  });
});
