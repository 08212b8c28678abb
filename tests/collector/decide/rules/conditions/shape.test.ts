// Rules that ask for the rebuilt trace: depth and the part of a service in the critical path.
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileRules } from '#collector/decide/rules/compile-rules.ts';
import { formatConfigError } from '#proto/config/config-error.ts';
import { reordered, writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';

const MS = 1_000_000;
/** 100 ms: 10 in front, then 80 in payment (20 of them in bank), 10 in front again; search runs beside and is not on the path. */
const CHECKOUT: WrittenSpan[] = [
  { service: 'front', kind: 2, start: 0, duration: 100 * MS },
  { service: 'payment', parent: '1', start: 10 * MS, duration: 80 * MS },
  { service: 'bank', parent: '2', start: 40 * MS, duration: 20 * MS },
  { service: 'search', parent: '1', start: 10 * MS, duration: 30 * MS },
];

function compiled(when: string) {
  return compileRules({ rules: [{ name: 'it', when: parse(when) as unknown, keep: '100%' }] });
}

function meets(when: string, order?: readonly number[]): boolean {
  const rules = compiled(when);
  if (!rules.ok) throw new Error(rules.error.map(formatConfigError).join('\n'));
  const decision = { keep: false, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 0 };
  const view = writtenTrace(CHECKOUT);
  rules.value.decide(order === undefined ? view : reordered(view, order), decision);
  return decision.keep;
}

test('depth counts the spans from the root down', () => {
  expect(meets("{ depth: '= 3' }")).toBe(true);
  expect(meets("{ depth: { '>=': 4 } }")).toBe(false);
});

test.each([[undefined], [[3, 2, 1, 0]], [[2, 0, 3, 1]]])(
  'the part of a service in the critical path is exact, rows in order %j',
  (order) => {
    for (const [share, holds] of [
      ["{ payment: '= 60%' }", true],
      ["{ payment: '> 60%' }", false],
      ["{ bank: '>= 20%', front: '<= 20%' }", true],
      ["{ bank: '>= 20%', front: '< 20%' }", false],
      ["{ search: '= 0%' }", true],
      ["{ nobody: '> 0%' }", false],
    ] as const)
      expect([share, meets(`{ critical_path: ${share} }`, order)]).toEqual([share, holds]);
  },
);

test('they combine with others, and mistakes are named', () => {
  expect(
    meets("{ not: { depth: '> 3' }, services: '> 3', critical_path: { payment: '> 1/2' } }".replace('1/2', '50%')),
  ).toBe(true);
  for (const [when, path] of [
    ["{ critical_path: { payment: '> 150%' } }", 'critical_path.payment'],
    ['{ critical_path: payment }', 'critical_path'],
    ["{ depth: '> deep' }", 'depth'],
  ] as const) {
    const rules = compiled(when);
    expect(rules.ok ? [] : rules.error.map((error) => error.path)).toEqual([`sampling.rules[0].when.${path}`]);
  }
});
