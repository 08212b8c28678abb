// A policy as the lint sees it: its block, its keys, those inside, and what makes two of them twins.
import { expect, test } from 'vitest';
import { contentOf, LintedPolicy } from '#collector/decide/otelcol/lint/finding.ts';
import type { LintFinding } from '#collector/decide/rules/lint-rules.ts';

const findings: LintFinding[] = [];
const policy = (written: Readonly<Record<string, unknown>>): LintedPolicy => new LintedPolicy(written, 'p', findings);

test('keys are those of the block named after the type', () => {
  const linted = policy({
    name: 'n',
    type: 'latency',
    latency: { threshold_ms: 5n, key: 'k', list: ['a', 'b'], one: 'a' },
  });
  expect([linted.name, linted.type, linted.number('threshold_ms'), linted.text('key')]).toEqual([
    'n',
    'latency',
    5,
    'k',
  ]);
  expect([linted.texts('list'), linted.texts('one'), linted.list('list')]).toEqual([['a', 'b'], ['a'], ['a', 'b']]);
  expect([linted.has('key'), linted.has('absent')]).toEqual([true, false]);
});

test('what is not written is empty', () => {
  for (const linted of [
    policy({ type: 'latency' }),
    policy({ type: 'latency', latency: 5 }),
    policy({ latency: {} }),
  ]) {
    expect([linted.number('k'), linted.text('k'), linted.texts('k'), linted.list('k')]).toEqual([0, '', [], []]);
    expect([linted.has('k'), linted.subs(), linted.name]).toEqual([false, [], '']);
  }
  expect(policy({ type: 'latency', latency: { k: null } }).has('k')).toBe(false);
});

test('policies inside have paths of their own, and report to the same list', () => {
  const subs = policy({ type: 'and', and: { and_sub_policy: [{ type: 'latency' }, 5, { type: 'not' }] } }).subs();
  expect(subs.map(({ path, type }) => [path, type])).toEqual([
    ['p.and.and_sub_policy[0]', 'latency'],
    ['p.and.and_sub_policy[2]', 'not'],
  ]);
  const [inner] = policy({ type: 'not', not: { not_sub_policy: { type: 'latency' } } }).subs();
  expect(inner!.path).toBe('p.not.not_sub_policy');
  inner!.report('threshold_ms', 'message', 'remedy');
  inner!.report('', 'whole', 'remedy');
  expect(findings).toEqual([
    { path: 'p.not.not_sub_policy.latency.threshold_ms', message: 'message', remedy: 'remedy' },
    { path: 'p.not.not_sub_policy', message: 'whole', remedy: 'remedy' },
  ]);
});

test('the same content is the same whatever the name, and whether an int came as one or as a bigint', () => {
  const a = contentOf({ name: 'a', type: 'latency', latency: { threshold_ms: 5 } });
  expect(contentOf({ name: 'b', type: 'latency', latency: { threshold_ms: 5n } })).toBe(a);
  expect(contentOf({ name: 'a', type: 'latency', latency: { threshold_ms: 6 } })).not.toBe(a);
});
