// Conditions duration, spans, errors and orphans: what a trace amounts to.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { reordered, writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';
import { holds, meets, mistakes, ruleOf } from '#tests/support/rule-decision.ts';

const MS = 1_000_000;

describe('duration', () => {
  test.each([
    ["'> 800ms'", true],
    ["'> 900ms'", false],
    ["'>= 900ms'", true],
    ["'= 900ms'", true],
    ["'!= 900ms'", false],
    ["{ '>=': 900ms, '<': 1s }", true],
    ["{ '>': 900ms, '<': 1s }", false],
    ["'<= 0.9s'", true],
    ["'< 900000us'", false],
    ['[1s, 900ms]', true],
  ])('%s of 900 ms: %s', (condition, expected) => {
    expect(meets(`{ duration: ${condition} }`, { duration: 900 * MS }, { parent: '1', duration: 5 })).toBe(expected);
  });

  test('it goes from the earliest start to the latest end, of whatever spans', () => {
    const spans = [
      { start: 100 * MS, duration: 10 * MS },
      { start: 0, duration: 5 * MS, parent: '77' },
      { start: 50 * MS, duration: 100 * MS, parent: '1' },
    ];
    expect(meets("{ duration: '= 150ms' }", ...spans)).toBe(true);
    expect(meets("{ duration: '= 150ms' }", ...spans.toReversed())).toBe(true);
    expect(meets("{ duration: '= 110ms' }", spans[0]!, spans[1]!)).toBe(true);
  });

  test('one nanosecond decides', () => {
    for (const duration of [1, 999_999, 5_000_000_001]) {
      expect(meets(`{ duration: '> ${duration - 1}ns' }`, { duration })).toBe(true);
      expect(meets(`{ duration: '> ${duration}ns' }`, { duration })).toBe(false);
    }
  });
});

describe('spans, errors, orphans', () => {
  const spans: WrittenSpan[] = [
    { status: 2 },
    { parent: '1', status: 1 },
    { parent: 'aa', status: 2 },
    { parent: 'aa' },
    { parent: 'bb' },
  ];

  test.each([
    ['{ spans: 5 }', true],
    ["{ spans: '> 5' }", false],
    ["{ spans: '>= 5' }", true],
    ["{ spans: { '>': 2, '<=': 4 } }", false],
    ['{ spans: [4, 5] }', true],
    ['{ errors: 2 }', true],
    ["{ errors: '< 2' }", false],
    ["{ errors: '!= 0' }", true],
    ['{ orphans: 2 }', true],
    ["{ orphans: '> 2' }", false],
    ["{ orphans: '> 0', errors: '>= 2', spans: '= 5' }", true],
    ["{ orphans: '> 0', errors: '>= 3' }", false],
  ])('%s: %s', (when, expected) => {
    expect(meets(when, ...spans)).toBe(expected);
  });

  test('0 is a bound like any other', () => {
    expect(meets('{ errors: 0, orphans: 0, spans: 1 }', {})).toBe(true);
    expect(meets("{ errors: '> 0' }", {})).toBe(false);
    expect(meets("{ errors: '>= 0' }", {})).toBe(true);
    expect(meets("{ errors: '< 0' }", {})).toBe(false);
  });

  test('an orphan is a parent that is missing, once for all of its children; a child before its parent is none', () => {
    expect(meets('{ orphans: 1 }', {}, { parent: 'aa' }, { parent: 'aa' })).toBe(true);
    expect(meets('{ orphans: 0 }', { parent: '2' }, {})).toBe(true);
    expect(meets('{ orphans: 0 }', {}, { parent: '0' })).toBe(true);
  });

  test('counts are those of the list of spans, in any order', () => {
    const span = fc.record({
      status: fc.constantFrom(0, 1, 2),
      parent: fc.constantFrom('1', '2', 'aa', 'bb', 'cc'),
      start: fc.nat(50),
      duration: fc.nat(50),
    });
    fc.assert(
      fc.property(fc.array(span, { minLength: 2, maxLength: 9 }), (rest) => {
        const view = writtenTrace(rest);
        const back = reordered(
          view,
          rest.map((_, i) => rest.length - 1 - i),
        );
        const errors = rest.filter(({ status }) => status === 2).length;
        const orphans = new Set(rest.map(({ parent }) => parent).filter((parent) => parent.length === 2)).size;
        const ns =
          Math.max(...rest.map(({ start, duration }) => start + duration)) -
          Math.min(...rest.map(({ start }) => start));
        const rule = ruleOf(`{ spans: ${rest.length}, errors: ${errors}, orphans: ${orphans}, duration: '= ${ns}ns' }`);
        expect([holds(rule, view), holds(rule, back)]).toEqual([true, true]);
      }),
      { seed: 21, numRuns: 100 },
    );
  });
});

test.each([
  ["spans: '> -1'", 'spans: cannot be compared with, got `> -1`; write a whole number with an operator'],
  ["spans: '> 1.5'", 'spans: cannot be compared with'],
  ['spans: many', 'spans: cannot be compared with, got `many`'],
  ["errors: '> 1%'", 'errors: cannot be compared with'],
  ['errors: exists', 'errors: cannot be compared with'],
  ['errors: true', 'errors: cannot be compared with'],
  ['orphans: []', 'orphans: is no list of values'],
  ['orphans: { more_than: 1 }', 'orphans.more_than: is no operator'],
  ['orphans: {}', 'orphans: compares with nothing'],
  [
    "duration: '> 800'",
    'duration: cannot be compared with, got `> 800`; write an operator and a duration with its unit',
  ],
  ["duration: '800 ms'", 'duration: cannot be compared with'],
  ['duration: { matches: 5s }', 'duration: cannot be compared with'],
  ['duration: null', 'duration: cannot be compared with'],
])('%s is refused', (condition, message) => {
  const found = mistakes(`{ ${condition} }`);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
});
