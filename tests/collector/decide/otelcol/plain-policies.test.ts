// Any filters of the Collector on any traces: policies over bytes answer as the plain reading of its source does (tests/oracle).
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { plainDecision, type PlainPolicy } from '#tests/oracle/plain-policies.ts';
import { decide } from '#tests/support/collector-decision.ts';
import { bool, double, int, text } from '#tests/support/rule-decision.ts';
import type { WrittenSpan } from '#tests/support/written-trace.ts';

const MS = 1_000_000;
const key = fc.constantFrom('k', 'l');
const value = fc.constantFrom<Record<string, unknown>>(
  int(0),
  int(5),
  int(-5),
  int(500),
  text(''),
  text('a'),
  text('b'),
  bool(true),
  bool(false),
  double(5),
  {},
);
const attributes = fc.dictionary(key, value, { maxKeys: 2, noNullPrototype: true });
const span: fc.Arbitrary<WrittenSpan> = fc.record({
  status: fc.integer({ min: 0, max: 3 }),
  flags: fc.integer({ min: 0, max: 3 }),
  start: fc.integer({ min: 0, max: 30 }).map((ms) => ms * MS),
  duration: fc.integer({ min: 0, max: 30 * MS }),
  traceState: fc.constantFrom('', 'tenant=a', 'tenant=b,x=1', 'x=a'),
  attributes,
  resource: attributes,
});
const trace = fc.array(span, { minLength: 1, maxLength: 4 });

const texts = fc.subarray(['a', 'b', '', 'c']);
const bound = fc.constantFrom(-5, 0, 1, 5, 500);
const inverts = fc.constantFrom({}, { invert_match: false }, { invert_match: true });
const simple: fc.Arbitrary<PlainPolicy> = fc.oneof(
  fc.constant({ type: 'always_sample' }),
  fc.constant({ type: 'trace_flags' }),
  fc
    .subarray(['UNSET', 'OK', 'ERROR'], { minLength: 1 })
    .map((codes) => ({ type: 'status_code', status_code: { status_codes: codes } })),
  fc
    .record({ min_spans: fc.nat({ max: 4 }), max_spans: fc.nat({ max: 4 }) })
    .map((block) => ({ type: 'span_count', span_count: block })),
  fc
    .record({ threshold_ms: fc.nat({ max: 40 }), upper_threshold_ms: fc.nat({ max: 60 }) })
    .map((block) => ({ type: 'latency', latency: block })),
  fc
    .tuple(key, bound, bound, inverts)
    .filter(([, least, most]) => least !== 0 || most !== 0)
    .map(([name, least, most, invert]) => ({
      type: 'numeric_attribute',
      numeric_attribute: { key: name, min_value: least, max_value: most, ...invert },
    })),
  fc
    .tuple(key, texts, inverts)
    .map(([name, values, invert]) => ({
      type: 'string_attribute',
      string_attribute: { key: name, values, ...invert },
    })),
  fc
    .tuple(key, fc.boolean(), inverts)
    .map(([name, wanted, invert]) => ({
      type: 'boolean_attribute',
      boolean_attribute: { key: name, value: wanted, ...invert },
    })),
  fc.subarray(['a', 'b']).map((values) => ({ type: 'trace_state', trace_state: { key: 'tenant', values } })),
);
const inner = fc.oneof(
  simple,
  simple.map((one): PlainPolicy => ({ type: 'not', not: { not_sub_policy: one } })),
);
const several = fc.array(inner, { minLength: 1, maxLength: 3 });
const policy: fc.Arbitrary<PlainPolicy> = fc.oneof(
  { weight: 3, arbitrary: inner },
  { weight: 1, arbitrary: several.map((subs): PlainPolicy => ({ type: 'and', and: { and_sub_policy: subs } })) },
  { weight: 1, arbitrary: several.map((subs): PlainPolicy => ({ type: 'drop', drop: { drop_sub_policy: subs } })) },
);

test('one policy says sampled of the traces that it plainly samples', () => {
  const met = new Map<string, number>();
  fc.assert(
    fc.property(policy, trace, (one, spans) => {
      const named = { ...one, name: 'p' };
      const expected = plainDecision([named], spans);
      if (expected !== '') met.set(one.type, (met.get(one.type) ?? 0) + 1);
      expect(decide(JSON.stringify([named]), ...spans)).toBe(expected);
    }),
    { seed: 951, numRuns: 600 },
  );
  // Every type was met at least once.
  expect(met.size).toBe(12);
});

test('of several the decision is the one that they plainly come to', () => {
  fc.assert(
    fc.property(fc.array(policy, { minLength: 1, maxLength: 4 }), trace, (list, spans) => {
      const policies = list.map((one, i) => ({ ...one, name: `p${i}` }));
      expect(decide(JSON.stringify(policies), ...spans)).toBe(plainDecision(policies, spans));
    }),
    { seed: 952, numRuns: 300 },
  );
});
