// Any rules on any traces: what is compiled to closures over bytes answers as the plain reading of the rules does (tests/oracle).
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { plainlyMeets } from '#tests/oracle/plain-rules.ts';
import { bool, double, holds, int, ruleOf, text } from '#tests/support/rule-decision.ts';
import { reordered, writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';
import { compileRules } from '#collector/decide/rules/compile-rules.ts';

const MS = 1_000_000;
const SERVICES = ['front', 'cart', 'db'];
const NAMES = ['GET /', 'SELECT', 'ü'];
const VALUES = [0, 5, -5, 2.5, 'a', '5', true, false] as const;

const valueOf = (value: (typeof VALUES)[number]): Record<string, unknown> =>
  typeof value === 'string'
    ? text(value)
    : typeof value === 'boolean'
      ? bool(value)
      : Number.isInteger(value)
        ? int(value)
        : double(value);
const attributes = fc.dictionary(fc.constantFrom('k', 'l'), fc.constantFrom(...VALUES).map(valueOf), { maxKeys: 2 });

const span: fc.Arbitrary<WrittenSpan> = fc
  .record({
    service: fc.constantFrom(...SERVICES),
    name: fc.constantFrom(...NAMES),
    kind: fc.integer({ min: 0, max: 5 }),
    status: fc.integer({ min: 0, max: 2 }),
    parent: fc.option(fc.constantFrom('1', '2', 'aa', 'bb'), { nil: undefined }),
    duration: fc.integer({ min: 0, max: 6 }).map((ms) => ms * MS),
    links: fc.integer({ min: 0, max: 1 }),
    attributes,
    resource: attributes,
  })
  .map(({ parent, ...rest }) => (parent === undefined ? rest : { ...rest, parent }));
/** Starts differ, so that there is one earliest. */
const trace = fc.array(span, { minLength: 1, maxLength: 5 }).chain((spans) =>
  fc
    .shuffledSubarray(
      spans.map((_, i) => i),
      { minLength: spans.length },
    )
    .map((order) => spans.map((one, i): WrittenSpan => ({ ...one, start: order[i]! * MS }))),
);

const operator = fc.constantFrom('<', '<=', '>', '>=', '=', '!=');
const small = fc.integer({ min: 0, max: 5 });
const count = fc.oneof(
  small.map((bound): unknown => bound),
  fc.tuple(operator, small).map(([one, bound]): unknown => ({ [one]: bound })),
  fc.array(small, { minLength: 1, maxLength: 2 }).map((list): unknown => list),
  fc.tuple(small, small).map(([a, b]): unknown => ({ '>=': a, '<': b })),
);
const duration = fc
  .tuple(fc.constantFrom('<', '<=', '>', '>='), fc.integer({ min: 0, max: 9 }))
  .map(([one, ms]): unknown => ({ [one]: `${ms}ms` }));
const words = (known: readonly string[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.constantFrom(...known).map((one): unknown => ({ '=': one })),
    fc.constantFrom(...known).map((one): unknown => ({ '!=': one })),
    fc.subarray([...known], { minLength: 1 }).map((list): unknown => list),
  );
const comparison = fc.oneof(
  fc.constantFrom(...VALUES).map((value): unknown => ({ '=': value })),
  fc.constantFrom(...VALUES).map((value): unknown => ({ '!=': value })),
  fc
    .tuple(fc.constantFrom('<', '<=', '>', '>='), fc.constantFrom(0, 5, -5, 2.5))
    .map(([one, bound]): unknown => ({ [one]: bound })),
  fc.subarray([...VALUES], { minLength: 1 }).map((list): unknown => list),
  fc.boolean().map((exists): unknown => ({ exists })),
);
const keyed = fc.dictionary(fc.constantFrom('k', 'l', 'absent'), comparison, {
  minKeys: 1,
  maxKeys: 2,
  noNullPrototype: true,
});

const { onSpan, onTrace } = fc.letrec<{ onSpan: Record<string, unknown>; onTrace: Record<string, unknown> }>((tie) => ({
  onSpan: fc.record(
    {
      service: words(SERVICES),
      name: words(NAMES),
      kind: words(['server', 'client', 'internal']),
      status: words(['unset', 'ok', 'error']),
      duration,
      links: fc.boolean(),
      attributes: keyed,
      resource: keyed,
      not: fc.oneof({ maxDepth: 2 }, fc.constant({ status: 'error' }), tie('onSpan')),
      any_of: fc.array(fc.oneof({ maxDepth: 2 }, fc.constant({ links: true }), tie('onSpan')), {
        minLength: 1,
        maxLength: 2,
      }),
    },
    { requiredKeys: [], noNullPrototype: true },
  ),
  onTrace: fc.record(
    {
      root: tie('onSpan'),
      any: tie('onSpan'),
      all: tie('onSpan'),
      spans: count,
      errors: count,
      services: count.filter((one) => !Array.isArray(one)),
      orphans: count,
      duration,
      links: fc.boolean(),
      not: fc.oneof({ maxDepth: 2 }, fc.constant({ spans: 2 }), tie('onTrace')),
      any_of: fc.array(fc.oneof({ maxDepth: 2 }, fc.constant({ errors: 0 }), tie('onTrace')), {
        minLength: 1,
        maxLength: 2,
      }),
      all_of: fc.array(fc.oneof({ maxDepth: 2 }, fc.constant({ any: {} }), tie('onTrace')), {
        minLength: 1,
        maxLength: 2,
      }),
    },
    { requiredKeys: [], noNullPrototype: true },
  ),
}));
/** Few conditions at a time, or hardly any trace meets them. */
const few = (when: Record<string, unknown>, pick: number): Record<string, unknown> =>
  Object.fromEntries(Object.entries(when).filter((_, i) => (pick >> i) % 2 === 1));

test('a rule holds for the traces that plainly meet it, whichever order their spans came in', () => {
  let met = 0;
  fc.assert(
    fc.property(onTrace, fc.nat({ max: 16_383 }), trace, (whole, pick, spans) => {
      const when = few(whole, pick & (pick >> 1) & (pick >> 2));
      const expected = plainlyMeets(spans, when);
      if (expected) met++;
      const view = writtenTrace(spans);
      const rule = ruleOf(JSON.stringify(when));
      expect([
        holds(rule, view),
        holds(
          rule,
          reordered(
            view,
            spans.map((_, i) => spans.length - 1 - i),
          ),
        ),
      ]).toEqual([expected, expected]);
    }),
    { seed: 901, numRuns: 400 },
  );
  // Both answers are looked at.
  expect(met).toBeGreaterThan(40);
  expect(met).toBeLessThan(360);
});

test('on one span: under any, all and root', () => {
  let met = 0;
  fc.assert(
    fc.property(
      onSpan,
      fc.nat({ max: 1023 }),
      fc.constantFrom('any', 'all', 'root'),
      trace,
      (whole, pick, place, spans) => {
        const when = { [place]: few(whole, pick & (pick >> 1)) };
        const expected = plainlyMeets(spans, when);
        if (expected) met++;
        expect(holds(ruleOf(JSON.stringify(when)), writtenTrace(spans))).toBe(expected);
      },
    ),
    { seed: 902, numRuns: 400 },
  );
  expect(met).toBeGreaterThan(40);
});

test('of several rules the first that is plainly met decides', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(onTrace, fc.nat({ max: 16_383 })), { minLength: 1, maxLength: 4 }),
      trace,
      (written, spans) => {
        const whens = written.map(([whole, pick]) => few(whole, pick));
        const rules = compileRules({ rules: whens.map((when, i) => ({ name: `r${i}`, when, keep: '100%' })) });
        if (!rules.ok) throw new Error(JSON.stringify(rules.error));
        const decision = { keep: false, rule: -1, thresholdHi: 0, thresholdLo: 0, weight: 0 };
        rules.value.decide(writtenTrace(spans), decision);
        const first = whens.findIndex((when) => plainlyMeets(spans, when));
        expect(rules.value.names[decision.rule]).toBe(first < 0 ? '' : `r${first}`);
      },
    ),
    { seed: 903, numRuns: 150 },
  );
});
