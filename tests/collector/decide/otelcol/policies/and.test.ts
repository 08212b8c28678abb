// Policy and: all of its policies say sampled.
import { expect, test } from 'vitest';
import { compiledShards, decide, errorsOf, received, refusal, tickOf } from '#tests/support/collector-decision.ts';

const ALWAYS = '{ name: x, type: always_sample }';
const BUCKET = '{ name: r, type: rate_limiting, rate_limiting: { spans_per_second: 1, burst_capacity: 1 } }';
const MANY = '{ name: m, type: span_count, span_count: { min_spans: 2 } }';
const and = (...subs: string[]) => `{ name: a, type: and, and: { and_sub_policy: [${subs.join(', ')}] } }`;
const half = '{ name: h, type: probabilistic, probabilistic: { sampling_percentage: 50 } }';
const all = '{ name: p, type: probabilistic, probabilistic: { sampling_percentage: 75 } }';

test('and takes tokens only when it gets there: order matters', () => {
  const traces = () => [received([{}]), received([{}])];
  const never = '{ name: n, type: not, not: { not_sub_policy: { name: x, type: always_sample } } }';
  expect(
    tickOf(`[${and(never, BUCKET)}, ${and(BUCKET, ALWAYS)}]`.replace('name: a', 'name: b'), traces()).map(
      ({ keep }) => keep,
    ),
  ).toEqual([true, false]);
  expect(tickOf(`[${and(MANY, BUCKET)}]`, [received([{}]), received([{}, {}])]).map(({ keep }) => keep)).toEqual([
    false,
    false,
  ]);
});

test('tells its strictest threshold', () => {
  const rv = () => [received([{ traceState: 'ot=rv:ffffffffffffff' }])];
  expect(tickOf(`[${and(half, all)}]`, rv(), true)[0]!.threshold).toBe(1n << 55n);
});

test.each([
  ['and', `and_sub_policy: [{ name: c, type: composite }]`],
  ['drop', `drop_sub_policy: [{ name: c, type: and }]`],
  ['not', `not_sub_policy: { name: c, type: not }`],
])('%s refuses what may not stand inside it', (type, block) => {
  expect(errorsOf(`policies: [{ name: p, type: ${type}, ${type}: { ${block} } }]`)).toContain(
    'cannot stand inside this policy',
  );
});

test('inside others a policy needs no name', () => {
  expect(
    decide(
      '[{ name: a, type: and, and: { and_sub_policy: [{ type: always_sample }, { type: not, not: { not_sub_policy: { type: status_code, status_code: { status_codes: [ERROR] } } } }] } }]',
      {},
    ),
  ).toBe('+a');
  expect(errorsOf('policies: [{ type: always_sample }]')).toContain('is no name');
});

test('without any policy it keeps all; one that errs takes it out alone', () => {
  expect(decide('[{ name: a, type: and, and: { and_sub_policy: [] } }]', {})).toBe('+a');
  const erring =
    '{ name: o, type: ottl_condition, ottl_condition: { error_mode: propagate, span: [\'Substring(name, 9, 9) == "x"\'] } }';
  expect(decide(`[${and(erring, ALWAYS)}, { name: z, type: always_sample }]`, {})).toBe('+z');
});

test('the first vote names the policy; with sample_on_first_match the others are not asked', () => {
  const bucket = BUCKET.replace('name: r', 'name: z');
  const [all] = compiledShards(`[${ALWAYS}, ${bucket}, { name: w, type: not, not: { not_sub_policy: ${ALWAYS} } }]`);
  const [first] = compiledShards(`[${ALWAYS}, ${bucket}]`, 'sample_on_first_match: true');
  expect(all!.decideTick([received([{}])])[0]).toMatchObject({ keep: true, policy: 'x' });
  expect(first!.decideTick([received([{}]), received([{}])]).map(({ policy }) => policy)).toEqual(['x', 'x']);
});

test.each([
  ['{ and_sub_policy: { type: always_sample } }', '.and_sub_policy: has the wrong type, got'],
  ['{ sub_policies: [] }', '.sub_policies: is no key here; '],
  ['{ and_sub_policy: [always_sample] }', '.and_sub_policy[0]: is no map, got `always_sample`'],
  ['{ and_sub_policy: [{ type: and }] }', '.and_sub_policy[0].type: cannot stand inside this policy, got `and`'],
  ['{ and_sub_policy: [{ type: drop }] }', '.and_sub_policy[0].type: cannot stand inside this policy'],
  ['{ and_sub_policy: [{ type: latency, latancy: {} }] }', '.and_sub_policy[0].latancy: is no key of a policy'],
  ['{ and_sub_policy: [{ typ: latency }] }', '.and_sub_policy[0].type: is no policy type, got `nothing`'],
])('%s is refused', (block, message) => {
  expect(refusal('and', block)).toContain(message);
});
