// A `tail_sampling:` block of an OpenTelemetry Collector configuration, verbatim, as policies in force, or every error with its path.
// What cannot be answered here as the Collector would (a storage extension) is refused by name.
import { configError, type ConfigError, type Result } from '#proto/config/config-error.ts';
import { didYouMean } from '#proto/config/nearest-key.ts';
import { AttributeKeys } from '../values/attribute-reader.ts';
import { isMap, mapExpected } from '../rules/written-map.ts';
import { Block } from './block.ts';
import { shareOf } from './policy-shard.ts';
import { checkIdleBlocks } from './idle-blocks.ts';
import { isStateful } from './stateful.ts';
import { CollectorPolicies, type PolicySettings } from './collector-policies.ts';
import { PolicySet } from './policy-set.ts';
import type { BuildPolicy, Policy, PolicyBuilder } from './policy.ts';
import { buildAlwaysSample } from './policies/always-sample.ts';
import { buildAnd } from './policies/and.ts';
import { buildBooleanAttribute } from './policies/boolean-attribute.ts';
import { buildBytesLimiting } from './policies/bytes-limiting.ts';
import { chanceOf } from './policies/combining.ts';
import { buildComposite } from './policies/composite.ts';
import { buildDrop } from './policies/drop.ts';
import { buildLatency } from './policies/latency.ts';
import { buildNot } from './policies/not.ts';
import { buildNumericAttribute } from './policies/numeric-attribute.ts';
import { buildOttlCondition } from './policies/ottl-condition.ts';
import { buildProbabilistic } from './policies/probabilistic.ts';
import { buildRateLimiting } from './policies/rate-limiting.ts';
import { buildSpanCount } from './policies/span-count.ts';
import { buildStatusCode } from './policies/status-code.ts';
import { buildStringAttribute } from './policies/string-attribute.ts';
import { buildTraceFlags } from './policies/trace-flags.ts';
import { buildTraceState } from './policies/trace-state.ts';

const BUILDERS: Readonly<Record<string, BuildPolicy>> = {
  always_sample: buildAlwaysSample,
  latency: buildLatency,
  numeric_attribute: buildNumericAttribute,
  probabilistic: buildProbabilistic,
  status_code: buildStatusCode,
  string_attribute: buildStringAttribute,
  boolean_attribute: buildBooleanAttribute,
  trace_state: buildTraceState,
  trace_flags: buildTraceFlags,
  rate_limiting: buildRateLimiting,
  bytes_limiting: buildBytesLimiting,
  span_count: buildSpanCount,
  and: buildAnd,
  not: buildNot,
  drop: buildDrop,
  composite: buildComposite,
  ottl_condition: buildOttlCondition,
};
const TYPES = Object.keys(BUILDERS);
/** Ask about nothing but the spans. */
const FILTERS: ReadonlySet<string> = new Set([
  'always_sample',
  'latency',
  'numeric_attribute',
  'status_code',
  'string_attribute',
  'boolean_attribute',
  'trace_state',
  'trace_flags',
  'span_count',
  'ottl_condition',
]);
const TOP_TYPES: ReadonlySet<string> = new Set(TYPES);
const TOP_KEYS = {
  policies: 'list',
  sampling_strategy: 'text',
  decision_wait: 'duration',
  decision_wait_after_root_received: 'duration',
  num_traces: 'uint',
  num_shards: 'uint',
  expected_new_traces_per_sec: 'uint',
  sample_on_first_match: 'bool',
  block_on_overflow: 'bool',
  drop_pending_traces_on_shutdown: 'bool',
  maximum_trace_size_bytes: 'uint',
  decision_cache: 'map',
  tail_storage: 'text',
} as const;
const SPAN_INGEST = 'span-ingest';
const STRATEGIES = ['trace-complete', SPAN_INGEST];
const DEFAULT_NUM_TRACES = 50_000;
const DEFAULT_DECISION_WAIT_MS = 30_000;
const MS_PER_SECOND = 1000;
const MAX_SHARDS = 256;
const PATH = 'tail_sampling';

/**
 * @param useTraceState the gate processor.tailsamplingprocessor.usetracestate
 * @param path where the block stands
 */
export function compilePolicies(
  written: unknown,
  useTraceState = false,
  path = PATH,
): Result<CollectorPolicies, readonly ConfigError[]> {
  const errors: ConfigError[] = [];
  const top = new Block(written, path, TOP_KEYS, errors);
  const shards = Math.max(1, top.number('num_shards'));
  if (shards > MAX_SHARDS) top.fail('num_shards', `is above ${MAX_SHARDS}`, `write at most ${MAX_SHARDS}`);
  checkStrategy(top);
  if (top.has('tail_storage'))
    top.fail('tail_storage', 'is not supported', 'leave it away: the buffer is bounded by buffer.max_bytes');
  const settings = settingsOf(written, top, { shards: Math.min(shards, MAX_SHARDS), useTraceState, path, errors });
  const first = buildSet(top, { shards, useTraceState, path, errors });
  if (errors.length > 0) return { ok: false, error: errors };
  const sets = [first];
  while (sets.length < shards) sets.push(buildSet(top, { shards, useTraceState, path, errors }));
  return { ok: true, value: new CollectorPolicies(settings, sets) };
}

type Shared = Pick<PolicyBuilder, 'shards' | 'useTraceState' | 'errors'> & { readonly path: string };

function settingsOf(written: unknown, top: Block, { shards, useTraceState, path, errors }: Shared): PolicySettings {
  const cache = isMap(written) ? written['decision_cache'] : undefined;
  const caches = new Block(
    cache,
    `${path}.decision_cache`,
    { sampled_cache_size: 'int', non_sampled_cache_size: 'int' },
    errors,
  );
  // A key without a value is 0.
  const numTraces = top.names('num_traces') ? top.number('num_traces') : DEFAULT_NUM_TRACES;
  return {
    // With 0 the Collector holds one all the same.
    numTraces: Math.max(1, Math.floor(numTraces / shards)),
    writtenNumTraces: top.names('num_traces') ? Math.max(1, numTraces) : undefined,
    decisionWaitMs:
      Math.max(
        1,
        Math.floor(
          (top.has('decision_wait') ? top.durationMs('decision_wait') : DEFAULT_DECISION_WAIT_MS) / MS_PER_SECOND,
        ),
      ) * MS_PER_SECOND,
    afterRootMs: top.durationMs('decision_wait_after_root_received'),
    dropPendingAtEnd: top.bool('drop_pending_traces_on_shutdown'),
    blockOnOverflow: top.bool('block_on_overflow'),
    maxTraceBytes: top.number('maximum_trace_size_bytes'),
    sampledCache: shareOf(caches.number('sampled_cache_size'), shards),
    nonSampledCache: shareOf(caches.number('non_sampled_cache_size'), shards),
    spanIngest: top.text('sampling_strategy') === SPAN_INGEST,
    useTraceState,
  };
}

/** The policies once more, with tokens and counters of their own. */
function buildSet(top: Block, shared: Shared): PolicySet {
  const { errors, path } = shared;
  const builder: PolicyBuilder = {
    ...shared,
    keys: new AttributeKeys(),
    salts: new Set(),
    policy: (one, path, allowed) => buildPolicy(one, path, allowed, builder),
  };
  const policies: Policy[] = [];
  for (const [i, one] of top.list('policies').entries()) {
    const policy = buildPolicy(one, `${path}.policies[${i}]`, TOP_TYPES, builder);
    if (policy === undefined) continue;
    if (top.text('sampling_strategy') === SPAN_INGEST && isStateful(one)) {
      errors.push(
        configError(
          `${path}.policies[${i}]`,
          policy.name,
          'needs the whole trace, which span-ingest never sees',
          'write sampling_strategy: trace-complete',
        ),
      );
    }
    if (policies.some((other) => other.name === policy.name)) {
      errors.push(
        configError(
          `${path}.policies[${i}].name`,
          policy.name,
          'is the name of another policy',
          'give every policy a name of its own',
        ),
      );
    }
    policies.push(policy);
  }
  return new PolicySet(policies, builder.keys, {
    firstMatch: top.bool('sample_on_first_match'),
    chancesKnown: !shared.useTraceState && builder.salts.size <= 1,
  });
}

function checkStrategy(top: Block): void {
  const strategy = top.text('sampling_strategy');
  if (!top.names('sampling_strategy') || STRATEGIES.includes(strategy)) return;
  top.fail('sampling_strategy', 'is no strategy', didYouMean(strategy.replaceAll('_', '-'), STRATEGIES));
}

function buildPolicy(
  written: unknown,
  path: string,
  allowed: ReadonlySet<string>,
  builder: PolicyBuilder,
): Policy | undefined {
  const { errors } = builder;
  if (!isMap(written)) {
    errors.push(
      mapExpected(
        path,
        written,
        'write a policy as { name: errors, type: status_code, status_code: { status_codes: [ERROR] } }',
      ),
    );
    return undefined;
  }
  const { name, type } = written;
  const before = errors.length;
  // Inside others names are for people, except that shares of composite ask for them.
  const named = typeof name === 'string' && name !== '';
  const nameless = allowed !== TOP_TYPES && (name === undefined || name === null || name === '');
  if (!named && !nameless) errors.push(configError(`${path}.name`, name, 'is no name', 'give the policy a name'));
  if (typeof type !== 'string' || !TYPES.includes(type)) {
    errors.push(
      configError(
        `${path}.type`,
        type ?? 'nothing',
        'is no policy type',
        didYouMean(typeof type === 'string' ? type : '', TYPES),
      ),
    );
    return undefined;
  }
  if (!allowed.has(type)) {
    errors.push(
      configError(
        `${path}.type`,
        type,
        'cannot stand inside this policy',
        `here may stand: ${[...allowed].join(', ')}`,
      ),
    );
    return undefined;
  }
  const blockKey = type;
  for (const key of Object.keys(written)) {
    if (key === 'name' || key === 'type' || TYPES.includes(key)) continue;
    errors.push(
      configError(`${path}.${key}`, undefined, 'is no key of a policy', didYouMean(key, ['name', 'type', blockKey])),
    );
  }
  checkIdleBlocks(written, path, errors);
  const block = written[blockKey] ?? {};
  if (!isMap(block)) errors.push(mapExpected(`${path}.${blockKey}`, block, 'write a map'));
  if (!isMap(block) || errors.length > before) return undefined;
  const built = BUILDERS[type]!(block, `${path}.${blockKey}`, builder);
  if (built === undefined) return undefined;
  const label = typeof name === 'string' ? name : '';
  if (typeof built !== 'function') return { name: label, type, ...built };
  const isFilter = FILTERS.has(type);
  return { name: label, type, evaluate: built, isFilter, chance: isFilter ? chanceOf(built) : undefined };
}
