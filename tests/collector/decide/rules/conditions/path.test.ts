// Condition path: rules for rare paths, rare compared with the traces that reach the condition, learned through a reload, mistakes named.
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileRules } from '#collector/decide/rules/compile-rules.ts';
import type { RuleSet } from '#collector/decide/rules/rule-set.ts';
import { mistakes } from '#tests/support/rule-decision.ts';
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

test('services, names and parents make a path; how often, times and the order of spans do not', () => {
  const rules = compile(RULES);
  for (let i = 0; i < 300; i++) ruleOf(rules, common);
  const same: WrittenSpan[] = [
    { service: 'front', name: 'GET /', duration: 5, status: 2 },
    { service: 'shop', name: 'list', parent: '1', start: 77 },
    { service: 'shop', name: 'list', parent: '1', attributes: { k: { intValue: 1 } } },
  ];
  expect(ruleOf(rules, writtenTrace(same))).toBe('rest');
  expect(ruleOf(rules, writtenTrace([COMMON[0]!, { service: 'shop', name: 'list' }]))).toBe('rare');
  expect(ruleOf(rules, writtenTrace([COMMON[0]!, { service: 'shop', name: 'lists', parent: '1' }]))).toBe('rare');
  expect(ruleOf(rules, writtenTrace([COMMON[0]!, { service: 'list', name: 'shop', parent: '1' }]))).toBe('rest'); // no shop
});

test('two conditions on paths count each for themselves', () => {
  const rules = compile(`
    - { name: rare errors, when: { any: { status: error }, path: { rarer_than: 1% } }, keep: 100% }
    - { name: rare, when: { path: { rarer_than: 1% } }, keep: 100% }
    - { name: rest, keep: 5% }`);
  for (let i = 0; i < 300; i++) ruleOf(rules, common);
  const failed = writtenTrace(RARE.map((span) => ({ ...span, status: 2 })));
  expect(ruleOf(rules, failed)).toBe('rare'); // the first error of all: as frequent as errors are
  expect(ruleOf(rules, rare)).toBe('rare');
});

test('how rare is asked exactly: less than that share, itself included', () => {
  for (const [before, expected] of [
    [98, 'rest'], // 1 of 99
    [99, 'rest'], // 1 of 100: not below 1 %
    [100, 'rare'],
  ] as const) {
    const rules = compile(RULES);
    for (let i = 0; i < before; i++) ruleOf(rules, common);
    expect([before, ruleOf(rules, rare)]).toEqual([before, expected]);
  }
});

test.each(['100%', ' 0.1 %', '0.000000000001%', '50%'])('%s is a share', (share) => {
  expect(mistakes(`{ path: { rarer_than: '${share}' } }`)).toEqual([]);
});

test.each([
  'rare',
  '{ rarer_than: 0% }',
  '{ rarer_than: 101% }',
  '{ rarer_than: 0.01 }',
  "{ rarer_than: '< 1%' }",
  '{ rarer_than: [1%] }',
  '{ rarer: 1% }',
  '{ rarer_than: 1%, or: 2 }',
  '{}',
  'null',
])('path: %s is refused', (written) => {
  const found = mistakes(`{ path: ${written} }`);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(
    /^path: is no share of paths.*; write path: \{ rarer_than: 0.1% \}, above 0% and up to 100%$/,
  );
});

test('it is about the trace, not about one span', () => {
  expect(mistakes('{ any: { path: { rarer_than: 1% } } }')).toEqual([
    'any.path: is no condition on a span; write it directly under when',
  ]);
});
