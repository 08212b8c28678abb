// Every condition there is: the documentation is made from this, so each has its own key, words, and an example that compiles.
import { describe, expect, test } from 'vitest';
import { SPAN_CONDITIONS, TRACE_CONDITIONS } from '#collector/decide/rules/condition-catalog.ts';
import { mistakes } from '#tests/support/rule-decision.ts';

describe.each([
  ['a span', SPAN_CONDITIONS],
  ['a trace', TRACE_CONDITIONS],
] as const)('conditions on %s', (_, conditions) => {
  test('each has a key of its own', () => {
    const keys = conditions.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.filter((key) => !/^[a-z]+(_[a-z]+)*$/.test(key))).toEqual([]);
  });

  test.each(conditions.map(({ key, description, example }) => [key, description, example] as const))(
    '%s is described in a sentence, with an example of its own',
    (key, description, example) => {
      expect(description).toMatch(/^[A-Z].*\.$/s);
      expect(example.startsWith(`${key}: `)).toBe(true);
    },
  );
});

test.each(TRACE_CONDITIONS.map(({ example }) => [example] as const))('the example { %s } compiles', (example) => {
  expect(mistakes(`{ ${example} }`)).toEqual([]);
});

test.each(SPAN_CONDITIONS.map(({ example }) => [example] as const))(
  'under any the example { %s } compiles',
  (example) => {
    expect(mistakes(`{ any: { ${example} } }`)).toEqual([]);
  },
);

test('what is asked of a trace by its spans may stand at the trace, other conditions on spans may not', () => {
  const shared = SPAN_CONDITIONS.filter(({ key }) => TRACE_CONDITIONS.some((one) => one.key === key)).map(
    ({ key }) => key,
  );
  expect(shared).toEqual(['duration', 'trace_state', 'links', 'not', 'any_of', 'all_of']);
});
