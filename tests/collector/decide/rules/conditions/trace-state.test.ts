// Condition trace_state: members of the W3C tracestate that a span carries, as text.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { writtenTrace } from '#tests/support/written-trace.ts';
import { holds, meets, mistakes, ruleOf } from '#tests/support/rule-decision.ts';

test.each([
  ['{ v: a }', 'v=a', true],
  ['{ v: a }', 'w=b , v=a', true],
  ['{ v: a }', 'w=b,\tv=a\t,x=c', true],
  ['{ v: a }', 'v=a2', false],
  ['{ v: a }', 'xv=a', false],
  ['{ v: a }', 'v2=a', false],
  ['{ v: a }', 'w=v=a', false],
  ['{ v: a }', 'v=b,v=a', false],
  ['{ v: [a, c] }', 'v=b', false],
  ['{ v: [a, c] }', 'v=c', true],
  ["{ v: '!= a' }", 'v=b', true],
  ["{ v: '!= a' }", 'v=a', false],
  ["{ v: '!= a' }", 'w=b', false],
  ['{ v: exists }', 'v=', true],
  ['{ v: exists }', 'w=a', false],
  ['{ v: missing }', 'w=a', true],
  ['{ v: missing }', 'v=a', false],
  ["{ v: '' }", 'v=', true],
  ["{ v: { matches: 'a.*' } }", 'v=abc', true],
  ["{ v: { matches: 'b' } }", 'v=abc', false],
  ['{ v: a, w: b }', 'w=b,v=a', true],
  ['{ v: a, w: b }', 'v=a', false],
  ['{ tenant@vendor: a }', 'tenant@vendor=a', true],
] as const)('%s on %j: %s', (members, traceState, expected) => {
  expect(meets(`{ trace_state: ${members} }`, { traceState })).toBe(expected);
});

test.each([
  ['5', '5', true],
  ["'5'", '5', true],
  ['[5, 6]', '6', true],
  ["'= 5'", '5', true],
  ["'!= 5'", '5', false],
  ["'!= 5'", '6', true],
  ['{ in: [7, 5] }', '5', true],
  ['true', 'true', true],
  ["'= 007'", '007', true],
  ["'= 007'", '7', false],
])('a member is always text, so %s is met by v=%s: %s', (written, value, expected) => {
  expect(meets(`{ trace_state: { v: ${written} } }`, { traceState: `v=${value}` })).toBe(expected);
});

test('a span without tracestate has no member', () => {
  expect(meets('{ trace_state: { v: a } }', {})).toBe(false);
  expect(meets("{ trace_state: { v: '!= a' } }", {})).toBe(false);
  expect(meets('{ trace_state: { v: missing } }', {})).toBe(true);
});

test('at the trace some span has it; under any, all and root the span that is asked', () => {
  const spans = [{}, { parent: '1', traceState: 'v=a' }, { parent: '1', traceState: 'v=b,w=c' }];
  expect(meets('{ trace_state: { v: a } }', ...spans)).toBe(true);
  expect(meets('{ trace_state: { v: a, w: c } }', ...spans)).toBe(false);
  expect(meets('{ any: { trace_state: { v: b, w: c } } }', ...spans)).toBe(true);
  expect(meets('{ all: { trace_state: { v: exists } } }', ...spans)).toBe(false);
  expect(meets('{ root: { trace_state: { v: missing } } }', ...spans)).toBe(true);
  expect(meets('{ not: { trace_state: { v: a } } }', ...spans)).toBe(false);
});

test('members are those of the list split at its commas, the first of equal keys', () => {
  const key = fc.constantFrom('a', 'b', 'ab', 'ba');
  const member = fc.tuple(key, fc.constantFrom('', 'x', 'y=z', 'x y'));
  const blank = fc.constantFrom('', ' ', '\t');
  fc.assert(
    fc.property(fc.array(member, { minLength: 1, maxLength: 5 }), blank, key, (members, space, asked) => {
      const traceState = members.map(([name, value]) => `${name}=${value}`).join(`${space},${space}`);
      const view = writtenTrace([{ traceState }]);
      const first = members.find(([name]) => name === asked)?.[1];
      for (const value of ['', 'x', 'y=z', 'x y'])
        expect(holds(ruleOf(JSON.stringify({ trace_state: { [asked]: value } })), view)).toBe(first === value);
      expect(holds(ruleOf(`{ trace_state: { ${asked}: exists } }`), view)).toBe(first !== undefined);
    }),
    { seed: 13, numRuns: 100 },
  );
});

test.each([
  ['trace_state: v', 'trace_state: is no map, got `v`; write members and values, as { vendor: a }'],
  ['trace_state: {}', 'trace_state: is no map'],
  ['trace_state: { v: [] }', 'trace_state.v: is no list of values'],
  ['trace_state: { v: { matches: "(" } }', 'trace_state.v: is no RE2 regular expression'],
  ['trace_state: { v: { like: a } }', 'trace_state.v.like: is no operator'],
  ["trace_state: { v: '> 5' }", 'trace_state.v: is no comparison for text'],
  ["trace_state: { v: '>= a' }", 'trace_state.v: is no comparison for text'],
  ['trace_state: { v: null }', 'trace_state.v: cannot be compared with'],
])('%s is refused', (condition, message) => {
  for (const [when, prefix] of [
    [`{ ${condition} }`, ''],
    [`{ all: { ${condition} } }`, 'all.'],
  ] as const) {
    const found = mistakes(when);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(prefix + message);
  }
});
