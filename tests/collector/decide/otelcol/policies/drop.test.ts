// Traps of policy drop.
import { expect, test } from 'vitest';
import { decide, errorsOf } from '#tests/support/collector-decision.ts';

const ALWAYS = '{ name: x, type: always_sample }';
const ERRORS = '{ name: e, type: status_code, status_code: { status_codes: [ERROR] } }';
const drop = (...subs: string[]): string => `{ name: d, type: drop, drop: { drop_sub_policy: [${subs.join(', ')}] } }`;

test('beats every other vote wherever it stands, kept errors too', () => {
  expect(decide(`[${ALWAYS}, ${drop(ALWAYS)}]`, {})).toBe('-d');
  expect(decide(`[${ERRORS}, ${drop(ERRORS)}]`, { status: 2 })).toBe('-d');
  expect(decide(`[${ERRORS}, ${drop(ERRORS)}]`, {})).toBe('');
});

test('asks for all of its policies; without any it drops everything', () => {
  expect(decide(`[${ALWAYS}, ${drop(ALWAYS, ERRORS)}]`, {})).toBe('+x');
  expect(decide(`[${ALWAYS}, { name: d, type: drop }]`, {})).toBe('-d');
});

test('with sample_on_first_match it is still asked first', () => {
  expect(
    decide(
      `[${ALWAYS}, ${drop('{ name: n, type: not, not: { not_sub_policy: { type: latency, latency: { threshold_ms: 5 } } } }')}]`,
      {},
    ),
  ).toBe('-d');
});

test('takes simple policies and not, no others', () => {
  expect(errorsOf(`policies: [${drop('{ name: a, type: and }')}]`)).toContain('cannot stand inside this policy');
  expect(errorsOf(`policies: [${drop('{ name: a, type: drop }')}]`)).toContain('cannot stand inside this policy');
});
