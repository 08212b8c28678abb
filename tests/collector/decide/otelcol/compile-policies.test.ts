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

describe('settings of the whole', () => {
  test.each([
    ['num_traces: -1', 'num_traces: has the wrong type, got `-1`; write a whole number of at least 0'],
    ['num_traces: 1.5', 'num_traces: has the wrong type'],
    ['num_shards: many', 'num_shards: has the wrong type, got `many`'],
    ['decision_wait: 30', 'decision_wait: has the wrong type, got `30`; write a duration, as 30s'],
    ['decision_wait: -5s', 'decision_wait: has the wrong type'],
    ['decision_wait_after_root_received: soon', 'decision_wait_after_root_received: has the wrong type'],
    ['sample_on_first_match: yes please', 'sample_on_first_match: has the wrong type'],
    ['block_on_overflow: 1', 'block_on_overflow: has the wrong type'],
    ['maximum_trace_size_bytes: 1MiB', 'maximum_trace_size_bytes: has the wrong type'],
    ['decision_cache: 5', 'decision_cache: has the wrong type'],
    ['decision_cache: { sampled_cache_size: x }', 'decision_cache.sampled_cache_size: has the wrong type'],
    ['policies: {}', 'policies: has the wrong type, got `{}`; write a list'],
    ['sampling_strategy: span_ingest', 'is no strategy, got `span_ingest`; did you mean `span-ingest`?'],
    ['decison_wait: 5s', 'decison_wait: is no key here; did you mean `decision_wait`?'],
  ])('%s is refused', (yaml, message) => {
    expect(errorsOf(yaml)).toContain(`tail_sampling.${message}`.replace('tail_sampling.is', 'is'));
  });

  test.each([
    '{}',
    'policies: []',
    'num_traces: 0',
    'num_shards: 256',
    'expected_new_traces_per_sec: 10',
    'decision_wait: 0',
    'sampling_strategy: trace-complete',
    'tail_storage: ',
    'policies: [{ name: a, type: always_sample, always_sample: }]',
  ])('%s is valid', (yaml) => {
    expect(errorsOf(yaml)).toBe('');
  });
});

describe('policies', () => {
  test.each([
    ['5', 'policies[0]: is no map, got `5`; write a policy as { name: errors'],
    ['{ name: a }', 'policies[0].type: is no policy type, got `nothing`'],
    ['{ name: a, type: 5 }', 'policies[0].type: is no policy type, got `5`'],
    ['{ name: 5, type: always_sample }', 'policies[0].name: is no name, got `5`'],
    ["{ name: '', type: always_sample }", 'policies[0].name: is no name'],
    ['{ name: a, type: latency, latency: 5 }', 'policies[0].latency: is no map, got `5`'],
    ['{ name: a, type: latency, threshold_ms: 5 }', 'policies[0].threshold_ms: is no key of a policy'],
  ])('%s is refused', (one, message) => {
    expect(errorsOf(`policies: [${one}]`)).toContain(`tail_sampling.${message}`);
  });

  test('every mistake of every policy is told', () => {
    const lines = errorsOf(
      'policies: [{ name: a, type: latancy }, { name: b, type: latency, latency: { threshold_ms: x } }, { name: b, type: always_sample }, { name: b, type: always_sample }]',
    ).split('\n');
    expect(lines.map((line) => line.slice(0, line.indexOf(': ')))).toEqual([
      'tail_sampling.policies[0].type',
      'tail_sampling.policies[1].latency.threshold_ms',
      'tail_sampling.policies[3].name',
    ]);
  });
});
