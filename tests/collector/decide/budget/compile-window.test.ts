// Budget and floor as written: what they mean, and what is said of mistakes.
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileRules, type RulesConfig } from '#collector/decide/rules/compile-rules.ts';
import { formatConfigError } from '#proto/config/config-error.ts';

function compiled(yaml: string) {
  return compileRules(parse(yaml) as RulesConfig);
}

test('what is left away has defaults; without both there is no window', () => {
  const both = compiled('budget: { bytes_per_second: 1MiB }\nfloor: { traces: 2 }');
  expect(both.ok && both.value.window).toEqual({
    windowMs: 1000,
    burstMs: 0,
    spansPerSecond: undefined,
    bytesPerSecond: 2 ** 20,
    floor: { traces: 2, everyMs: 60_000 },
  });
  const none = compiled('rules: []');
  expect(none.ok && none.value.window).toBeUndefined();
});

test.each([
  ['budget: { window: 2s }', 'sampling.budget'],
  ['budget: { bytes_per_second: lots }', 'sampling.budget.bytes_per_second'],
  ['budget: { spans_per_second: 5, window: 5 minutes }', 'sampling.budget.window'],
  ['budget: { spans_per_second: 5, window: 1h }', 'sampling.budget.window'],
  ['budget: { spans_per_second: 5, burst: 2h }', 'sampling.budget.burst'],
  ['rules: [{ name: all, keep: 100%, budget: 5 }]', 'sampling.rules[0].budget'],
  ["floor: { every: '0' }", 'sampling.floor.every'],
])('%s is refused with its path', (yaml, path) => {
  const result = compiled(yaml);
  const errors = result.ok ? [] : result.error;
  expect(errors.map((error) => error.path)).toEqual([path]);
  expect(formatConfigError(errors[0]!)).toMatch(/; write /);
});

test.each([
  ['budget: { spans_per_second: 5, window: 100ms }', { windowMs: 100, spansPerSecond: 5, floor: undefined }],
  ['budget: { spans_per_second: 5, window: 1m, burst: 1h }', { windowMs: 60_000, burstMs: 3_600_000 }],
  ['budget: { bytes_per_second: 5 }', { bytesPerSecond: 5, spansPerSecond: undefined }],
  ['floor: {}', { windowMs: 1000, burstMs: 0, spansPerSecond: undefined, floor: { traces: 1, everyMs: 60_000 } }],
  ['floor: { every: 10m, traces: 3, per: [service] }', { floor: { traces: 3, everyMs: 600_000 } }],
  ['budget: { spans_per_second: 5, window: 1500.5ms }', { windowMs: 1500.5 }],
])('%s means %j', (yaml, expected) => {
  const result = compiled(yaml);
  expect(result.ok && result.value.window).toMatchObject(expected);
});

test.each([
  [
    'budget: { spans_per_second: 5, window: 99ms }',
    'is no duration that can be kept to, got `99ms`; write a number with its unit, from 100ms to 60s',
  ],
  ['budget: { spans_per_second: 5, window: 61s }', 'from 100ms to 60s'],
  ['budget: { spans_per_second: 5, burst: 50ms }', 'from 100ms to 3600s'],
  ['floor: { every: 50ms }', 'at least 100ms'],
  ['budget: { bytes_per_second: 0 }', 'is no size, got `0`'],
  ['budget: { bytes_per_second: -5 }', 'is no size'],
  ['budget: {}', 'names no budget, got `{}`; write { spans_per_second: 20000 } or { bytes_per_second: 10MiB }'],
  ['floor: { per: service }', 'is no list of keys'],
])('%s: %s', (yaml, message) => {
  const result = compiled(yaml);
  const errors = result.ok ? [] : result.error;
  expect(errors).toHaveLength(1);
  expect(formatConfigError(errors[0]!)).toContain(message);
});

test('every mistake of both is told', () => {
  const result = compiled('budget: { window: 5ms, burst: 5ms }\nfloor: { every: 5ms, per: [5] }');
  expect(result.ok ? [] : result.error.map(({ path }) => path)).toEqual([
    'sampling.budget.window',
    'sampling.budget.burst',
    'sampling.budget',
    'sampling.floor.every',
    'sampling.floor.per',
  ]);
});
