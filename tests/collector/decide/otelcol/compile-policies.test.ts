// What all policies of the Collector share: the hash, precedence, and what of a block is refused with path and remedy.
import { describe, expect, test } from 'vitest';
import { fnv1a, hashThreshold } from '#collector/decide/otelcol/fnv.ts';
import { errorsOf } from '#tests/support/collector-decision.ts';

describe('the hash', () => {
  test.each([
    ['4bf92f3577b34da6a3ce929d0e0e4736', 'a54533ba2e4970b5'],
    ['0af7651916cd43dd8448eb211c80319c', '33bf83d45f51634c'],
    ['ffffffffffffffffffffffffffffffff', '17bec3739634fe2d'],
  ])('the hash of %s is %s', (id, hash) => {
    expect(
      fnv1a(Buffer.from(id, 'hex'), fnv1a(Buffer.from('default-hash-seed')))
        .toString(16)
        .padStart(16, '0'),
    ).toBe(hash);
  });

  test('percentages beyond the ends keep nothing and everything', () => {
    expect([hashThreshold(-1), hashThreshold(0), hashThreshold(100), hashThreshold(150)]).toEqual([
      -1n,
      -1n,
      (1n << 64n) - 1n,
      (1n << 64n) - 1n,
    ]);
  });
});

describe('what is refused', () => {
  test.each([
    ['polcies: []', 'tail_sampling.polcies: is no key here; did you mean `policies`?'],
    ['policies: [{ name: a, type: latancy }]', 'is no policy type, got `latancy`; did you mean `latency`?'],
    [
      'policies: [{ name: p, type: probabilistic, probabalistic: { sampling_percentage: 10 } }]',
      'did you mean `probabilistic`?',
    ],
    ['policies: [{ name: a, type: always_sample }, { name: a, type: always_sample }]', 'is the name of another policy'],
    [
      'policies: [{ name: n, type: numeric_attribute, numeric_attribute: { key: k } }]',
      'which the Collector crashes on',
    ],
    [
      "policies: [{ name: p, type: probabilistic, probabilistic: { sampling_percentage: '10' } }]",
      'write a number, without quotes',
    ],
    ['policies: [{ name: s, type: span_count, span_count: { min_spans: 3000000000 } }]', 'where the Collector wraps'],
    [
      'policies: [{ name: n, type: and, and: { and_sub_policy: [{ name: c, type: composite }] } }]',
      'cannot stand inside this policy',
    ],
    [
      'policies: [{ name: o, type: ottl_condition, ottl_condition: { span: ["NoSuchFunc(name)"] } }]',
      'calls NoSuchFunc, which is no function here',
    ],
    ['{ sampling_strategy: span-ingest, policies: [{ name: r, type: rate_limiting }] }', 'needs the whole trace'],
    ['num_shards: 257', 'is above 256'],
    ['decision_wait: 1d', 'write a duration'],
    ['tail_storage: file_storage', 'is not supported'],
    ['decision_cache: { sampled_cache: 5 }', 'did you mean `sampled_cache_size`?'],
    ['sampling_strategy:', 'is no strategy'],
    ['policies: [{ name: 2024-01-31, type: always_sample }]', 'is no name'],
    [
      'policies: [{ name: a, type: always_sample, latency: { threshold_ms: long } }]',
      'latency.threshold_ms: has the wrong type',
    ],
    ['policies: [{ name: a, type: always_sample, latency: { treshold_ms: 5 } }]', 'did you mean `threshold_ms`?'],
    [
      'policies: [{ name: a, type: latency, composite: { rate_allocation: [{ policy: 5 }] } }]',
      'composite.rate_allocation.policy: has the wrong type',
    ],
    [
      'policies: [{ name: a, type: latency, and: { and_sub_policy: [{ name: 5 }] } }]',
      'and_sub_policy.name: has the wrong type',
    ],
    [
      'policies: [{ name: o, type: ottl_condition, ottl_condition: { error_mode: "", span: ["true"] } }]',
      'is no error mode',
    ],
    ['policies: [{ name: s, type: span_count, span_count: { min_spans: -3000000000 } }]', 'where the Collector wraps'],
    ['maximum_trace_size: 5', 'did you mean `maximum_trace_size_bytes`?'],
  ])('%s', (yaml, message) => {
    expect(errorsOf(yaml)).toContain(message);
  });
});

describe('what is accepted', () => {
  test.each([
    'decision_wait: 1m30s',
    'decision_wait: 0',
    'decision_wait_after_root_received: .5s',
    'maximum_trace_size_bytes: 1000',
    'num_traces: 0',
    'num_traces:',
    '{}',
    'num_traces: 1_000',
    'decision_wait: +5s',
    'decision_cache: { sampled_cache_size: -1 }',
    'policies: [{ name: a, type: latency, status_code: { status_codes: [NONE] } }]',
  ])('%s', (yaml) => {
    expect(errorsOf(yaml)).toBe('');
  });
});
