// Policy rate_limiting, in spans: live buckets, and budgets with the gate usetracestate.
import { expect, test } from 'vitest';
import { compiledShards, decide, policy, received, tickOf } from '#tests/support/collector-decision.ts';

const THREE = policy('rate_limiting', '{ spans_per_second: 1, burst_capacity: 3 }');
const spans = (count: number) => Array.from({ length: count }, () => ({}));
/** Its randomness is the number. */
const withRandomness = (randomness: number, count = 1) =>
  received(spans(count), `${'1'.repeat(18)}${randomness.toString(16).padStart(14, '0')}`);

test('a trace larger than the burst never passes; the burst is twice the rate when unset', () => {
  expect(decide(policy('rate_limiting', '{ spans_per_second: 1 }'), {}, {})).toBe('+p');
  expect(decide(policy('rate_limiting', '{ spans_per_second: 1 }'), {}, {}, {})).toBe('');
});

test('a live bucket serves who comes first', () => {
  const traces = [withRandomness(1, 2), withRandomness(9, 2), withRandomness(5)];
  expect(tickOf(THREE, traces).map(({ keep }) => keep)).toEqual([true, false, true]);
});

test('a budget goes to the highest randomness, stops at the first that does not fit, and cuts just above it', () => {
  const decisions = tickOf(
    THREE,
    [withRandomness(1), withRandomness(9), withRandomness(7), withRandomness(5, 2)],
    true,
  );
  expect(decisions.map(({ keep }) => keep)).toEqual([false, true, true, false]);
  expect(decisions[1]!.threshold).toBe(6n);
});

test("a tie across the cut goes whole, and a trace above the burst stands in nobody's way", () => {
  expect(
    tickOf(THREE, [withRandomness(9, 2), withRandomness(5), withRandomness(5)], true).map(({ keep }) => keep),
  ).toEqual([true, false, false]);
  expect(tickOf(THREE, [withRandomness(9, 4), withRandomness(5, 3)], true).map(({ keep }) => keep)).toEqual([
    false,
    true,
  ]);
});

test('what a drop policy takes away takes no budget, nor what another part of an and refuses', () => {
  const drop =
    '{ name: d, type: drop, drop: { drop_sub_policy: [{ name: x, type: span_count, span_count: { min_spans: 2 } }] } }';
  expect(
    tickOf(`[${THREE.slice(1, -1)}, ${drop}]`, [withRandomness(9, 3), withRandomness(5)], true).map(({ keep }) => keep),
  ).toEqual([false, true]);
  const and = `[{ name: a, type: and, and: { and_sub_policy: [${THREE.slice(1, -1)}, { name: x, type: span_count, span_count: { max_spans: 1 } }] } }]`;
  expect(tickOf(and, [withRandomness(9, 3), withRandomness(5)], true).map(({ keep }) => keep)).toEqual([false, true]);
});

test('inside not the bucket decides live, in order of arrival', () => {
  const not = `[{ name: n, type: not, not: { not_sub_policy: ${THREE.slice(1, -1)} } }]`;
  expect(tickOf(not, [withRandomness(1, 3), withRandomness(9)], true).map(({ keep }) => keep)).toEqual([false, true]);
});

test('a rate whose double is beyond 64 bits has no burst and passes nothing, as in the Collector', () => {
  expect(decide(policy('rate_limiting', '{ spans_per_second: 9223372036854775807 }'), {})).toBe('');
  expect(decide(policy('rate_limiting', '{ spans_per_second: 9223372036854775807, burst_capacity: 5 }'), {})).toBe(
    '+p',
  );
});

test('a bucket is refilled by the clock, up to its burst', () => {
  const [set] = compiledShards(policy('rate_limiting', '{ spans_per_second: 2, burst_capacity: 2 }'));
  const two = received(spans(2));
  expect([0, 500, 1000, 5000, 5999].map((nowMs) => set!.decideTick([two], nowMs)[0]!.keep)).toEqual([
    true,
    false,
    true,
    true,
    false,
  ]);
});

test('shards divide the rate, not the burst', () => {
  const [first, ...others] = compiledShards(policy('rate_limiting', '{ spans_per_second: 4 }'), 'num_shards: 4');
  const eight = received(spans(8));
  expect(others).toHaveLength(3);
  expect([0, 4000, 8000].map((nowMs) => first!.decideTick([eight], nowMs)[0]!.keep)).toEqual([true, false, true]);
});
