// Traps of policy ottl_condition.
import { expect, test } from 'vitest';
import { decide, errorsOf, policy, received, tickOf } from '#tests/support/collector-decision.ts';

/** One condition that errs on a span without k, and one that holds. */
const block = (mode: string) => `{ ${mode} span: ['ParseJSON(attributes["k"])["c"] == 1', 'name == "work"'] }`;

test('a condition that errs is false when ignored, which is so when error_mode is not written', () => {
  expect(decide(policy('ottl_condition', block('error_mode: ignore,')), {})).toBe('+p');
  expect(decide(policy('ottl_condition', block('')), {})).toBe('+p');
});

test('under propagate the first span that errs takes the policy out, and a drop that errs does not drop', () => {
  const erring = `{ name: o, type: ottl_condition, ottl_condition: ${block('error_mode: propagate,')} }`;
  expect(decide(`[${erring}, { name: a, type: always_sample }]`, {})).toBe('+a');
  expect(
    decide(`[{ name: a, type: always_sample }, { name: d, type: drop, drop: { drop_sub_policy: [${erring}] } }]`, {}),
  ).toBe('+a');
});

test('conditions on events hold when some event of some span meets one', () => {
  const onEvent = policy('ottl_condition', `{ spanevent: ['name == "boom"'] }`);
  expect(
    tickOf(onEvent, [received([{}, { events: ['a', 'boom'] }]), received([{ events: ['a'] }])]).map(({ keep }) => keep),
  ).toEqual([true, false]);
});

test('no condition at all is refused', () => {
  expect(errorsOf(`policies: ${policy('ottl_condition', '{ error_mode: ignore }')}`)).toContain('hold no condition');
});

test('error_mode is read whatever its letters, and IsRootSpan asks about spans only', () => {
  expect(decide(policy('ottl_condition', block('error_mode: IGNORE,')), {})).toBe('+p');
  expect(errorsOf(`policies: ${policy('ottl_condition', "{ spanevent: ['IsRootSpan()'] }")}`)).toContain(
    'is no function here',
  );
});
