// Numbers, durations, quoting, label order: the small texts everything else is made of.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareText } from '#query/promql/compare-text.ts';
import { formatGo, formatPlain, formatValue } from '#query/promql/format-number.ts';
import { compareLabels, LabelSet } from '#query/promql/labels.ts';
import { formatDurationMs, parseDurationMs, unquote } from '#query/promql/literals.ts';
import { makeMatcher } from '#query/promql/matcher.ts';
import { quote } from '#query/promql/quote.ts';
import { isStaleWord, markStale, wordsOf } from '#query/promql/stale.ts';

describe('numbers', () => {
  it('are written as Go writes them', () => {
    expect([5e-7, 1e21, 1e20, -0, Infinity, -Infinity, NaN, 0.1, 1.5e-300].map(formatValue)).toEqual([
      '5e-07',
      '1e+21',
      '100000000000000000000',
      '-0',
      '+Inf',
      '-Inf',
      'NaN',
      '0.1',
      '1.5e-300',
    ]);
    expect([5e-7, 1.25e21].map(formatPlain)).toEqual(['0.0000005', '1250000000000000000000']);
    expect([0.00001, 123456, 1234567, -0.5].map(formatGo)).toEqual(['1e-05', '123456', '1.234567e+06', '-0.5']);
  });

  it('read back as what they were', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(formatValue(value))).toBe(value);
        expect(Number(formatPlain(value))).toBe(value);
      }),
      { seed: 29 },
    );
  });
});

describe('durations', () => {
  it('read back as what they were', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 12 }), (valueMs) => {
        expect(parseDurationMs(formatDurationMs(valueMs))).toBe(valueMs);
      }),
      { seed: 31 },
    );
  });
});

describe('strings', () => {
  it('read back as what they were', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(unquote(quote(text))).toEqual({ text });
      }),
      { seed: 37 },
    );
  });
});

describe('orders', () => {
  it('of text are those of its UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(compareText(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
      { seed: 41 },
    );
    expect(compareText('\u{1f680}', '\uffee')).toBeGreaterThan(0);
  });

  it('of label sets go name by name, the shorter first', () => {
    const sets = [{ a: '1' }, { a: '1', b: '1' }, { a: '1', c: '0' }, { a: '2' }, { b: '0' }].map((one) =>
      LabelSet.from(Object.entries(one as Record<string, string>)),
    );
    expect(sets.toReversed().sort(compareLabels)).toEqual(sets);
  });
});

describe('label sets', () => {
  const label = fc.tuple(fc.string({ minLength: 1, maxLength: 3 }), fc.string({ maxLength: 3 }));
  it('have equal keys exactly when they are equal', () => {
    const set = fc.uniqueArray(label, { maxLength: 4, selector: ([name]) => name });
    fc.assert(
      fc.property(set, set, (a, b) => {
        const [left, right] = [LabelSet.from(a), LabelSet.from(b)];
        expect(left.key === right.key).toBe(compareLabels(left, right) === 0);
      }),
      { seed: 43, numRuns: 1000 },
    );
  });
});

describe('matchers', () => {
  it('match regular expressions whole, a dot matching newlines too', () => {
    expect(makeMatcher('a', '=~', 'b|c.').matches('cx')).toBe(true);
    expect(makeMatcher('a', '=~', 'b|c.').matches('xb')).toBe(false);
    expect(makeMatcher('a', '=~', 'x.y').matches('x\ny')).toBe(true);
    expect(makeMatcher('a', '!~', '').matches('')).toBe(false);
    expect(() => makeMatcher('a', '=~', '(')).toThrow('missing closing )');
    expect(() => makeMatcher('a', '=~', 'x)(')).toThrow('unexpected )');
  });

  it('take linear time on hostile patterns', () => {
    const matcher = makeMatcher('a', '=~', '(a*)*b');
    expect(matcher.matches('a'.repeat(5000))).toBe(false);
  });
});

describe('staleness markers', () => {
  it('are told from every other NaN', () => {
    const values = Float64Array.of(NaN, 1, NaN);
    markStale(values, 2);
    expect([0, 1, 2].map((at) => isStaleWord(wordsOf(values), at))).toEqual([false, false, true]);
    expect(values[2]).toBeNaN();
  });
});
