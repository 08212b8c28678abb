// Any tail_sampling block: a valid one is accepted, a mistake planted anywhere is refused with its path, and nothing that YAML can hold is more than refused.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { compilePolicies } from '#collector/decide/otelcol/compile-policies.ts';
import type { ConfigError } from '#proto/config/config-error.ts';

type Written = Readonly<Record<string, unknown>>;

const text = fc.stringMatching(/^[a-z][a-z0-9._-]{0,8}$/);
const int = fc.integer({ min: 1, max: 1000 }).map(BigInt);
/** Blocks of the types that hold no other policy. */
const SIMPLE: Readonly<Record<string, fc.Arbitrary<Written>>> = {
  always_sample: fc.constant(0).map(() => ({})),
  latency: fc.record({ threshold_ms: int, upper_threshold_ms: int }, { requiredKeys: [] }),
  numeric_attribute: fc.record(
    { key: text, min_value: int, max_value: int.map((value) => value + 1000n), invert_match: fc.boolean() },
    { requiredKeys: ['key', 'min_value', 'max_value'] },
  ),
  status_code: fc.record({ status_codes: fc.subarray(['OK', 'ERROR', 'UNSET'], { minLength: 1 }) }),
  string_attribute: fc.record(
    { key: text, values: fc.array(text, { minLength: 1, maxLength: 3 }), invert_match: fc.boolean() },
    { requiredKeys: ['key', 'values'] },
  ),
  boolean_attribute: fc.record({ key: text, value: fc.boolean() }),
  trace_state: fc.record({ key: text, values: fc.array(text, { minLength: 1, maxLength: 2 }) }),
  span_count: fc.record({ min_spans: int }),
  probabilistic: fc.record(
    { sampling_percentage: fc.constantFrom(0.5, 10n, 100n), hash_salt: text },
    { requiredKeys: ['sampling_percentage'] },
  ),
  rate_limiting: fc.record({ spans_per_second: int }),
};
const simple = fc
  .constantFrom(...Object.keys(SIMPLE))
  .chain((type) => SIMPLE[type]!.map((block) => ({ type, [type]: block })));
/** No name yet. */
const policy: fc.Arbitrary<{ readonly type: string } & Written> = fc.oneof(
  { weight: 4, arbitrary: simple },
  {
    weight: 1,
    arbitrary: fc
      .array(simple, { minLength: 1, maxLength: 3 })
      .map((subs) => ({ type: 'and', and: { and_sub_policy: subs.map((sub, i) => ({ name: `s${i}`, ...sub })) } })),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(simple, { minLength: 1, maxLength: 3 })
      .map((subs) => ({ type: 'drop', drop: { drop_sub_policy: subs.map((sub, i) => ({ name: `s${i}`, ...sub })) } })),
  },
  { weight: 1, arbitrary: simple.map((sub) => ({ type: 'not', not: { not_sub_policy: { name: 's', ...sub } } })) },
);
const block = fc
  .record(
    {
      policies: fc
        .array(policy, { minLength: 1, maxLength: 4 })
        .map((list): Written[] => list.map((one, i) => ({ name: `p${i}`, ...one }))),
      decision_wait: fc.constantFrom('10s', '1m30s'),
      num_traces: int,
      num_shards: fc.integer({ min: 1, max: 8 }).map(BigInt),
      expected_new_traces_per_sec: int,
      sample_on_first_match: fc.boolean(),
      block_on_overflow: fc.boolean(),
      decision_cache: fc.record({ sampled_cache_size: int, non_sampled_cache_size: int }, { requiredKeys: [] }),
    },
    { requiredKeys: ['policies'] },
  )
  .map((written): Written => written);

function errorsOf(written: unknown): readonly ConfigError[] {
  const result = compilePolicies(written);
  return result.ok ? [] : result.error;
}

/** Places of maps inside a policy's block, with what stands there. */
function mapsIn(value: unknown, path: string): { readonly path: string; readonly map: Record<string, unknown> }[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => mapsIn(item, `${path}[${i}]`));
  if (typeof value !== 'object' || value === null) return [];
  const map: Record<string, unknown> = Object.assign(value);
  return [{ path, map }, ...Object.entries(map).flatMap(([key, inner]) => mapsIn(inner, `${path}.${key}`))];
}

test('a valid block is accepted, each shard with policies of its own', () => {
  fc.assert(
    fc.property(block, (written) => {
      const result = compilePolicies(written);
      if (!result.ok) throw new Error(JSON.stringify(result.error));
      expect(result.value.shards).toHaveLength(Number(written['num_shards'] ?? 1));
      expect(new Set(result.value.shards).size).toBe(result.value.shards.length);
    }),
    { seed: 561, numRuns: 200 },
  );
});

test('a key that nobody knows is refused where it stands, in any map', () => {
  fc.assert(
    fc.property(block, fc.nat(), (written, which) => {
      const copy: unknown = structuredClone(written);
      const places = mapsIn(copy, 'tail_sampling');
      const { path, map } = places[which % places.length]!;
      map['nobody_knows_this'] = 1n;
      const [first, ...more] = errorsOf(copy);
      expect(more).toEqual([]);
      expect(first?.path).toBe(`${path}.nobody_knows_this`);
      // Also where the block has no keys at all.
      expect(first?.remedy).toMatch(/^did you mean|^valid here: .|^leave it out: /);
    }),
    { seed: 562, numRuns: 300 },
  );
});

test('a value of another type is refused at its key', () => {
  fc.assert(
    fc.property(block, fc.nat(), fc.constantFrom<unknown>([[]], { a: 1n }), (written, which, wrong) => {
      const copy: unknown = structuredClone(written);
      const places = mapsIn(copy, 'tail_sampling').flatMap(({ path, map }) =>
        Object.entries(map)
          .filter(([, value]) => typeof value !== 'object')
          .map(([key]) => ({ path: `${path}.${key}`, map, key })),
      );
      const { path, map, key } = places[which % places.length]!;
      map[key] = wrong;
      const errors = errorsOf(copy);
      expect(errors.length).toBeGreaterThan(0);
      expect(errors.some((error) => error.path === path || path.startsWith(error.path))).toBe(true);
    }),
    { seed: 563, numRuns: 300 },
  );
});

test('a name that comes twice is refused at the second', () => {
  fc.assert(
    fc.property(fc.array(simple, { minLength: 2, maxLength: 5 }), fc.nat(), (list, which) => {
      const second = 1 + (which % (list.length - 1));
      const policies = list.map((one, i) => ({ name: `p${i === second ? 0 : i}`, ...one }));
      expect(errorsOf({ policies }).map(({ path }) => path)).toEqual([`tail_sampling.policies[${second}].name`]);
    }),
    { seed: 564, numRuns: 100 },
  );
});

test('anything else is refused with words, never thrown', () => {
  const words = fc.constantFrom(
    'policies',
    'name',
    'type',
    'latency',
    'and',
    'and_sub_policy',
    'threshold_ms',
    'decision_cache',
    'num_shards',
    'composite',
    'rate_allocation',
    'ottl_condition',
    'span',
  );
  const { any } = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.constantFrom<unknown>(null, true, '', 'latency', 'and', '1s', -1n, 5n, 0.5, 2n ** 70n),
      words,
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(words, tie('any'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(any, any, (written, inner) => {
      for (const one of [written, { policies: written }, { policies: [{ name: 'p', type: 'and', and: inner }] }]) {
        const result = compilePolicies(one);
        if (result.ok) continue;
        for (const { path, message, remedy } of result.error) {
          expect(path.startsWith('tail_sampling')).toBe(true);
          expect([message, remedy]).not.toContain('');
          expect(remedy).not.toMatch(/: $/);
        }
      }
    }),
    { seed: 565, numRuns: 1000 },
  );
});
