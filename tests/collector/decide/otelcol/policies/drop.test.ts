// Policy drop: what all of its policies say sampled of is dropped.
import { expect, test } from 'vitest';
import { decide, errorsOf, received, refusal, tickOf } from '#tests/support/collector-decision.ts';

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

test('who dropped is told, the first of several in the order in which they are written', () => {
  const [one, two] = [drop(ALWAYS), drop(ALWAYS).replace('name: d', 'name: e')];
  expect(decide(`[${two}, ${ALWAYS}, ${one}]`, {})).toBe('-e');
  expect(tickOf(`[${ALWAYS}, ${one}]`, [received([{}])])).toEqual([{ keep: false, policy: 'd', threshold: 0n }]);
});

test('alone it keeps nothing: what it does not drop nobody sampled', () => {
  expect(decide(`[${drop(ERRORS)}]`, {})).toBe('');
  expect(decide(`[${drop(ERRORS)}]`, { status: 2 })).toBe('-d');
});

test.each([
  ['{ drop_sub_policy: { type: always_sample } }', '.drop_sub_policy: has the wrong type'],
  ['{ sub_policy: [] }', '.sub_policy: is no key here'],
  ['{ drop_sub_policy: [5] }', '.drop_sub_policy[0]: is no map'],
  ['{ drop_sub_policy: [{ type: composite }] }', '.drop_sub_policy[0].type: cannot stand inside this policy'],
  ['{ drop_sub_policy: [{ type: status_code }] }', '.drop_sub_policy[0].status_code.status_codes: is empty'],
])('%s is refused', (block, message) => {
  expect(refusal('drop', block)).toContain(message);
});
