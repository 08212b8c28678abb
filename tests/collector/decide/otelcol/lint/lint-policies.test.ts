// The Collector's own traps that the lint names, each with path, value, what happens and what to write; and what passes.
import { expect, test } from 'vitest';
import { told, toldOf } from '#tests/support/lint-told.ts';

const one = (type: string, block: string): string => toldOf(type, block).join('\n');

test('an ordinary configuration passes', () => {
  const yaml = `{ decision_wait: 10s, num_traces: 50000, expected_new_traces_per_sec: 100, policies: [
    { name: errors, type: status_code, status_code: { status_codes: [ERROR] } },
    { name: slow, type: latency, latency: { threshold_ms: 500 } },
    { name: checkout, type: string_attribute, string_attribute: { key: service.name, values: [checkout] } },
    { name: asked, type: ottl_condition, ottl_condition: { error_mode: ignore, span: ['attributes["http.status_code"] >= 500', 'IsMatch(name, "^GET .*")'] } },
    { name: health, type: drop, drop: { drop_sub_policy: [{ name: path, type: string_attribute, string_attribute: { key: url.path, values: [/healthz] } }] } },
    { name: rest, type: probabilistic, probabilistic: { sampling_percentage: 10 } } ] }`;
  expect(told(yaml)).toBe('');
});

test('policies that change nothing: beside always_sample, behind it with sample_on_first_match, twins', () => {
  const policies =
    'policies: [{ name: all, type: always_sample }, { name: e, type: status_code, status_code: { status_codes: [ERROR] } }]';
  expect(told(policies)).toContain('`all` keeps every trace that no drop policy takes: votes are joined by or');
  expect(told(`{ sample_on_first_match: true, ${policies} }`)).toContain(
    'policies[1]: `e` is never asked: `all` above it',
  );
  expect(
    told(
      'policies: [{ name: a, type: latency, latency: { threshold_ms: 5 } }, { name: b, type: latency, latency: { threshold_ms: 5 } }]',
    ),
  ).toContain('`b` says the same as `a`');
  expect(
    told(
      'policies: [{ name: a, type: latency, latency: { threshold_ms: 5 }, status_code: { status_codes: [ERROR] } }]',
    ),
  ).toContain('its block `status_code` is never looked at: the type is `latency`');
});

test('settings of the whole: nothing to keep, drops under span-ingest, too few traces held, waits that are cut', () => {
  const drop =
    '{ name: d, type: drop, drop: { drop_sub_policy: [{ name: e, type: status_code, status_code: { status_codes: [ERROR] } }] } }';
  const rest = '{ name: r, type: probabilistic, probabilistic: { sampling_percentage: 10 } }';
  expect(told('{}')).toContain('tail_sampling.policies: is empty: nothing is kept');
  expect(told(`policies: [${drop}]`)).toContain('nothing is ever kept; add what is to be kept');
  expect(told(`{ sampling_strategy: span-ingest, policies: [${drop}, ${rest}] }`)).toContain(
    '`span-ingest` with the drop policy `d`',
  );
  expect(
    told(`{ decision_wait: 30s, num_traces: 1000, expected_new_traces_per_sec: 100, policies: [${rest}] }`),
  ).toContain('write num_traces: 3000 or more');
  expect(told(`{ decision_wait: 1500ms, decision_wait_after_root_received: 2s, policies: [${rest}] }`)).toMatch(
    /never comes to act[^]*`1500ms` is cut to whole seconds/,
  );
  expect(
    told(`{ decision_cache: { sampled_cache_size: 100, non_sampled_cache_size: -1 }, policies: [${rest}] }`),
  ).toMatch(/`100` is less than num_traces[^]*`-1` means no cache/);
  expect(
    told(`{ num_shards: 4, policies: [{ name: r, type: rate_limiting, rate_limiting: { spans_per_second: 1000 } }] }`),
  ).toContain('`1000` is divided by num_shards `4`, the burst is not');
});

test('policies inside others are looked at, too', () => {
  expect(
    one('not', '{ not_sub_policy: { name: s, type: span_count, span_count: { min_spans: 5, max_spans: 4 } } }'),
  ).toContain('not_sub_policy.span_count.min_spans: `5` is above');
  expect(one('and', '{ and_sub_policy: [{ name: s, type: probabilistic }] }')).toContain(
    'and_sub_policy[0].probabilistic.sampling_percentage',
  );
});
