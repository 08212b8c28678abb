// Conditions depth and critical_path: they ask for the rebuilt trace, its tree and the part of a service in its critical path.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { reordered, writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';
import { holds, meets, mistakes, ruleOf } from '#tests/support/rule-decision.ts';

const MS = 1_000_000;
/** 100 ms: 10 in front, then 80 in payment (20 of them in bank), 10 in front again; search runs beside and is not on the path. */
const CHECKOUT: WrittenSpan[] = [
  { service: 'front', kind: 2, start: 0, duration: 100 * MS },
  { service: 'payment', parent: '1', start: 10 * MS, duration: 80 * MS },
  { service: 'bank', parent: '2', start: 40 * MS, duration: 20 * MS },
  { service: 'search', parent: '1', start: 10 * MS, duration: 30 * MS },
];
const checkout = (when: string, order = [0, 1, 2, 3]): boolean =>
  holds(ruleOf(when), reordered(writtenTrace(CHECKOUT), order));

test.each([
  ["'= 3'", true],
  ["'> 2'", true],
  ["'> 3'", false],
  ["{ '>=': 4 }", false],
  ['[1, 3]', true],
  ["'!= 3'", false],
  ["'< 4'", true],
])('depth %s of a tree of three floors: %s', (bound, expected) => {
  expect(checkout(`{ depth: ${bound} }`)).toBe(expected);
});

test('a span alone is one deep, and so is one whose parent is missing', () => {
  expect(meets('{ depth: 1 }', {})).toBe(true);
  expect(meets("{ depth: '> 1' }", {}, {})).toBe(false);
});

test('depth is the longest way down any tree', () => {
  // Each span hangs on one before it, so the depth of each is known when it is made.
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 12 }), (picks) => {
      const depths = [1];
      const spans: WrittenSpan[] = [{ kind: 2, duration: 100 }];
      for (const pick of picks) {
        const parent = pick % depths.length;
        depths.push(depths[parent]! + 1);
        spans.push({ parent: (parent + 1).toString(16), duration: 100 });
      }
      const view = writtenTrace(spans);
      const depth = Math.max(...depths);
      expect(holds(ruleOf(`{ depth: ${depth} }`), view)).toBe(true);
      expect(
        holds(
          ruleOf(`{ depth: '> ${depth}' }`),
          reordered(
            view,
            spans.map((_, i) => spans.length - 1 - i),
          ),
        ),
      ).toBe(false);
    }),
    { seed: 12, numRuns: 80 },
  );
});

test.each([[[0, 1, 2, 3]], [[3, 2, 1, 0]], [[2, 0, 3, 1]]])(
  'the part of a service in the critical path is exact, rows in order %j',
  (order) => {
    for (const [share, expected] of [
      ["{ payment: '= 60%' }", true],
      ["{ payment: '> 60%' }", false],
      ["{ bank: '>= 20%', front: '<= 20%' }", true],
      ["{ bank: '>= 20%', front: '< 20%' }", false],
      ["{ search: '= 0%' }", true],
      ["{ nobody: '> 0%' }", false],
      ["{ nobody: '= 0%' }", true],
      ["{ payment: { '>': 50%, '<': 70% } }", true],
      ['{ payment: [10%, 60%] }', true],
    ] as const)
      expect([share, checkout(`{ critical_path: ${share} }`, order)]).toEqual([share, expected]);
  },
);

test('a share of so many thousandths is that percentage, whichever', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 999 }), (thousandths) => {
      const view = writtenTrace([
        { service: 'front', kind: 2, duration: 1000 * MS },
        { service: 'bank', kind: 2, parent: '1', start: 0, duration: thousandths * MS },
      ]);
      const percent = `${Math.floor(thousandths / 10)}.${thousandths % 10}%`;
      for (const [operator, expected] of [
        ['=', true],
        ['>=', true],
        ['<=', true],
        ['<', false],
        ['>', false],
      ] as const)
        expect([
          percent,
          operator,
          holds(ruleOf(`{ critical_path: { bank: '${operator} ${percent}' } }`), view),
        ]).toEqual([percent, operator, expected]);
    }),
    { seed: 700, numRuns: 60 },
  );
});

test('several spans of a service count together', () => {
  const spans: WrittenSpan[] = [
    { service: 'front', kind: 2, duration: 100 * MS },
    { service: 'db', parent: '1', start: 10 * MS, duration: 20 * MS },
    { service: 'db', parent: '1', start: 50 * MS, duration: 30 * MS },
  ];
  expect(meets("{ critical_path: { db: '= 50%' } }", ...spans)).toBe(true);
  expect(meets("{ critical_path: { db: '= 50%', front: '= 50%' } }", ...spans)).toBe(true);
});

test('a trace that lasts no time has no service on its path', () => {
  expect(meets("{ critical_path: { front: '= 0%' } }", { service: 'front', duration: 0 })).toBe(true);
});

test('they combine with others', () => {
  expect(checkout("{ not: { depth: '> 3' }, services: '> 3', critical_path: { payment: '> 50%' } }")).toBe(true);
  expect(checkout("{ any_of: [{ depth: '> 3' }, { critical_path: { bank: '> 50%' } }] }")).toBe(false);
});

test.each([
  ["{ critical_path: { payment: '> 150%' } }", 'critical_path.payment: cannot be compared with, got `> 150%`'],
  ["{ critical_path: { payment: '> 0.5' } }", 'critical_path.payment: cannot be compared with'],
  ['{ critical_path: { payment: 50 } }', 'critical_path.payment: cannot be compared with'],
  ['{ critical_path: { payment: exists } }', 'critical_path.payment: cannot be compared with'],
  ['{ critical_path: { payment: { above: 5% } } }', 'critical_path.payment.above: is no operator'],
  ['{ critical_path: payment }', 'critical_path: is no map of services, got `payment`'],
  ['{ critical_path: {} }', 'critical_path: is no map of services'],
  ["{ depth: '> deep' }", 'depth: cannot be compared with, got `> deep`; write a whole number with an operator'],
  ["{ depth: '> -1' }", 'depth: cannot be compared with'],
  ['{ depth: [] }', 'depth: is no list of values'],
  ['{ any: { depth: 3 } }', 'any.depth: is no condition on a span; write it directly under when'],
])('%s is refused', (when, message) => {
  const found = mistakes(when);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
});
