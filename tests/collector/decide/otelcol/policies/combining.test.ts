// Traps of and, not and drop.
import { expect, test } from 'vitest';
import { compiledShards, decide, errorsOf, received, tickOf } from '#tests/support/collector-decision.ts';

const ALWAYS = '{ name: x, type: always_sample }';
const BUCKET = '{ name: r, type: rate_limiting, rate_limiting: { spans_per_second: 1, burst_capacity: 1 } }';
const MANY = '{ name: m, type: span_count, span_count: { min_spans: 2 } }';
const and = (...subs: string[]) => `{ name: a, type: and, and: { and_sub_policy: [${subs.join(', ')}] } }`;
const half = '{ name: h, type: probabilistic, probabilistic: { sampling_percentage: 50 } }';
const all = '{ name: p, type: probabilistic, probabilistic: { sampling_percentage: 75 } }';

test('and takes tokens only when it gets there: order matters', () => {
  const traces = () => [received([{}]), received([{}])];
  const never = '{ name: n, type: not, not: { not_sub_policy: { name: x, type: always_sample } } }';
  expect(tickOf(`[${and(never, BUCKET)}, ${and(BUCKET, ALWAYS)}]`.replace('name: a', 'name: b'), traces()).map(({ keep }) => keep)).toEqual([true, false]);
  expect(tickOf(`[${and(MANY, BUCKET)}]`, [received([{}]), received([{}, {}])]).map(({ keep }) => keep)).toEqual([false, false]);
});

test('dropped beats sampled wherever it stands', () => {
  expect(decide(`[${ALWAYS}, { name: d, type: drop, drop: { drop_sub_policy: [${ALWAYS}] } }]`, {})).toBe('-d');
});

test('and tells its strictest threshold, not tells 0 whatever is inside', () => {
  const rv = () => [received([{ traceState: 'ot=rv:ffffffffffffff' }])];
  expect(tickOf(`[${and(half, all)}]`, rv(), true)[0]!.threshold).toBe(1n << 55n);
  const low = [received([{ traceState: 'ot=rv:00000000000000' }])];
  expect(tickOf(`[{ name: n, type: not, not: { not_sub_policy: ${half} } }]`, low, true)[0]).toEqual({ keep: true, policy: 'n', threshold: 0n });
});

test.each([
  ['and', `and_sub_policy: [{ name: c, type: composite }]`],
  ['drop', `drop_sub_policy: [{ name: c, type: and }]`],
  ['not', `not_sub_policy: { name: c, type: not }`],
])('%s refuses what may not stand inside it', (type, block) => {
  expect(errorsOf(`policies: [{ name: p, type: ${type}, ${type}: { ${block} } }]`)).toContain('cannot stand inside this policy');
});

test('inside others a policy needs no name', () => {
  expect(decide('[{ name: a, type: and, and: { and_sub_policy: [{ type: always_sample }, { type: not, not: { not_sub_policy: { type: status_code, status_code: { status_codes: [ERROR] } } } }] } }]', {})).toBe('+a');
  expect(errorsOf('policies: [{ type: always_sample }]')).toContain('is no name');
});

test('empty lists: and keeps all, drop drops all', () => {
  expect(decide('[{ name: a, type: and, and: { and_sub_policy: [] } }]', {})).toBe('+a');
  expect(decide(`[{ name: d, type: drop }, ${ALWAYS}]`, {})).toBe('-d');
});

test('drop beats kept errors, and an error inside not or and takes that policy out alone', () => {
  const errors = '{ name: e, type: status_code, status_code: { status_codes: [ERROR] } }';
  expect(decide(`[${errors}, { name: d, type: drop, drop: { drop_sub_policy: [${errors}] } }]`, { status: 2 })).toBe('-d');
  const erring = "{ name: o, type: ottl_condition, ottl_condition: { error_mode: propagate, span: ['Substring(name, 9, 9) == \"x\"'] } }";
  expect(decide(`[{ name: n, type: not, not: { not_sub_policy: ${erring} } }]`, {})).toBe('');
  expect(decide(`[${and(erring, ALWAYS)}, { name: z, type: always_sample }]`, {})).toBe('+z');
});

test('the first vote names the policy; with sample_on_first_match the others are not asked', () => {
  const bucket = BUCKET.replace('name: r', 'name: z');
  const [all] = compiledShards(`[${ALWAYS}, ${bucket}, { name: w, type: not, not: { not_sub_policy: ${ALWAYS} } }]`);
  const [first] = compiledShards(`[${ALWAYS}, ${bucket}]`, 'sample_on_first_match: true');
  expect(all!.decideTick([received([{}])])[0]).toMatchObject({ keep: true, policy: 'x' });
  expect(first!.decideTick([received([{}]), received([{}])]).map(({ policy }) => policy)).toEqual(['x', 'x']);
});
