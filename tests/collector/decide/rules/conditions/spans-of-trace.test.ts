// Conditions root, any and all: which spans of the trace are asked.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { reordered, writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';
import { holds, meets, mistakes, ruleOf } from '#tests/support/rule-decision.ts';

const SERVER = 2;
const CLIENT = 3;
const CONSUMER = 5;
const [a, b]: WrittenSpan[] = [
  { service: 'a', status: 2 },
  { service: 'b', parent: '1' },
];

test.each([
  ['{ any: { service: b, status: error } }', false],
  ['{ any: { service: a, status: error } }', true],
  ['{ any: { service: a }, all: { service: [a, b] } }', true],
  ['{ any: { service: c } }', false],
  ['{ all: { service: [a, b] } }', true],
  ['{ all: { service: a } }', false],
  ['{ root: { service: a } }', true],
  ['{ root: { service: b } }', false],
  ['{ root: {}, any: {}, all: {} }', true],
])('%s: %s', (when, expected) => {
  expect(meets(when, a!, b!)).toBe(expected);
});

test('a trace whose root has not come has no root that meets anything, not even nothing', () => {
  expect(meets('{ root: { service: b } }', b!)).toBe(false);
  expect(meets('{ root: {} }', b!)).toBe(false);
  expect(meets('{ not: { root: {} } }', b!)).toBe(true);
  expect(meets('{ any: {} }', b!)).toBe(true);
});

test('the root is the earliest parentless server or consumer span, else the earliest parentless span', () => {
  const early = { service: 'early', kind: CLIENT, start: 0 };
  const server = { service: 'server', kind: SERVER, start: 10 };
  const consumer = { service: 'consumer', kind: CONSUMER, start: 20 };
  const child = { service: 'child', kind: SERVER, start: -5, parent: '1' };
  for (const [spans, expected] of [
    [[early, server, consumer], 'server'],
    [[consumer, early, server], 'server'],
    [[early, consumer], 'consumer'],
    [[early, { ...early, service: 'later', start: 5 }], 'early'],
    [[{ ...early, service: 'later', start: 5 }, early], 'early'],
    [[early, child], 'early'],
  ] as const)
    expect([expected, meets(`{ root: { service: ${expected} } }`, ...spans)]).toEqual([expected, true]);
});

test('in any order of spans', () => {
  const spans: WrittenSpan[] = [
    { service: 'front', kind: SERVER },
    { service: 'cart', parent: '1', status: 2 },
    { service: 'stock', parent: '2', kind: CLIENT },
    { service: 'front', parent: '1' },
  ];
  const view = writtenTrace(spans);
  const rules = [
    '{ root: { service: front, kind: server } }',
    '{ any: { service: cart, status: error } }',
    '{ all: { service: [front, cart, stock] } }',
    '{ any: { service: stock, status: error } }',
  ].map(ruleOf);
  fc.assert(
    fc.property(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (order) => {
      expect(rules.map((rule) => holds(rule, reordered(view, order)))).toEqual([true, true, true, false]);
    }),
    { seed: 4, numRuns: 24 },
  );
});

test('some and every are those of the list of spans, for several rules of one pass', () => {
  const span = fc.record({
    service: fc.constantFrom('a', 'b'),
    kind: fc.constantFrom(1, 2, 3),
    status: fc.constantFrom(0, 1, 2),
  });
  const conditions = [
    ['{ service: a }', (one: WrittenSpan) => one.service === 'a'],
    ['{ service: a, kind: client }', (one: WrittenSpan) => one.service === 'a' && one.kind === 3],
    ['{ status: error }', (one: WrittenSpan) => one.status === 2],
    ['{ status: [ok, error], not: { service: b } }', (one: WrittenSpan) => one.status !== 0 && one.service !== 'b'],
  ] as const;
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 8 }), (spans) => {
      const view = writtenTrace(spans);
      for (const [written, test] of conditions) {
        const rules = ruleOf(`{ any_of: [{ any: { name: none } }, { any: ${written} }] }`);
        expect([written, holds(rules, view)]).toEqual([written, spans.some(test)]);
        expect([written, holds(ruleOf(`{ all: ${written} }`), view)]).toEqual([written, spans.every(test)]);
      }
    }),
    { seed: 17, numRuns: 100 },
  );
});

test.each([
  ['{ root: front }', 'root: is no map, got `front`; write a condition on a span'],
  ['{ any: [] }', 'any: is no map, got `[]`'],
  ['{ all: 5 }', 'all: is no map, got `5`'],
  ['{ any: { spans: 3 } }', 'any.spans: is no condition on a span; write it directly under when'],
  ['{ root: { servce: x } }', 'root.servce: is no condition on a span; did you mean `service`?'],
  ['{ all: { any: { service: a } } }', 'all.any: is no condition on a span; write it directly under when'],
  ['{ any: { status: error, kind: remote } }', 'any.kind: is no such word'],
  ['{ each: { status: error } }', 'each: is no condition on a trace'],
])('%s is refused', (when, message) => {
  const found = mistakes(when);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
});
