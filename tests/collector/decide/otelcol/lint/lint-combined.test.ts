// Traps of policies with others inside: empty ones, limits before filters, shares, orders, parts that are never reached.
import { describe, expect, test } from 'vitest';
import { toldOf } from '#tests/support/lint-told.ts';

const ERRORS = '{ name: errors, type: status_code, status_code: { status_codes: [ERROR] } }';
const SLOW = '{ name: slow, type: latency, latency: { threshold_ms: 500 } }';
const LIMIT = '{ name: r, type: rate_limiting, rate_limiting: { spans_per_second: 1000 } }';
const NO_LEND = 'composite_sub_policy: the first that matches decides alone';

test.each([
  ['and', '{}', ['and_sub_policy: is empty: the policy keeps every trace']],
  ['drop', '{}', ['drop_sub_policy: is empty: the policy drops every trace']],
  ['and', `{ and_sub_policy: [${ERRORS}, ${SLOW}] }`, []],
  ['and', `{ and_sub_policy: [${ERRORS}, ${LIMIT}] }`, []],
  [
    'and',
    `{ and_sub_policy: [${LIMIT}, ${ERRORS}] }`,
    ['and_sub_policy[0]: `r` takes tokens for traces that a policy behind it then refuses; move it to the end'],
  ],
  [
    'and',
    `{ and_sub_policy: [{ type: bytes_limiting, bytes_limiting: { bytes_per_second: 1000000 } }, ${ERRORS}] }`,
    ['`bytes_limiting` takes tokens'],
  ],
])('%s %s: %j', (type, block, expected) => {
  const lines = toldOf(type, block).filter((line) => !line.includes('holds policies of type drop alone'));
  expect(lines).toHaveLength(expected.length);
  for (const [i, message] of expected.entries()) expect(lines[i]).toContain(message);
});

describe('composite', () => {
  const composite = (subs: readonly string[], shares: string, order = '[]', total = 1000): string[] =>
    toldOf(
      'composite',
      `{ max_total_spans_per_second: ${total}, policy_order: ${order}, composite_sub_policy: [${subs.join(', ')}], rate_allocation: [${shares}] }`,
    );
  const BOTH = [ERRORS, SLOW];
  const HALVES = '{ policy: errors, percent: 50 }, { policy: slow, percent: 50 }';

  test.each([
    ['whole', composite(BOTH, HALVES), [NO_LEND]],
    ['one alone', composite([ERRORS], '{ policy: errors, percent: 100 }'), []],
    [
      'above 100',
      composite(BOTH, '{ policy: errors, percent: 80 }, { policy: slow, percent: 30 }'),
      ['rate_allocation: the shares add up to 110 %', NO_LEND],
    ],
    [
      'of nobody',
      composite(BOTH, `{ policy: erors, percent: 80 }, ${HALVES}`),
      [
        'the shares add up to 180 %',
        "rate_allocation[0].policy: `erors` is no policy of this composite: the share is nobody's; did you mean `errors`?",
        NO_LEND,
      ],
    ],
    [
      'missing',
      composite(BOTH, '{ policy: errors, percent: 80 }'),
      [
        'composite_sub_policy[1].name: `slow` has no share in rate_allocation: it gets an equal one, 50 %; write { policy: slow, percent: 50 }',
        NO_LEND,
      ],
    ],
    [
      'of nothing',
      composite(BOTH, '{ policy: errors, percent: 80 }, { policy: slow, percent: 0 }'),
      ['rate_allocation[1].percent: `0` means an equal share, 50 %, not none', NO_LEND],
    ],
    ['orders that are followed', composite(BOTH, HALVES, '[errors, slow]'), [NO_LEND]],
    ['orders of the first ones', composite(BOTH, HALVES, '[errors]'), [NO_LEND]],
    [
      'orders that are not followed',
      composite(BOTH, HALVES, '[slow, errors]'),
      [
        'policy_order: `slow, errors` is not followed: policies are asked as composite_sub_policy lists them, errors, slow',
        NO_LEND,
      ],
    ],
    [
      'orders of others',
      composite(BOTH, HALVES, '[errors, slwo]'),
      ['policy_order: `slwo` is no policy of this composite; did you mean `slow`?', NO_LEND],
    ],
    [
      'all before others',
      composite(
        ['{ name: all, type: always_sample }', ERRORS],
        '{ policy: all, percent: 50 }, { policy: errors, percent: 50 }',
      ),
      ['composite_sub_policy[0]: `all` takes every trace'],
    ],
    ['nothing inside', composite([], ''), ['composite_sub_policy: is empty: the policy keeps nothing']],
    [
      'no spans',
      composite([ERRORS], '{ policy: errors, percent: 100 }', '[]', 0),
      ['max_total_spans_per_second: `0` lets no trace pass'],
    ],
  ])('%s', (_, lines, expected) => {
    expect(lines).toHaveLength(expected.length);
    for (const [i, message] of expected.entries()) expect(lines[i]).toContain(message);
  });
});
