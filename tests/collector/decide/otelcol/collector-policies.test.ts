// A tail_sampling block in force: its settings as the Collector reads them, and one set of policies for each shard.
import { expect, test } from 'vitest';
import { compilePolicies } from '#collector/decide/otelcol/compile-policies.ts';
import { shardOf } from '#collector/decide/otelcol/policy-shard.ts';
import { parseCollectorYaml } from '#proto/config/collector-file.ts';
import { compiledShards, received } from '#tests/support/collector-decision.ts';
import { writtenTrace } from '#tests/support/written-trace.ts';

const ALL = '[{ name: all, type: always_sample }]';

function settingsOf(top: string, useTraceState = false) {
  const compiled = compilePolicies(parseCollectorYaml(`{ ${top} policies: ${ALL} }`), useTraceState);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  return compiled.value.settings;
}

test.each([
  ['', { numTraces: 50_000, writtenNumTraces: undefined, decisionWaitMs: 30_000, afterRootMs: 0, maxTraceBytes: 0 }],
  ['', { dropPendingAtEnd: false, blockOnOverflow: false, spanIngest: false, useTraceState: false }],
  ['num_traces: 100,', { numTraces: 100, writtenNumTraces: 100 }],
  ['num_traces: 100, num_shards: 8,', { numTraces: 12, writtenNumTraces: 100 }],
  ['num_traces: 0,', { numTraces: 1, writtenNumTraces: 1 }],
  ['num_traces: ,', { numTraces: 1, writtenNumTraces: 1 }],
  ['decision_wait: 1900ms,', { decisionWaitMs: 1000 }],
  ['decision_wait: 1ms,', { decisionWaitMs: 1000 }],
  ['decision_wait: 1m30s,', { decisionWaitMs: 90_000 }],
  ['decision_wait: ,', { decisionWaitMs: 30_000 }],
  ['decision_wait_after_root_received: 1500ms,', { afterRootMs: 1500 }],
  [
    'block_on_overflow: true, drop_pending_traces_on_shutdown: true,',
    { blockOnOverflow: true, dropPendingAtEnd: true },
  ],
  ['maximum_trace_size_bytes: 5,', { maxTraceBytes: 5 }],
  [
    'decision_cache: { sampled_cache_size: 100, non_sampled_cache_size: 9 },',
    { sampledCache: 100, nonSampledCache: 9 },
  ],
  ['num_shards: 4, decision_cache: { sampled_cache_size: 100 },', { sampledCache: 25, nonSampledCache: 0 }],
  ['sampling_strategy: span-ingest,', { spanIngest: true }],
  ['sampling_strategy: trace-complete,', { spanIngest: false }],
])('%s %j', (top, expected) => {
  expect(settingsOf(top)).toMatchObject(expected);
});

test('the gate is part of the settings', () => {
  expect(settingsOf('', true)).toMatchObject({ useTraceState: true });
});

test('each shard has policies of its own, with tokens and counters of their own', () => {
  const limit = '[{ name: r, type: rate_limiting, rate_limiting: { spans_per_second: 4, burst_capacity: 1 } }]';
  const shards = compiledShards(limit, 'num_shards: 4');
  expect(shards).toHaveLength(4);
  const one = received([{}]);
  expect(shards.map((set) => set.decideTick([one])[0]!.keep)).toEqual([true, true, true, true]);
  expect(shards.map((set) => set.decideTick([one])[0]!.keep)).toEqual([false, false, false, false]);
});

test('a trace belongs to the shard of its id', () => {
  const compiled = compilePolicies(parseCollectorYaml(`{ num_shards: 4, policies: ${ALL} }`));
  if (!compiled.ok) throw new Error('refused');
  const view = writtenTrace([{}], '4bf92f3577b34da6a3ce929d0e0e4736');
  expect(compiled.value.shardOf(view)).toBe(shardOf(view, 4));
});
