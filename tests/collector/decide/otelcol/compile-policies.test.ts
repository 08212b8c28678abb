// Traps of the Collector's policies, each on a written trace, and what is refused with path and remedy.
import { describe, expect, test } from 'vitest';
import { parseCollectorYaml } from '#collector/decide/otelcol/collector-yaml.ts';
import { compilePolicies } from '#collector/decide/otelcol/compile-policies.ts';
import { fnv1a, hashThreshold } from '#collector/decide/otelcol/fnv.ts';
import type { PolicyDecision } from '#collector/decide/otelcol/policy-set.ts';
import { formatConfigError } from '#proto/config/config-error.ts';
import { writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';

const MS = 1_000_000;

/** Who decided and how: `+name` kept, `-name` dropped, '' nobody. */
function decide(policies: string, ...spans: WrittenSpan[]): string {
  const compiled = compilePolicies(parseCollectorYaml(`policies: ${policies}`));
  if (!compiled.ok) throw new Error(compiled.error.map(formatConfigError).join('\n'));
  const decision: PolicyDecision = { keep: false, policy: undefined };
  compiled.value.decide(writtenTrace(spans), decision);
  return decision.policy === undefined ? '' : `${decision.keep ? '+' : '-'}${decision.policy}`;
}

function errorsOf(yaml: string): string {
  const compiled = compilePolicies(parseCollectorYaml(yaml));
  return compiled.ok ? '' : compiled.error.map(formatConfigError).join('\n');
}

const attributes = (value: Record<string, unknown>) => ({ attributes: { k: value } });

/** One condition that errs on a span without k, and one that holds. */
function ottl(mode: string): string {
  return `{ name: o, type: ottl_condition, ottl_condition: { error_mode: ${mode}, span: ['ParseJSON(attributes["k"])["c"] == 1', 'name == "work"'] } }`;
}

describe("the Collector's policies", () => {
  test('latency tests prefixes in arrival order, so a long trace passes through a window, and compares whole ms', () => {
    const window = '[{ name: l, type: latency, latency: { threshold_ms: 10, upper_threshold_ms: 20 } }]';
    expect(decide(window, { duration: 15 * MS }, { duration: 90 * MS })).toBe('+l');
    expect(decide(window, { duration: 90 * MS }, { duration: 15 * MS })).toBe('');
    expect(decide('[{ name: l, type: latency, latency: { threshold_ms: 10 } }]', { duration: 11 * MS - 1 })).toBe('');
  });

  test('numeric_attribute reads what is no int as 0, and takes a bound of 0 for no bound', () => {
    expect(decide('[{ name: n, type: numeric_attribute, numeric_attribute: { key: k, max_value: 5 } }]', attributes({ stringValue: 'x' }))).toBe('+n');
    expect(decide('[{ name: n, type: numeric_attribute, numeric_attribute: { key: k, min_value: 5 } }]', attributes({ doubleValue: 500 }))).toBe('');
    expect(decide('[{ name: n, type: numeric_attribute, numeric_attribute: { key: k, min_value: 0, max_value: 5 } }]', attributes({ intValue: -3 }))).toBe('+n');
  });

  test('string_attribute is not anchored, and inverted it takes a missing key for a match', () => {
    expect(decide('[{ name: s, type: string_attribute, string_attribute: { key: k, values: [bc], enabled_regex_matching: true } }]', attributes({ stringValue: 'abcd' }))).toBe('+s');
    expect(decide('[{ name: s, type: string_attribute, string_attribute: { key: k, values: [a], invert_match: true } }]', {})).toBe('+s');
  });

  test('boolean_attribute reads what is no bool as false', () => {
    expect(decide('[{ name: b, type: boolean_attribute, boolean_attribute: { key: k, value: false } }]', attributes({ stringValue: 'true' }))).toBe('+b');
  });

  test('a trace larger than the burst never passes a bucket; and takes tokens only when it gets there', () => {
    const limited = '[{ name: r, type: rate_limiting, rate_limiting: { spans_per_second: 1 } }]';
    expect(decide(limited, {}, {})).toBe('+r');
    expect(decide(limited, {}, {}, {})).toBe('');
  });

  test('dropped beats sampled wherever it stands; composite does not fall through', () => {
    const drop = '{ name: d, type: drop, drop: { drop_sub_policy: [{ name: x, type: always_sample }] } }';
    expect(decide(`[{ name: a, type: always_sample }, ${drop}]`, {})).toBe('-d');
    const composite = `[{ name: c, type: composite, composite: { max_total_spans_per_second: 10,
      composite_sub_policy: [{ name: x, type: always_sample }, { name: y, type: always_sample }],
      rate_allocation: [{ policy: x, percent: 10 }, { policy: y, percent: 90 }] } }]`;
    expect(decide(composite, {}, {})).toBe('');
    expect(decide(composite, {})).toBe('+c');
  });

  test('an OTTL condition that errs is false when ignored, and takes its policy out when it propagates', () => {
    expect(decide(`[${ottl('ignore')}]`, {})).toBe('+o');
    expect(decide(`[${ottl('propagate')}, { name: a, type: always_sample }]`, {})).toBe('+a');
  });

  test.each([
    ['4bf92f3577b34da6a3ce929d0e0e4736', 'a54533ba2e4970b5'],
    ['0af7651916cd43dd8448eb211c80319c', '33bf83d45f51634c'],
    ['ffffffffffffffffffffffffffffffff', '17bec3739634fe2d'],
  ])('the hash of %s is %s', (id, hash) => {
    expect(fnv1a(Buffer.from(id, 'hex'), fnv1a(Buffer.from('default-hash-seed'))).toString(16).padStart(16, '0')).toBe(hash);
  });

  test('percentages beyond the ends keep nothing and everything', () => {
    expect([hashThreshold(-1), hashThreshold(0), hashThreshold(100), hashThreshold(150)]).toEqual([-1n, -1n, (1n << 64n) - 1n, (1n << 64n) - 1n]);
  });
});

describe('what is refused', () => {
  test.each([
    ['polcies: []', 'tail_sampling.polcies: is no key here; did you mean `policies`?'],
    ['policies: [{ name: a, type: latancy }]', 'is no policy type, got `latancy`; did you mean `latency`?'],
    ['policies: [{ name: p, type: probabilistic, probabalistic: { sampling_percentage: 10 } }]', 'did you mean `probabilistic`?'],
    ['policies: [{ name: a, type: always_sample }, { name: a, type: always_sample }]', 'is the name of another policy'],
    ['policies: [{ name: n, type: numeric_attribute, numeric_attribute: { key: k } }]', 'which the Collector crashes on'],
    ["policies: [{ name: p, type: probabilistic, probabilistic: { sampling_percentage: '10' } }]", 'write a number, without quotes'],
    ['policies: [{ name: s, type: span_count, span_count: { min_spans: 3000000000 } }]', 'where the Collector wraps'],
    ['policies: [{ name: n, type: and, and: { and_sub_policy: [{ name: c, type: composite }] } }]', 'cannot stand inside this policy'],
    ['policies: [{ name: o, type: ottl_condition, ottl_condition: { span: ["NoSuchFunc(name)"] } }]', 'calls NoSuchFunc, which is no function here'],
    ['{ sampling_strategy: span-ingest, policies: [{ name: r, type: rate_limiting }] }', 'needs the whole trace'],
    ['num_shards: 257', 'is above 256'],
  ])('%s', (yaml, message) => {
    expect(errorsOf(yaml)).toContain(message);
  });
});
