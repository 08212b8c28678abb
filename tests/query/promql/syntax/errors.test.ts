// What is wrong with a text that is no expression: the words and the position that Prometheus 3.15 gives, observed on it.
import { describe, expect, it } from 'vitest';
import { prepare } from '#query/promql/engine.ts';
import { ALL_FEATURES, STABLE_FEATURES, type LanguageFeatures } from '#query/promql/features.ts';

function messageOf(query: string, features: LanguageFeatures): string {
  try {
    prepare(query, features);
  } catch (error) {
    return error instanceof Error ? error.message.replace('parse error: ', '') : String(error);
  }
  return 'no error';
}

const DURATION = 'expected number, duration, step(), or range()';

describe('messages about unexpected tokens', () => {
  it.each([
    ['sum foo', '1:5: unexpected identifier "foo"'],
    ['sum by', '1:7: unexpected end of input in grouping opts, expected "("'],
    ['sum by (x) foo', '1:12: unexpected identifier "foo" in aggregation'],
    ['sum(rate(foo bar))', '1:14: unexpected identifier "bar" in aggregation'],
    ['sum(x) by foo', '1:11: unexpected identifier "foo" in grouping opts, expected "("'],
    ['sum by (sum, 1) (x)', '1:14: unexpected number "1" in grouping opts, expected label'],
    ['sum by (a b) (x)', '1:11: unexpected identifier "b" in grouping opts, expected "," or ")"'],
    ['sum by (without) (x)', '1:9: unexpected <without> in grouping opts, expected label'],
    ['sum by ("") (x)', '1:9: invalid label name for grouping: ""'],
    ['a on b', '1:3: unexpected <on>'],
    ['a * on(x) group_left', '1:21: unexpected end of input in grouping opts, expected "("'],
    ['a AND', '1:6: unexpected end of input'],
    ['* a', '1:1: unexpected <op:*>'],
    ['a "twelve letters"', '1:3: unexpected string "\\"twelve le"...'],
    ['a:b c:d', '1:5: unexpected metric identifier "c:d"'],
    ['fill(1)', '1:5: unexpected "("'],
    ['a{"b" c}', '1:7: unexpected identifier "c" in label matching, expected "," or "}"'],
    ['a{b "c"}', '1:5: unexpected string "\\"c\\"" in label matching, expected label matching operator'],
    ['a{b=c}', '1:5: unexpected identifier "c" in label matching, expected string'],
    ['a{,}', '1:3: unexpected "," in label matching, expected identifier or "}"'],
    ['foo @ start', '1:12: unexpected end of input in @, expected timestamp'],
    ['foo offset (1m) + bar', `1:19: unexpected identifier "bar" in offset, ${DURATION}`],
    ['foo[step]', `1:9: unexpected "]" in subquery or range selector, ${DURATION}`],
    ['foo[5m 5m]', '1:8: unexpected duration "5m" in subquery or range, expected ":" or "]"'],
    ['foo[5m:5m 5m]', '1:11: unexpected duration "5m" in subquery selector, expected "]"'],
    ['foo[5m:(]', `1:9: unexpected "]" in subquery selector, expected number, duration, step(), range(), or "]"`],
  ])('%s', (query, expected) => {
    expect(messageOf(query, ALL_FEATURES)).toBe(expected);
  });
});

describe('messages about text that is no token', () => {
  it.each([
    ['1__0', '1:1: bad number or duration syntax: "1__"'],
    ['5y3', '1:1: bad number or duration syntax: "5y3"'],
    ['0xee', '1:1: bad number or duration syntax: "0xee"'],
    ['0x', '1:1: error parsing number: strconv.ParseFloat: parsing "0x": invalid syntax'],
    ['1e999', '1:1: error parsing number: strconv.ParseFloat: parsing "1e999": value out of range'],
    ['1h1h', '1:1: not a valid duration string: "1h1h"'],
    ['1.5m', '1:1: unknown unit "." in duration "1.5m"'],
    ['foo[300y]', '1:5: duration out of range'],
    ['a{b="\\q"}', "1:5: unknown escape sequence U+0071 'q'"],
    ['"\\xZZ"', "1:1: illegal character U+005A 'Z' in escape sequence"],
    ['"\\400"', '1:1: escape sequence is an invalid Unicode code point'],
    ["'a", '1:1: unterminated quoted string'],
    ['`a', '1:1: unterminated raw string'],
    ['(a', '1:3: unclosed left parenthesis'],
    ['a)', "1:3: unexpected right parenthesis ')'"],
    ['a]', "1:2: unexpected right bracket ']'"],
    ['foo[', '1:5: unexpected end of input in duration expression'],
    ['foo[5m', '1:7: unclosed left bracket'],
    ['foo[:5m]', '1:6: unexpected colon before duration in duration expression'],
    ['foo[5m a]', "1:8: unexpected character: 'a', expected ':'"],
    ['a =~ b', "1:3: unexpected character after '=': '~'"],
    ['a{é="b"}', "1:3: unexpected character inside braces: 'é'"],
    ['"é" $', "1:6: unexpected character: '$'"],
    ['a\n  $', "2:3: unexpected character: '$'"],
  ])('%s', (query, expected) => {
    expect(messageOf(query, ALL_FEATURES)).toBe(expected);
  });

  it('reports what is wrong with the part that is read first', () => {
    expect(messageOf('foo[0 $', ALL_FEATURES)).toBe("1:7: unexpected character: '$'");
    expect(messageOf('foo[0 5]', ALL_FEATURES)).toBe('1:5: duration must be greater than 0');
    expect(messageOf('nosuch(1) $', ALL_FEATURES)).toBe('1:1: unknown function with name "nosuch"');
    expect(messageOf('sum() $', ALL_FEATURES)).toBe("1:7: unexpected character: '$'");
    expect(messageOf('rate(a,)', ALL_FEATURES)).toBe('1:7: trailing commas not allowed in function call args');
  });
});

describe('what is switched off', () => {
  it.each([
    ['a + fill(0) b', '1:1: binop fill modifiers are experimental and not enabled'],
    ['rate(a[5m] smoothed)', '1:6: smoothed modifier is experimental and not enabled'],
    [
      'limitk(1, a)',
      '1:1: limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions',
    ],
    ['info(a)', '1:1: function "info" is not enabled'],
    ['step()', '1:1: function "step" is not enabled'],
  ])('%s', (query, expected) => {
    expect(messageOf(query, STABLE_FEATURES)).toBe(expected);
    expect(messageOf(query, ALL_FEATURES)).toBe('no error');
  });

  it('has no flag for expressions of durations', () => {
    const query = 'rate(a[MAX_OF(Step(), 2 * 5m ^ 1)] offset -(RANGE() % 1h))';
    expect(messageOf(query, STABLE_FEATURES)).toBe('no error');
  });
});
