// The parser: precedence, modifiers, names, and that printing an expression and parsing it again changes nothing.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Expr } from '#query/promql/ast.ts';
import { prepare } from '#query/promql/engine.ts';
import { STABLE_FEATURES } from '#query/promql/features.ts';
import { MAX_QUERY_DEPTH } from '#query/promql/limits.ts';
import { parse } from '#query/promql/parse.ts';
import { print } from '#query/promql/print.ts';
import { PromqlError } from '#query/promql/promql-error.ts';

/** The expression with every operation in brackets. */
function shape(expr: Expr): string {
  switch (expr.kind) {
    case 'binary':
      return `(${shape(expr.left)} ${expr.op} ${shape(expr.right)})`;
    case 'unary':
      return `(${expr.op}${shape(expr.expr)})`;
    case 'paren':
      return shape(expr.expr);
    default:
      return print(expr);
  }
}

function number(text: string): unknown {
  const expr = parse(text);
  return expr.kind === 'number' ? expr.value : expr.kind;
}

describe('parse', () => {
  it.each([
    ['a + b * c', '(a + (b * c))'],
    ['a * b + c', '((a * b) + c)'],
    ['a ^ b ^ c', '(a ^ (b ^ c))'],
    ['-a ^ b', '(-(a ^ b))'],
    ['-1 ^ 2', '(-(1 ^ 2))'],
    ['2 * -3 ^ 2', '(2 * (-(3 ^ 2)))'],
    ['-a * b', '((-a) * b)'],
    ['a - -1', '(a - -1)'],
    ['a or b and c unless d', '(a or ((b and c) unless d))'],
    ['a == b + c', '(a == (b + c))'],
    ['a atan2 b % c', '((a atan2 b) % c)'],
    ['a + b offset 5m', '(a + b offset 5m)'],
    ['a + b offset 5m * c', '(a + (b offset 5m * c))'],
    ['a - a @ 10 / b', '(a - (a @ 10.000 / b))'],
  ])('binds %s as Prometheus does', (query, expected) => {
    expect(shape(parse(query))).toBe(expected);
  });

  it('refuses modifiers on anything but selectors and sub-queries', () => {
    expect(() => parse('-rate(a[5m]) offset 1m')).toThrow('offset modifier must be preceded');
  });

  it.each([
    'sum by (on, "x y") (a{b="c"} offset 5m)',
    '{"http.requests", "a.b"=~"x"}',
    'a{on="x",by="y"}',
    'x[5m:1m] @ start() offset -1m',
    'x[5m + 1m * 2]',
    'a / on (x) group_left (y) b',
    'a == bool ignoring (x) b',
    'topk(5, a)',
    'count_values("v", a)',
    'offset',
    'offset{bool="x"}',
    'sum without () (a)',
    'rate(a[5m]) > 1e-07',
    '"text\\n"',
    'quantile(NaN, a)',
  ])('accepts %s', (query) => {
    expect(shape(parse(print(parse(query))))).toBe(shape(parse(query)));
  });

  it('reads numbers, durations as seconds, and escapes in strings', () => {
    expect([
      number('0x1F'),
      number('1e3'),
      number('5m'),
      number('1h30m'),
      number('1_000'),
      number('2.'),
      number('1.e1'),
      number('-Inf'),
      number('010'),
    ]).toEqual([31, 1000, 300, 5400, 1000, 2, 10, -Infinity, 8]);
    const text = parse(String.raw`"\x41\u00e9\n\"\101"`);
    expect(text.kind === 'string' && text.value).toBe('Aé\n"A');
  });

  it('refuses nesting that evaluation could not bear, without overflowing the stack', () => {
    const deep = `${'('.repeat(MAX_QUERY_DEPTH + 10)}1${')'.repeat(MAX_QUERY_DEPTH + 10)}`;
    expect(() => parse(deep)).toThrow(/nests deeper than 500/);
    for (const text of ['-', '(', 'sum(', 'a ^ ', 'rate(', 'a + (', 'a[(', 'a[-', 'a[1 ^ ', 'a offset -('])
      expect(() => parse(`${text.repeat(90_000)}a`)).toThrow(PromqlError);
    expect(() => prepare(`a${'[5m:]'.repeat(100_000)}`, STABLE_FEATURES)).toThrow(/nesting limit/);
    expect(() => parse(`a[1${' + 1'.repeat(100_000)}]`)).toThrow(/nesting limit/);
  });

  it.each([' + ', ' or ', ' * on (i) ', ' > bool ', ' atan2 '])(
    'reads, checks and writes ten thousand terms of %s, with no stack per term',
    (operator) => {
      const query = Array.from({ length: 10_000 }, (_, i) => `m{i="${i}"}`).join(operator);
      const { expr, type } = prepare(query, STABLE_FEATURES);
      expect(type).toBe('vector');
      expect(print(expr)).toBe(query);
    },
  );

  it('takes time in proportion to the length', () => {
    const timeOf = (terms: number): number => {
      const query = Array.from({ length: terms }, (_, i) => `rate(m{i="${i}", j!~"a|b"}[5m])`).join(' + ');
      const startedMs = performance.now();
      prepare(query, STABLE_FEATURES);
      return performance.now() - startedMs;
    };
    timeOf(1000);
    const [small, large] = [1000, 8000].map((terms) => Math.min(timeOf(terms), timeOf(terms), timeOf(terms)));
    expect(large! / small!).toBeLessThan(24);
  });

  it('refuses what is too long for the parser or the store before it gets there', () => {
    expect(() => parse(`a${' '.repeat(1_000_000)}`)).toThrow(
      'length limit: the query has 1000001 bytes, at most 1000000 are allowed',
    );
    expect(parse(`{a="${'('.repeat(5000)}"} # ${'('.repeat(5000)}`).kind).toBe('vector');
    const matchers = (count: number): string => `{${Array.from({ length: count }, (_, i) => `l${i}="v"`).join(',')}}`;
    expect(parse(matchers(256)).kind).toBe('vector');
    expect(() => parse(matchers(257))).toThrow(
      'matcher limit: a selector has more than the 256 matchers that are allowed',
    );
    const values = Array.from({ length: 2900 }, (_, i) => `pod-${i}`).join('|');
    expect(parse(`a{b=~"${values}"}`).kind).toBe('vector');
    expect(() => parse(`a{b=~"${values}|${values}"}`)).toThrow(
      /regular expression limit: \d+ characters, at most 30000/,
    );
    expect(parse(`a{b="${values}|${values}"}`).kind).toBe('vector');
  });

  it('never throws anything but its own error, whatever the text', () => {
    const tokens = fc.constantFrom(
      'a',
      'sum',
      'by',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '5m',
      '1',
      '"x"',
      '=',
      '=~',
      '+',
      '-',
      '^',
      'offset',
      '@',
      ',',
      ':',
      'rate',
      'on',
      'bool',
      '#',
      '\n',
      'é',
      '`',
    );
    const run = fc.check(
      fc.property(fc.array(tokens, { maxLength: 12 }), (parts) => {
        const query = parts.join(' ');
        try {
          parse(query);
          return true;
        } catch (error) {
          return error instanceof PromqlError && error.type === 'bad_data';
        }
      }),
      { numRuns: 2000, seed: 7 },
    );
    expect(run.counterexample).toBeNull();
  });

  it('gives the same tree for what it printed', () => {
    const leaf = fc.constantFrom(
      'a',
      'a{b="c"}',
      '1',
      '5m',
      'rate(a[5m])',
      'a offset 5m',
      'a @ 3',
      'sum(a)',
      'max_over_time(a[5m:1m])',
    );
    const operator = fc.constantFrom(
      '+',
      '-',
      '*',
      '/',
      '%',
      '^',
      'atan2',
      '>',
      'and',
      'or',
      'unless',
      '== bool',
      '* on (x)',
      '/ ignoring (y) group_left (z)',
    );
    const text = fc
      .tuple(leaf, fc.array(fc.tuple(operator, fc.constantFrom('', '-', '(-'), leaf), { maxLength: 6 }))
      .map(([first, rest]) =>
        rest.reduce<string>(
          (left, [op, sign, right]) => `${left} ${op} ${sign}${right}${sign === '(-' ? ')' : ''}`,
          first,
        ),
      );
    fc.assert(
      fc.property(text, (query) => {
        const printed = print(parse(query));
        expect(print(parse(printed))).toBe(printed);
        expect(shape(parse(printed))).toBe(shape(parse(query)));
      }),
      { numRuns: 500, seed: 11 },
    );
  });
});
