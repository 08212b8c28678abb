// The rule condition on runs of similar siblings: by length, and by service, name, length and time of one run together.
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileRules } from '#collector/decide/rules/compile-rules.ts';
import { lintRules } from '#collector/decide/rules/lint-rules.ts';
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

function compiled(when: string) {
  return compileRules({ rules: [{ name: 'it', when: parse(when) as unknown, keep: '100%' }] });
}

function meets(when: string, spans = LOOP, reverse = false): boolean {
  const rules = compiled(when);
  if (!rules.ok) throw new Error(JSON.stringify(rules.error));
  const decision = { keep: false, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 0 };
  const view = writtenTrace(spans);
  rules.value.decide(
    reverse
      ? reordered(
          view,
          spans.map((_, i) => spans.length - 1 - i),
        )
      : view,
    decision,
  );
  return decision.keep;
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

test('mistakes are named', () => {
  for (const [when, path] of [
    ['{ repeats: many }', 'repeats'],
    ['{ repeats: { servise: shop } }', 'repeats.servise'],
    ["{ repeats: { spans: '> x' } }", 'repeats.spans'],
    ['{ repeats: {} }', 'repeats'],
  ] as const) {
    const rules = compiled(when);
    expect(rules.ok ? [] : rules.error.map((error) => error.path)).toEqual([`sampling.rules[0].when.${path}`]);
  }
});
