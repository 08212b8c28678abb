// Condition repeats, on runs of similar siblings: by length, and by service, name, length and time of one run together.
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { lintRules } from '#collector/decide/rules/lint-rules.ts';
import { holds, mistakes, ruleOf } from '#tests/support/rule-decision.ts';
import { reordered, writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';

const MS = 1_000_000;
/** 20 selects of 1 ms every 2 ms, then 6 gets that take longer, 4 more that are no run. */
const LOOP: WrittenSpan[] = [
  { service: 'shop', kind: 2, start: 0, duration: 1000 * MS },
  ...Array.from({ length: 20 }, (_, i): WrittenSpan => ({
    service: 'shop',
    name: 'SELECT',
    parent: '1',
    start: i * 2 * MS,
    duration: MS,
  })),
  ...Array.from({ length: 6 }, (_, i): WrittenSpan => ({
    service: 'cache',
    name: 'GET',
    parent: '1',
    start: (100 + i * 50) * MS,
    duration: 40 * MS,
  })),
  ...Array.from({ length: 4 }, (_, i): WrittenSpan => ({
    service: 'shop',
    name: 'few',
    parent: '1',
    start: (600 + i) * MS,
    duration: MS,
  })),
];

function meets(when: string, spans = LOOP, reverse = false): boolean {
  const view = writtenTrace(spans);
  const back = spans.map((_, i) => spans.length - 1 - i);
  return holds(ruleOf(when), reverse ? reordered(view, back) : view);
}

test.each([false, true])('a number is about the longest run, 0 where there is none (spans reversed: %s)', (reverse) => {
  for (const [when, holds] of [
    ["'>= 20'", true],
    ["'> 20'", false],
    ["'= 20'", true],
    ["{ '>=': 6, '<': 21 }", true],
  ] as const) {
    expect([when, meets(`{ repeats: ${when} }`, LOOP, reverse)]).toEqual([when, holds]);
  }
  expect(meets("{ repeats: '= 0' }", LOOP.slice(0, 5))).toBe(true);
  expect(meets("{ repeats: '>= 4' }", [LOOP[0]!, ...LOOP.slice(-4)])).toBe(false);
});

test.each([false, true])('a map is about one run that meets all of it (spans reversed: %s)', (reverse) => {
  for (const [when, holds] of [
    ['{ service: shop }', true],
    ['{ service: [bank, cache] }', true],
    ['{ service: bank }', false],
    ["{ name: { matches: 'S.*' }, spans: '>= 20' }", true],
    ["{ service: cache, spans: '>= 20' }", false],
    ["{ service: cache, spans: '= 6', duration: '= 290ms' }", true],
    ["{ name: SELECT, duration: '> 39ms' }", false],
    ["{ name: SELECT, duration: '>= 39ms' }", true],
    ['{ name: few }', false],
  ] as const)
    expect([when, meets(`{ repeats: ${when} }`, LOOP, reverse)]).toEqual([when, holds]);
  expect(meets("{ not: { repeats: { service: bank } }, repeats: '>= 5' }", LOOP, reverse)).toBe(true);
});

test('bounds below what makes a run are pointed at', () => {
  const found = (when: string): string[] =>
    lintRules([
      { name: 'it', when: parse(when) as unknown, keep: '100%' },
      { name: 'rest', keep: '5%' },
    ]).map(({ path }) => path);
  for (const when of ["{ repeats: '>= 3' }", "{ not: { repeats: { spans: '> 2' } } }", "{ repeats: { '>=': 2 } }"])
    expect([when, found(when).length]).toEqual([when, 1]);
  for (const when of [
    "{ repeats: '>= 5' }",
    "{ repeats: '> 4' }",
    "{ repeats: { service: a, spans: '>= 20' } }",
    "{ any: { attributes: { repeats: '> 1' } } }",
    "{ repeats: '< 3' }",
  ]) {
    expect([when, found(when)]).toEqual([when, []]);
  }
});

/** A root with so many equal children, one after the other. */
const run = (count: number, of: Partial<WrittenSpan> = {}): WrittenSpan[] => [
  { service: 'shop', kind: 2, duration: 1000 * MS },
  ...Array.from({ length: count }, (_, i): WrittenSpan => ({
    service: 'shop',
    name: 'SELECT',
    parent: '1',
    start: i * MS,
    duration: MS,
    ...of,
  })),
];

test.each([
  [4, 0],
  [5, 5],
  [6, 6],
  [40, 40],
])('%i in a row count as %i', (count, length) => {
  expect(meets(`{ repeats: '= ${length}' }`, run(count))).toBe(true);
  expect(meets(`{ repeats: { spans: '= ${count}' } }`, run(count))).toBe(length > 0);
});

test('what another span interrupts, hangs under other parents or has other names is no run', () => {
  const interrupted = [...run(8), { service: 'shop', name: 'other', parent: '1', start: 3.5 * MS, duration: MS }];
  const nested = run(8).map((span, i) => (i < 2 ? span : { ...span, parent: i.toString(16) }));
  const named = run(8).map((span, i) => (i === 0 ? span : { ...span, name: `op ${'abcdefgh'[i - 1]}` }));
  for (const spans of [interrupted, nested, named]) expect(meets("{ repeats: '>= 5' }", spans)).toBe(false);
});

test('service and name are compared as those conditions do', () => {
  for (const [when, expected] of [
    ["{ name: '!= SELECT' }", false],
    ['{ name: [a, SELECT] }', true],
    ["{ service: { matches: 'sh.*' }, name: SELECT }", true],
    ["{ service: '!= shop' }", false],
  ] as const)
    expect([when, meets(`{ repeats: ${when} }`, run(8))]).toEqual([when, expected]);
});

test.each([
  ['{ repeats: many }', 'repeats: cannot be compared with, got `many`; write a whole number with an operator'],
  ["{ repeats: '> 5ms' }", 'repeats: cannot be compared with'],
  ['{ repeats: {} }', 'repeats: compares with nothing'],
  ['{ repeats: [] }', 'repeats: is no list of values'],
  ['{ repeats: { servise: shop } }', 'repeats.servise: is no condition on a run; did you mean `service`?'],
  ["{ repeats: { spans: '> x' } }", 'repeats.spans: cannot be compared with'],
  ["{ repeats: { duration: '> 5' } }", 'repeats.duration: cannot be compared with, got `> 5`'],
  ["{ repeats: { name: { matches: '(' } } }", 'repeats.name: is no RE2 regular expression'],
  ["{ repeats: { service: '> a' } }", 'repeats.service: is no comparison for text'],
  ['{ any: { repeats: 5 } }', 'any.repeats: is no condition on a span; write it directly under when'],
])('%s is refused', (when, message) => {
  const found = mistakes(when);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
});

test('every mistake of a map is named', () => {
  expect(mistakes('{ repeats: { spans: x, name: 5, duration: y } }').map((line) => line.split(':')[0])).toEqual([
    'repeats.spans',
    'repeats.duration',
  ]);
});
