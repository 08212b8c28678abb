// Blocks of a policy that its type does not use. The Collector reads their keys and types all the same and refuses what does not fit;
// what they say is never looked at.
import { configError, type ConfigError } from '#proto/config/config-error.ts';
import { isMap } from '../rules/written-map.ts';
import { Block, type Kind } from './block.ts';

type Shape = Readonly<Record<string, Kind>>;

const SIMPLE: Readonly<Record<string, Shape>> = {
  latency: { threshold_ms: 'int', upper_threshold_ms: 'int' },
  numeric_attribute: { key: 'text', min_value: 'int', max_value: 'int', invert_match: 'bool' },
  probabilistic: { hash_salt: 'text', sampling_percentage: 'float' },
  status_code: { status_codes: 'texts' },
  string_attribute: {
    key: 'text',
    values: 'texts',
    enabled_regex_matching: 'bool',
    cache_max_size: 'int',
    invert_match: 'bool',
  },
  rate_limiting: { spans_per_second: 'int', burst_capacity: 'int' },
  bytes_limiting: { bytes_per_second: 'int', burst_capacity: 'int' },
  span_count: { min_spans: 'int', max_spans: 'int' },
  trace_state: { key: 'text', values: 'texts' },
  boolean_attribute: { key: 'text', value: 'bool', invert_match: 'bool' },
  ottl_condition: { error_mode: 'text', span: 'texts', spanevent: 'texts' },
};
const COMBINING: Readonly<Record<string, Shape>> = {
  and: { and_sub_policy: 'list' },
  drop: { drop_sub_policy: 'list' },
  not: { not_sub_policy: 'map' },
  composite: {
    max_total_spans_per_second: 'int',
    policy_order: 'texts',
    composite_sub_policy: 'list',
    rate_allocation: 'list',
  },
};
const SHARE: Shape = { policy: 'text', percent: 'int' };
/** Deeper nesting cannot be written: no policy has itself inside. */
const MAX_DEPTH = 8;

/** @param written a policy whose own block is looked at elsewhere */
export function checkIdleBlocks(
  written: Readonly<Record<string, unknown>>,
  path: string,
  errors: ConfigError[],
  depth = 0,
): void {
  for (const [key, block] of Object.entries(written)) {
    const shape = SIMPLE[key] ?? COMBINING[key];
    if (shape === undefined || key === written['type'] || block === null) continue;
    const where = `${path}.${key}`;
    const read = new Block(block, where, shape, errors);
    if (read.failed || depth === MAX_DEPTH || COMBINING[key] === undefined || !isMap(block)) continue;
    for (const sub of [`${key}_sub_policy`].flatMap((name) => block[name] ?? []))
      checkIdlePolicy(sub, `${where}.${key}_sub_policy`, errors, depth + 1);
    for (const share of read.list('rate_allocation'))
      if (share !== null) void new Block(share, `${where}.rate_allocation`, SHARE, errors);
  }
}

function checkIdlePolicy(written: unknown, path: string, errors: ConfigError[], depth: number): void {
  if (!isMap(written)) return;
  for (const key of ['name', 'type']) {
    const value = written[key];
    if (value !== undefined && value !== null && typeof value !== 'string')
      errors.push(configError(`${path}.${key}`, value, 'has the wrong type', 'write a text'));
  }
  checkIdleBlocks({ ...written, type: undefined }, path, errors, depth);
}
