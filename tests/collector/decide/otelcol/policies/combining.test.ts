// Policies with others inside, against what they say: and = all, not = the opposite, drop beats all; nesting, names, chances.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { SIMPLE_AND_NOT, SIMPLE_TYPES } from '#collector/decide/otelcol/policies/combining.ts';
import type { WrittenSpan } from '#tests/support/written-trace.ts';
import { decide, errorsOf, received, tickOf } from '#tests/support/collector-decision.ts';

interface Node {
  /** As it is written, without a name. */
  readonly written: Readonly<Record<string, unknown>>;
  readonly holds: (spans: readonly WrittenSpan[]) => boolean;
}

const leaf: fc.Arbitrary<Node> = fc.oneof(
  fc.constant<Node>({ written: { type: 'always_sample' }, holds: () => true }),
  fc.constant<Node>({
    written: { type: 'status_code', status_code: { status_codes: ['ERROR'] } },
    holds: (spans) => spans.some(({ status }) => status === 2),
  }),
  fc
    .integer({ min: 1, max: 4 })
    .map<Node>((least) => ({
      written: { type: 'span_count', span_count: { min_spans: least } },
      holds: (spans) => spans.length >= least,
    })),
  fc.constant<Node>({ written: { type: 'trace_flags' }, holds: (spans) => spans.some(({ flags }) => flags === 1) }),
);
const inner: fc.Arbitrary<Node> = fc.oneof(
  leaf,
  leaf.map<Node>(({ written, holds }) => ({
    written: { type: 'not', not: { not_sub_policy: written } },
    holds: (spans) => !holds(spans),
  })),
);
const several = fc.array(inner, { minLength: 1, maxLength: 3 });
const every = (nodes: readonly Node[]) => (spans: readonly WrittenSpan[]) => nodes.every(({ holds }) => holds(spans));
const writtenOf = (nodes: readonly Node[]) => nodes.map(({ written }) => written);
const top: fc.Arbitrary<Node & { readonly drops: boolean }> = fc.oneof(
  inner.map((node) => ({ ...node, drops: false })),
  several.map((nodes) => ({
    written: { type: 'and', and: { and_sub_policy: writtenOf(nodes) } },
    holds: every(nodes),
    drops: false,
  })),
  several.map((nodes) => ({
    written: { type: 'drop', drop: { drop_sub_policy: writtenOf(nodes) } },
    holds: every(nodes),
    drops: true,
  })),
);
const spansOf = fc.array(fc.record({ status: fc.constantFrom(0, 1, 2), flags: fc.constantFrom(0, 1) }), {
  minLength: 1,
  maxLength: 4,
});

test('the first policy that holds decides, unless one that drops holds anywhere', () => {
  fc.assert(
    fc.property(fc.array(top, { minLength: 1, maxLength: 4 }), spansOf, (policies, spans) => {
      const yaml = JSON.stringify(policies.map(({ written }, i) => ({ name: `p${i}`, ...written })));
      const dropper = policies.findIndex(({ drops, holds }) => drops && holds(spans));
      const keeper = policies.findIndex(({ drops, holds }) => !drops && holds(spans));
      expect(decide(yaml, ...spans)).toBe(dropper >= 0 ? `-p${dropper}` : keeper >= 0 ? `+p${keeper}` : '');
    }),
    { seed: 51, numRuns: 250 },
  );
});

test('the chance of filters is all or nothing', () => {
  fc.assert(
    fc.property(fc.array(top, { minLength: 1, maxLength: 3 }), spansOf, (policies, spans) => {
      const yaml = JSON.stringify(policies.map(({ written }, i) => ({ name: `p${i}`, ...written })));
      const kept = tickOf(yaml, [received(spans)]).filter(({ keep }) => keep);
      expect(kept.map(({ chance, threshold }) => [chance, threshold])).toEqual(kept.map(() => [1, 0n]));
    }),
    { seed: 52, numRuns: 80 },
  );
});

const half = { type: 'probabilistic', probabilistic: { sampling_percentage: 50 } };
const tenth = { type: 'probabilistic', probabilistic: { sampling_percentage: 10 } };
const salted = { type: 'probabilistic', probabilistic: { sampling_percentage: 10, hash_salt: 'other' } };
const always = { type: 'always_sample' };
const limit = { type: 'rate_limiting', rate_limiting: { spans_per_second: 1000 } };
/** Its hash is so low that every percentage here keeps it, with either salt. */
const LUCKY = Array.from({ length: 64 }, (_, i) => (i * 4 + 1).toString(16).padStart(2, '0').padEnd(32, '7')).find(
  (id) =>
    [tenth, salted].every((one) => tickOf(JSON.stringify([{ name: 't', ...one }]), [received([{}], id)])[0]!.keep),
)!;

test.each([
  ['and: the least of its parts', [{ type: 'and', and: { and_sub_policy: [half, tenth] } }], 0.1],
  ['and with a filter that holds', [{ type: 'and', and: { and_sub_policy: [half, always] } }], 0.5],
  ['of several policies the greatest', [tenth, half], 0.5],
  ['a filter beside it', [tenth, always], 1],
  ['two salts: nobody knows', [half, { type: 'and', and: { and_sub_policy: [salted] } }], undefined],
  ['a limit: nobody knows', [half, limit], undefined],
  ['a limit inside and', [{ type: 'and', and: { and_sub_policy: [half, limit] } }], undefined],
])('the chance of a kept trace, %s', (_, policies, chance) => {
  const yaml = JSON.stringify(policies.map((written, i) => ({ name: `p${i}`, ...written })));
  const [decision] = tickOf(yaml, [received([{}], LUCKY)]);
  expect(decision).toMatchObject({ keep: true });
  expect(decision!.chance).toBe(chance);
});

test('dice inside a policy that drops leave nobody knowing', () => {
  const yaml = JSON.stringify([
    { name: 'a', ...always },
    {
      name: 'd',
      type: 'drop',
      drop: { drop_sub_policy: [half, { type: 'span_count', span_count: { min_spans: 9 } }] },
    },
  ]);
  expect(tickOf(yaml, [received([{}], LUCKY)])[0]).toMatchObject({ keep: true, policy: 'a' });
  expect(tickOf(yaml, [received([{}], LUCKY)])[0]!.chance).toBeUndefined();
});

test('simple policies are those without others inside, and not may stand where others may', () => {
  expect(SIMPLE_AND_NOT.size).toBe(SIMPLE_TYPES.size + 1);
  for (const type of ['and', 'not', 'drop', 'composite']) expect(SIMPLE_TYPES.has(type)).toBe(false);
});

test.each([
  ['and', 'and_sub_policy', true],
  ['and', 'and_sub_policy', false],
  ['drop', 'drop_sub_policy', true],
  ['drop', 'drop_sub_policy', false],
  ['composite', 'composite_sub_policy', true],
])('%s takes every simple type inside (not as well: %s)', (type, key, withNot) => {
  const blocks: Readonly<Record<string, unknown>> = {
    numeric_attribute: { key: 'k', min_value: 1 },
    status_code: { status_codes: ['OK'] },
    ottl_condition: { span: ['name == "a"'] },
  };
  const subs = [...SIMPLE_TYPES].map((one) => ({ name: one, type: one, [one]: blocks[one] ?? {} }));
  const not = type === 'composite' || !withNot ? [] : [{ type: 'not', not: { not_sub_policy: subs[0] } }];
  expect(errorsOf(JSON.stringify({ policies: [{ name: 'p', type, [type]: { [key]: [...subs, ...not] } }] }))).toBe('');
});

test('a mistake inside is told with its whole path', () => {
  const yaml = `policies: [{ name: a, type: and, and: { and_sub_policy: [
    { type: always_sample },
    { type: not, not: { not_sub_policy: { type: latency, latency: { treshold_ms: 5 } } } },
    { type: nothing }] } }]`;
  const lines = errorsOf(yaml).split('\n');
  expect(lines.map((line) => line.slice(0, line.indexOf(': ')))).toEqual([
    'tail_sampling.policies[0].and.and_sub_policy[1].not.not_sub_policy.latency.treshold_ms',
    'tail_sampling.policies[0].and.and_sub_policy[2].type',
  ]);
});
