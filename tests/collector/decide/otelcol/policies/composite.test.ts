// Traps of policy composite.
import { expect, test } from 'vitest';
import { compiledShards, decide, errorsOf, policy, received, tickOf } from '#tests/support/collector-decision.ts';

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
