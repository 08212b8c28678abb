// Comparisons as people write them become one form: operators, operands with their types, mistakes with their paths.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { parseComparisons, type Comparison } from '#collector/decide/values/comparison.ts';
import { formatConfigError, type ConfigError } from '#proto/config/config-error.ts';

function parsed(written: unknown): readonly Comparison[] {
  const errors: ConfigError[] = [];
  const found = parseComparisons(written, 'p', errors);
  expect(errors).toEqual([]);
  return found!;
}

function mistakes(written: unknown): string[] {
  const errors: ConfigError[] = [];
  expect(parseComparisons(written, 'p', errors)).toBeUndefined();
  return errors.map(formatConfigError);
}

/** Operator, then type and value of each operand. */
const short = (comparisons: readonly Comparison[]): string[] =>
  comparisons.map(
    ({ operator, operands }) => `${operator} ${operands.map(({ type, value }) => `${type}:${value}`).join(' ')}`,
  );

describe('what is written', () => {
  test.each<[unknown, string[]]>([
    [500, ['= int:500']],
    [-5, ['= int:-5']],
    [0.5, ['= double:0.5']],
    [true, ['= bool:true']],
    ['a', ['= string:a']],
    ['500', ['= string:500']],
    ['', ['= string:']],
    ['= 500', ['= int:500']],
    ['=500', ['= int:500']],
    ['= +500', ['= int:500']],
    ['= -500', ['= int:-500']],
    ['= 007', ['= int:7']],
    ['= 500.0', ['= double:500']],
    ['= 5e2', ['= double:500']],
    ['= .5', ['= double:0.5']],
    ['= 5.', ['= double:5']],
    ['= 1.5E-3', ['= double:0.0015']],
    ['= true', ['= bool:true']],
    ['= "true"', ['= string:true']],
    ["= '5'", ['= string:5']],
    ['= TRUE', ['= string:TRUE']],
    ['= 5 5', ['= string:5 5']],
    ['= e5', ['= string:e5']],
    ['!= a', ['!= string:a']],
    ['> 800ms', ['> string:800ms']],
    ['>= 5', ['>= int:5']],
    ['<5', ['< int:5']],
    ['<=  5 ', ['<= int:5']],
    ['>', ['= string:>']],
    ['=>', ['= string:>']],
    [' > 5', ['= string: > 5']],
    ['a > 5', ['= string:a > 5']],
    ['exists', ['exists bool:true']],
    ['missing', ['exists bool:false']],
    ['Exists', ['= string:Exists']],
    ['matches a.*', ['matches string:a.*']],
    ['matches', ['= string:matches']],
    ['matchesa', ['= string:matchesa']],
    [['a', 5, true], ['in string:a int:5 bool:true']],
    [{ in: ['a'] }, ['in string:a']],
    [{ '>=': 1, '<': 9 }, ['>= int:1', '< int:9']],
    [{ exists: false }, ['exists bool:false']],
    [{ matches: 'a b' }, ['matches string:a b']],
    [{ '=': '> 5' }, ['= string:> 5']],
    [{ '=': 'exists' }, ['= string:exists']],
  ])('%j is %j', (written, expected) => {
    expect(short(parsed(written))).toEqual(expected);
  });

  test('an int that YAML reads whole keeps all its digits', () => {
    expect(short(parsed(9007199254740993n))).toEqual(['= int:9007199254740993']);
    expect(short(parsed({ '<': 2n ** 63n }))).toEqual(['< int:9223372036854775808']);
  });

  test('numbers as texts keep all their digits', () => {
    fc.assert(
      fc.property(fc.bigInt(), (value) => {
        expect(parsed(`= ${value}`)).toEqual([
          { operator: '=', operands: [{ type: 'int', value, text: String(value) }] },
        ]);
      }),
      { seed: 111 },
    );
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        fc.pre(!Number.isInteger(value));
        expect(short(parsed(`> ${value}`))).toEqual([`> double:${value}`]);
        expect(short(parsed({ '>': value }))).toEqual([`> double:${value}`]);
      }),
      { seed: 112 },
    );
  });

  test('any text in quotes is that text, and behind an operator of a map any text at all', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(short(parsed({ '=': text }))).toEqual([`= string:${text}`]);
        expect(short(parsed(`!= "${text}"`))).toEqual([`!= string:${text}`]);
        expect(short(parsed([text]))).toEqual([`in string:${text}`]);
      }),
      { seed: 113 },
    );
  });

  test('the text of an operand is what was written, for those who compare texts', () => {
    expect(parsed('= 007')[0]!.operands[0]!.text).toBe('007');
    expect(parsed(5)[0]!.operands[0]!.text).toBe('5');
    expect(parsed(true)[0]!.operands[0]!.text).toBe('true');
    expect(parsed('= "a"')[0]!.operands[0]!.text).toBe('a');
  });
});

describe('what is refused', () => {
  test.each<[unknown, string[]]>([
    [null, ['p: cannot be compared with, got `null`']],
    [NaN, ['p: cannot be compared with']],
    [2 ** 53, ["an integer this large must be quoted, as '= 9007199254740993'"]],
    [[], ['p: is no list of values, got `[]`; write at least one value, as [a, b]']],
    [['a', null], ['p: cannot be compared with, got `null`']],
    [[['a']], ['p: cannot be compared with, got `["a"]`']],
    [{}, ['p: compares with nothing, got `{}`']],
    [{ in: 'a' }, ['p.in: is no list of values, got `a`']],
    [{ in: [] }, ['p.in: is no list of values']],
    [{ '>': null }, ['p.>: cannot be compared with, got `null`']],
    [{ '>': { a: 1 } }, ['p.>: cannot be compared with']],
    [
      { exists: 'yes' },
      ['p.exists: is neither true nor false, got `yes`; write { exists: true } or { exists: false }'],
    ],
    [{ exist: true }, ['p.exist: is no operator; did you mean `exists`?']],
    [{ match: 'a' }, ['did you mean `matches`?']],
    [{ '==': 1 }, ['p.==: is no operator']],
    [{ '>=': 1, less: 9, more: 2 }, ['p.less: is no operator', 'p.more: is no operator']],
  ])('%j', (written, expected) => {
    const found = mistakes(written);
    expect(found).toHaveLength(expected.length);
    for (const [i, message] of expected.entries()) expect(found[i]).toContain(message);
  });
});
