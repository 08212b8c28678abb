// Policy ottl_condition: conditions on spans and their events, and what an error in one means.
import { expect, test } from 'vitest';
import { decide, errorsOf, policy, received, refusal, tickOf } from '#tests/support/collector-decision.ts';

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

const on = (condition: string, context = 'span'): string =>
  policy('ottl_condition', JSON.stringify({ [context]: [condition] }));

test.each([
  ['name == "work"', [{}], '+p'],
  ['name == "other"', [{}], ''],
  ['name == "other"', [{}, { name: 'other' }], '+p'],
  ['name == "other" and status.code == 2', [{ name: 'other' }, { status: 2 }], ''],
  ['name == "other" and status.code == 2', [{ name: 'other', status: 2 }], '+p'],
  ['attributes["k"] == "v"', [{ attributes: { k: { stringValue: 'v' } } }], '+p'],
  ['attributes["k"] == "v"', [{ resource: { k: { stringValue: 'v' } } }], ''],
  ['resource.attributes["k"] == "v"', [{ resource: { k: { stringValue: 'v' } } }], '+p'],
  ['attributes["k"] == nil', [{}], '+p'],
  ['attributes["k"] > 4', [{ attributes: { k: { intValue: 5 } } }], '+p'],
  ['attributes["k"] > 4', [{}], ''],
  ['IsRootSpan()', [{ parent: '1' }], ''],
  ['IsRootSpan()', [{}], '+p'],
  ['end_time_unix_nano - start_time_unix_nano > 5000000', [{ duration: 5_000_001 }], '+p'],
  ['end_time_unix_nano - start_time_unix_nano > 5000000', [{ duration: 5_000_000 }], ''],
] as const)('%s on %j: %j', (condition, spans, decision) => {
  expect(decide(on(condition), ...spans)).toBe(decision);
});

test('one of several conditions on one of several spans is enough, and conditions on events see their span', () => {
  const either = policy('ottl_condition', `{ span: ['name == "a"', 'name == "b"'] }`);
  expect(decide(either, {}, { name: 'b' })).toBe('+p');
  expect(decide(either, {}, {})).toBe('');
  const both = policy(
    'ottl_condition',
    `{ span: ['name == "a"'], spanevent: ['span.name == "c" and name == "boom"'] }`,
  );
  expect(decide(both, { name: 'c', events: ['boom'] })).toBe('+p');
  expect(decide(both, { name: 'd', events: ['boom'] })).toBe('');
  expect(decide(both, { name: 'a' })).toBe('+p');
});

test('under propagate what is found before the error counts', () => {
  const erring = 'Substring(name, 9, 9) == "x"';
  const modes = (first: string, second: string): string[] =>
    ['ignore', 'silent', 'propagate'].map((mode) =>
      decide(policy('ottl_condition', JSON.stringify({ error_mode: mode, span: [first, second] })), {}),
    );
  expect(modes('name == "work"', erring)).toEqual(['+p', '+p', '+p']);
  expect(modes(erring, 'name == "work"')).toEqual(['+p', '+p', '']);
  expect(modes(erring, 'name == "other"')).toEqual(['', '', '']);
});

test.each([
  ["{ span: ['name =='] }", '.span[0]: '],
  ['{ span: [\'name == "a"\', \'nme == "a"\'] }', '.span[1]: '],
  ["{ spanevent: ['kind == 1'] }", '.spanevent[0]: '],
  ['{ span: [5] }', '.span: has the wrong type'],
  ['{ error_mode: stop, span: [\'name == "a"\'] }', '.error_mode: is no error mode, got `stop`'],
  ['{ error_mode: ignor, span: [\'name == "a"\'] }', 'did you mean `ignore`?'],
  ['{ spans: [\'name == "a"\'] }', '.spans: is no key here; did you mean `span`?'],
  ['{}', '.span: and spanevent hold no condition'],
  ['{ span: [] }', '.span: and spanevent hold no condition'],
])('%s is refused', (block, message) => {
  expect(refusal('ottl_condition', block)).toContain(message);
});
