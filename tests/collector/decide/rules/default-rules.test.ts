// What is in force where no sampling is configured: errors and slow traces whatever they cost, the rest within a budget.
import { expect, test } from 'vitest';
import { compileRules, inForce } from '#collector/decide/rules/compile-rules.ts';
import { DEFAULT_RULES, ZERO_CONFIGURATION } from '#collector/decide/rules/default-rules.ts';
import { lintRules } from '#collector/decide/rules/lint-rules.ts';
import { writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';

function ruleOf(...spans: readonly WrittenSpan[]): readonly [string, boolean] {
  const rules = compileRules({});
  if (!rules.ok) throw new Error(JSON.stringify(rules.error));
  const decision = { keep: false, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 0 };
  const view = writtenTrace(spans);
  rules.value.decide(view, decision);
  return [rules.value.names[decision.rule]!, rules.value.candidate(view) === undefined];
}

test('they compile, and the lint has nothing to say of them', () => {
  expect(compileRules(ZERO_CONFIGURATION).ok).toBe(true);
  expect(lintRules(ZERO_CONFIGURATION.rules)).toEqual([]);
  expect(lintRules(DEFAULT_RULES)).toEqual([]);
});

test.each<[string, WrittenSpan[], string, boolean]>([
  ['an error', [{}, { parent: '1', status: 2 }], 'default errors', true],
  ['six seconds', [{ duration: 6e9 }], 'default slow', true],
  ['five seconds', [{ duration: 5e9 }], 'default keep', false],
  ['a slow error', [{ duration: 6e9, status: 2 }], 'default errors', true],
  ['anything else', [{}], 'default keep', false],
])('%s is decided by its rule, within the budget or outside of it', (_, spans, rule, isOutside) => {
  expect(ruleOf(...spans)).toEqual([rule, isOutside]);
});

test('nothing written is the whole of it, a budget or a floor alone keeps everything within, rules stand alone', () => {
  expect(inForce({})).toEqual({ ...ZERO_CONFIGURATION, linked: undefined });
  expect(inForce({ linked: 'producer' })).toEqual({ ...ZERO_CONFIGURATION, linked: 'producer' });
  expect(inForce({ budget: { spans_per_second: 5 } })).toEqual({
    budget: { spans_per_second: 5 },
    rules: DEFAULT_RULES,
  });
  expect(inForce({ floor: {} })).toEqual({ floor: {}, rules: DEFAULT_RULES });
  expect(inForce({ rules: [] })).toEqual({ rules: [] });
});
