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
