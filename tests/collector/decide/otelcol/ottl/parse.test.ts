// The grammar of conditions in OTTL: what binds how, what may stand where, and what is refused with its place.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { parseCondition, type Condition, type Expression } from '#collector/decide/otelcol/ottl/parse.ts';

/** An expression in parentheses wherever it has parts. */
function shownValue(value: Expression): string {
  switch (value.kind) {
    case 'literal':
      return value.value instanceof Uint8Array
        ? `0x${Buffer.from(value.value).toString('hex')}`
        : typeof value.value === 'string'
          ? JSON.stringify(value.value)
          : typeof value.value === 'number'
            ? `${value.value}f`
            : String(value.value);
    case 'list':
      return `[${value.items.map(shownValue).join(',')}]`;
    case 'map':
      return `{${value.entries.map(([key, one]) => `${key}:${shownValue(one)}`).join(',')}}`;
    case 'enum':
      return value.name;
    case 'path':
      return value.segments
        .map(({ name, keys }) => name + keys.map((key) => `[${shownValue(key)}]`).join(''))
        .join('.');
    case 'call':
      return `${value.name}(${value.arguments
        .map((one) => (one.name === undefined ? '' : `${one.name}=`) + shownValue(one.value))
        .join(',')})${value.keys.map((key) => `[${shownValue(key)}]`).join('')}`;
    case 'negative':
      return `-${shownValue(value.inner)}`;
    case 'arithmetic':
      return `(${shownValue(value.left)}${value.sign}${shownValue(value.right)})`;
  }
}

function shown(condition: Condition): string {
  switch (condition.kind) {
    case 'compare':
      return shownValue(condition.left) + condition.operator + shownValue(condition.right);
    case 'value':
      return shownValue(condition.value);
    case 'not':
      return `!(${shown(condition.inner)})`;
    default:
      return `(${condition.parts.map(shown).join(condition.kind === 'and' ? ' & ' : ' | ')})`;
  }
}

describe('conditions', () => {
  test.each([
    ['true', 'true'],
    ['name == "a"', 'name=="a"'],
    ['true and false', '(true & false)'],
    ['true and false or true', '((true & false) | true)'],
    ['true or false and true', '(true | (false & true))'],
    ['(true or false) and true', '((true | false) & true)'],
    ['not true', '!(true)'],
    ['not true and false', '(!(true) & false)'],
    ['not (true and false)', '!((true & false))'],
    ['true and not false or not true', '((true & !(false)) | !(true))'],
    ['true or false or true', '(true | false | true)'],
    ['((true))', 'true'],
    ['IsRootSpan()', 'IsRootSpan()'],
    ['(name == "a")', 'name=="a"'],
    ['(1 + 2) == 3', '(1+2)==3'],
    ['((1)) == 1', '1==1'],
    ['true == false', 'true==false'],
    ['(true == false) and (1 < 2)', '(true==false & 1<2)'],
  ])('%s is %s', (text, expected) => {
    expect(shown(parseCondition(text))).toBe(expected);
  });
});

describe('values', () => {
  test.each([
    ['nil', 'null'],
    ['12', '12'],
    ['-12', '-12'],
    ['+12', '12'],
    ['1.5', '1.5f'],
    ['-.5', '-0.5f'],
    ['0xAb01', '0xab01'],
    ['"a\\tb"', '"a\\tb"'],
    ['true', 'true'],
    ['[]', '[]'],
    ['[1, "a", nil, [2]]', '[1,"a",null,[2]]'],
    ['{}', '{}'],
    ['{"a": 1, "b": {"c": [2]}}', '{a:1,b:{c:[2]}}'],
    ['{"a": 1 "b": 2}', '{a:1,b:2}'],
    ['{"a": 1,}', '{a:1}'],
    ['STATUS_CODE_ERROR', 'STATUS_CODE_ERROR'],
    ['SHA256("a")', 'SHA256("a")'],
    ['a.b.c', 'a.b.c'],
    ['attributes["k"]', 'attributes["k"]'],
    ['attributes["k"][0]["l"]', 'attributes["k"][0]["l"]'],
    ['attributes[name]', 'attributes[name]'],
    ['attributes[n + 1]', 'attributes[(n+1)]'],
    ['a["k"].b', 'a["k"].b'],
    ['Split(name, " ")[0]', 'Split(name," ")[0]'],
    ['Substring(name, length=2, start=1)', 'Substring(name,length=2,start=1)'],
    ['Concat([name, "a"], "-")', 'Concat([name,"a"],"-")'],
    ['Trim(Trim(name))', 'Trim(Trim(name))'],
    ['1 + 2 * 3', '(1+(2*3))'],
    ['(1 + 2) * 3', '((1+2)*3)'],
    ['1 - 2 - 3', '((1-2)-3)'],
    ['8 / 4 / 2', '((8/4)/2)'],
    ['1 - -2', '(1--2)'],
    ['-name', '-name'],
    ['-(1 + 2)', '-(1+2)'],
    ['-Len(name) + 1', '(-Len(name)+1)'],
    ['end_time - start_time', '(end_time-start_time)'],
    ['2*start_time', '(2*start_time)'],
  ])('%s is %s', (text, expected) => {
    expect(shown(parseCondition(`x == ${text}`))).toBe(`x==${expected}`);
  });
});

describe('what is refused', () => {
  test.each([
    ['', 'ends too early'],
    ['name', 'compares with nothing'],
    ['name ==', 'ends too early'],
    ['== name', 'has an unexpected `==` at 1'],
    ['name == "a" "b"', 'has an unexpected `"b"` at 13'],
    ['name = "a"', 'has an unexpected `=` at 6'],
    ['not not true', 'has an unexpected `not` at 5'],
    ['true and', 'ends too early'],
    ['true or or true', 'has an unexpected `or` at 9'],
    ['(true', 'lacks a `)` at 6'],
    ['true)', 'has an unexpected `)` at 5'],
    ['name == (1', 'lacks a `)` at 11'],
    ['name == [1', 'lacks a `]` at 11'],
    ['name == [1,]', 'has an unexpected `]` at 12'],
    ['name == {"a" 1}', 'lacks a `:` at 14'],
    ['name == {1: 2}', 'lacks a `}` at 10'],
    ['name == 1 +', 'ends too early'],
    ['name == "a" + "b"', 'has an unexpected `+` at 13'],
    ['name == nil + 1', 'has an unexpected `+` at 13'],
    ['a. == 1', 'has an unexpected `==` at 4'],
    ['a[] == 1', 'has an unexpected `]` at 3'],
    ['a["k" == 1', 'lacks a `]` at 7'],
    ['a[1 + 2] == 1', 'lacks a `]` at 5'],
    ['Trim(name', 'lacks a `)` at 10'],
    ['Trim(,) == ""', 'has an unexpected `,` at 6'],
    ['0x123 == name', 'odd number of digits'],
    ['name == 9223372036854775808', 'beyond 64 bits'],
    ['name == Work', 'has an unexpected `Work`; functions are followed by ('],
  ])('%j: %s', (text, message) => {
    expect(() => parseCondition(text)).toThrow(message);
  });

  test('nesting has an end, and so has length', () => {
    const nested = (depth: number): string => `${'('.repeat(depth)}true${')'.repeat(depth)}`;
    expect(shown(parseCondition(nested(40)))).toBe('true');
    expect(() => parseCondition(nested(100))).toThrow('nested too deeply');
    expect(() => parseCondition(Array.from({ length: 3000 }, () => 'true').join(' or '))).toThrow(
      'longer than 4096 words',
    );
  });
});

test('what is written in parentheses everywhere is read as it was meant', () => {
  interface Written {
    readonly text: string;
    readonly shape: string;
  }
  const leaf = fc.constantFrom<Written>(
    { text: 'true', shape: 'true' },
    { text: 'name == "a"', shape: 'name=="a"' },
    { text: 'IsRootSpan()', shape: 'IsRootSpan()' },
  );
  const conditions = fc.letrec<{ condition: Written }>((tie) => {
    const pair = fc.tuple(tie('condition'), tie('condition'));
    return {
      condition: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        leaf,
        tie('condition').map(({ text, shape }) => ({ text: `not (${text})`, shape: `!(${shape})` })),
        pair.map(([a, b]) => ({ text: `(${a.text}) and (${b.text})`, shape: `(${a.shape} & ${b.shape})` })),
        pair.map(([a, b]) => ({ text: `(${a.text}) or (${b.text})`, shape: `(${a.shape} | ${b.shape})` })),
      ),
    };
  }).condition;
  fc.assert(
    fc.property(conditions, ({ text, shape }) => {
      expect(shown(parseCondition(text))).toBe(shape);
    }),
    { seed: 221, numRuns: 150 },
  );
});
