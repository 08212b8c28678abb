// Policy composite: the first sub-policy that says sampled, within its share of spans per second.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import {
  compiledShards,
  decide,
  errorsOf,
  policy,
  received,
  refusal,
  tickOf,
} from '#tests/support/collector-decision.ts';

const SUBS = '[{ name: x, type: always_sample }, { name: y, type: always_sample }]';

test('the first sub-policy that says sampled decides: no fall-through to the next share', () => {
  const block = `{ max_total_spans_per_second: 10, composite_sub_policy: ${SUBS}, rate_allocation: [{ policy: x, percent: 10 }, { policy: y, percent: 90 }] }`;
  expect(decide(policy('composite', block), {}, {})).toBe('');
  expect(decide(policy('composite', block), {})).toBe('+p');
});

test('policy_order changes nothing, not even by names that do not exist', () => {
  const block = `{ max_total_spans_per_second: 10, policy_order: [y, z, x], composite_sub_policy: ${SUBS}, rate_allocation: [{ policy: x, percent: 10 }, { policy: y, percent: 90 }] }`;
  expect(decide(policy('composite', block), {}, {})).toBe('');
});

test('a sub-policy without a share, or with 0 percent, has an equal one', () => {
  const block = `{ max_total_spans_per_second: 4, composite_sub_policy: ${SUBS}, rate_allocation: [{ policy: y, percent: 0 }] }`;
  expect(tickOf(policy('composite', block), [received([{}, {}]), received([{}])]).map(({ keep }) => keep)).toEqual([
    true,
    false,
  ]);
});

test('it tells threshold 0 even around probabilistic, and takes no drop inside', () => {
  const block =
    '{ max_total_spans_per_second: 9, composite_sub_policy: [{ name: h, type: probabilistic, probabilistic: { sampling_percentage: 50 } }] }';
  expect(tickOf(policy('composite', block), [received([{ traceState: 'ot=rv:ffffffffffffff' }])], true)[0]).toEqual({
    keep: true,
    policy: 'p',
    sub: 'h',
    threshold: 0n,
  });
  expect(errorsOf(`policies: ${policy('composite', '{ composite_sub_policy: [{ name: d, type: drop }] }')}`)).toContain(
    'cannot stand inside',
  );
});

test('a sub-policy that errs takes the whole policy out', () => {
  const erring =
    '{ name: e, type: ottl_condition, ottl_condition: { error_mode: propagate, span: [\'Substring(name, 9, 9) == "x"\'] } }';
  expect(
    decide(
      policy(
        'composite',
        `{ max_total_spans_per_second: 9, composite_sub_policy: [${erring}, { name: x, type: always_sample }] }`,
      ),
      {},
    ),
  ).toBe('');
});

test('a second has its own count, and the total is held against each share alone: together they may exceed it', () => {
  const block =
    '{ max_total_spans_per_second: 2, composite_sub_policy: [{ name: e, type: status_code, status_code: { status_codes: [ERROR] } }, { name: y, type: always_sample }], rate_allocation: [{ policy: e, percent: 100 }, { policy: y, percent: 100 }] }';
  const [error, other] = [received([{ status: 2 }, { status: 2 }]), received([{}, {}])];
  expect(tickOf(policy('composite', block), [error, other, error, other]).map(({ keep }) => keep)).toEqual([
    true,
    true,
    false,
    false,
  ]);
  const [first] = compiledShards(policy('composite', block));
  expect([1000, 1999, 2000].map((nowMs) => first!.decideTick([other], nowMs)[0]!.keep)).toEqual([true, false, true]);
});

test('the answers are those of counters per second, share by share', () => {
  const errors = { name: 'e', type: 'status_code', status_code: { status_codes: ['ERROR'] } };
  const long = { name: 'l', type: 'span_count', span_count: { min_spans: 3 } };
  const rest = { name: 'r', type: 'always_sample' };
  const matches = [
    (trace: { failed: boolean; count: number }) => trace.failed,
    (trace: { failed: boolean; count: number }) => trace.count >= 3,
    () => true,
  ];
  const arrival = fc.record({
    afterMs: fc.constantFrom(0, 0, 300, 1000),
    failed: fc.boolean(),
    count: fc.integer({ min: 1, max: 5 }),
  });
  const percents = fc.tuple(fc.nat({ max: 100 }), fc.nat({ max: 100 }), fc.nat({ max: 100 }));
  fc.assert(
    fc.property(
      fc.array(arrival, { minLength: 1, maxLength: 15 }),
      fc.integer({ min: 1, max: 20 }),
      percents,
      (arrivals, total, shares) => {
        const block = {
          max_total_spans_per_second: total,
          composite_sub_policy: [errors, long, rest],
          rate_allocation: ['e', 'l', 'r'].map((name, i) => ({ policy: name, percent: shares[i] })),
        };
        const [set] = compiledShards(policy('composite', JSON.stringify(block)));
        // A share of 0 is an equal one.
        const allowed = shares.map((percent) => Math.floor(percent === 0 ? total / 3 : (percent / 100) * total));
        let used = [0, 0, 0];
        let nowMs = 0;
        for (const trace of arrivals) {
          const before = Math.floor(nowMs / 1000);
          nowMs += trace.afterMs;
          if (Math.floor(nowMs / 1000) !== before) used = [0, 0, 0];
          const first = matches.findIndex((holds) => holds(trace));
          const after = used[first]! + trace.count;
          const kept = after <= allowed[first]! && after <= total;
          if (kept) used[first] = after;
          const spans = Array.from({ length: trace.count }, (_, i) => (trace.failed && i === 0 ? { status: 2 } : {}));
          const [decision] = set!.decideTick([received(spans)], nowMs);
          expect([decision!.keep, decision!.sub]).toEqual([kept, kept ? ['e', 'l', 'r'][first] : undefined]);
        }
      },
    ),
    { seed: 81, numRuns: 100 },
  );
});

test('without any sub-policy it samples nothing', () => {
  expect(decide(policy('composite', '{ max_total_spans_per_second: 10 }'), {})).toBe('');
});

test('shards divide the total, to at least one span each', () => {
  const block = `{ max_total_spans_per_second: 4, composite_sub_policy: [{ name: x, type: always_sample }] }`;
  const [quarter] = compiledShards(policy('composite', block), 'num_shards: 4');
  expect(
    [1, 2].map((count) => quarter!.decideTick([received(Array.from({ length: count }, () => ({})))], 0)[0]!.keep),
  ).toEqual([true, false]);
  const [eighth] = compiledShards(policy('composite', block), 'num_shards: 8');
  expect(eighth!.decideTick([received([{}])], 0)[0]!.keep).toBe(true);
});

test.each([
  ['{ max_total_spans_per_second: 1.5 }', '.max_total_spans_per_second: has the wrong type'],
  ['{ composite_sub_policy: [{ name: n, type: not }] }', '.composite_sub_policy[0].type: cannot stand inside'],
  ['{ composite_sub_policy: [{ name: n, type: composite }] }', '.composite_sub_policy[0].type: cannot stand inside'],
  ['{ rate_allocation: [5] }', '.rate_allocation[0]: is no share, got `5`; write { policy: NAME, percent: 50 }'],
  ['{ rate_allocation: [{ policy: a, percent: 12.5 }] }', '.rate_allocation[0].percent: has the wrong type'],
  ['{ rate_allocation: [{ polcy: a }] }', '.rate_allocation[0].polcy: is no key here; did you mean `policy`?'],
  ['{ policy_order: [1] }', '.policy_order: has the wrong type'],
  ['{ order: [a] }', '.order: is no key here'],
])('%s is refused', (block, message) => {
  expect(refusal('composite', block)).toContain(message);
});
