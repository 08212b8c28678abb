// Rules for rare paths: rare compared with the traces that reach the condition, learned through a reload, mistakes named.
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileRules } from '#collector/decide/rules/compile-rules.ts';
import type { RuleSet } from '#collector/decide/rules/rule-set.ts';
import { writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';

const COMMON: WrittenSpan[] = [
  { service: 'front', name: 'GET /' },
  { service: 'shop', name: 'list', parent: '1' },
];
const RARE: WrittenSpan[] = [...COMMON, { service: 'shop', name: 'refund', parent: '2' }];
const OTHER: WrittenSpan[] = [{ service: 'health', name: 'ping' }];
const [common, rare, other] = [COMMON, RARE, OTHER].map((spans) => writtenTrace(spans));

function compile(yaml: string): RuleSet {
  const rules = compileRules({ rules: parse(yaml) as unknown[] });
  if (!rules.ok) throw new Error(JSON.stringify(rules.error));
  return rules.value;
}

const decision = { keep: false, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 0 };
function ruleOf(rules: RuleSet, view: typeof common): string {
  rules.decide(view!, decision);
  return rules.names[decision.rule]!;
}

const RULES =
  '[{ name: rare, when: { path: { rarer_than: 1% }, any: { service: shop } }, keep: 100% }, { name: rest, keep: 5% }]';

test('a path is rare among the traces that meet the conditions beside it', () => {
  const rules = compile(RULES);
  for (let i = 0; i < 5000; i++) expect(ruleOf(rules, other)).toBe('rest');
  expect(ruleOf(rules, rare)).toBe('rest'); // the only one so far: nothing to compare with
  for (let i = 0; i < 300; i++) expect(ruleOf(rules, common)).toBe('rest');
  expect(ruleOf(rules, rare)).toBe('rare'); // 2 of 302
  expect(ruleOf(rules, rare)).toBe('rare'); // 3 of 303
  expect(ruleOf(rules, rare)).toBe('rest'); // 4 of 304
});

test('what was counted is known to the same rule after a reload, and to no other', () => {
  const before = compile(RULES);
  for (let i = 0; i < 300; i++) ruleOf(before, common);
  const same = compile(RULES);
  same.adopt(before);
  expect(ruleOf(same, rare)).toBe('rare');
  const changed = compile(RULES.replace('1%', '2%'));
  changed.adopt(before);
  expect(ruleOf(changed, rare)).toBe('rest');
});

test('mistakes are named', () => {
  for (const when of [
    '{ path: rare }',
    '{ path: { rarer_than: 0% } }',
    '{ path: { rarer_than: 101% } }',
    '{ path: { rarer_than: 0.01 } }',
    '{ path: { rarer: 1% } }',
    '{ path: { rarer_than: 1%, or: 2 } }',
  ]) {
    const compiled = compileRules({ rules: [{ name: 'it', when: parse(when) as unknown, keep: '100%' }] });
    expect(compiled.ok ? [] : compiled.error.map((error) => error.path)).toEqual(['sampling.rules[0].when.path']);
  }
});
