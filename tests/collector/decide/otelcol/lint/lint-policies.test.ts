// The Collector's own traps that the lint names, each with path, value, what happens and what to write; and what passes.
import { expect, test } from 'vitest';
import { lintPolicies } from '#collector/decide/otelcol/lint/lint-policies.ts';
import { parseCollectorYaml } from '#proto/config/collector-file.ts';
import { errorsOf } from '#tests/support/collector-decision.ts';

const BIG = { spans: 250, bytes: 40_000 };

function told(yaml: string, biggest?: typeof BIG): string {
  // What is linted is valid.
  expect(errorsOf(yaml)).toBe('');
  return lintPolicies(parseCollectorYaml(yaml), { path: 'tail_sampling', biggest })
    .map(({ path, message, remedy }) => `${path}: ${message}; ${remedy}`)
    .join('\n');
}
const one = (type: string, block: string, biggest?: typeof BIG): string =>
  told(`policies: [{ name: p, type: ${type}, ${type}: ${block} }]`, biggest);

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

test.each([
  [
    'latency',
    '{ threshold_ms: 100, upper_threshold_ms: 200 }',
    'policies[0].latency.upper_threshold_ms: `200` is compared after every span, in order of arrival: a longer trace is kept',
  ],
  [
    'latency',
    '{ threshold_ms: 200, upper_threshold_ms: 200 }',
    '`200` is not above threshold_ms `200`: no duration is within',
  ],
  ['latency', '{}', '`0` keeps every trace of at least 1 ms'],
  ['span_count', '{ min_spans: 5, max_spans: 4 }', '`5` is above max_spans `4`: no trace is within'],
  ['span_count', '{ min_spans: 1 }', '`1` keeps every trace'],
  ['probabilistic', '{}', 'is not written: 0 % keeps nothing'],
  [
    'probabilistic',
    '{ sampling_percentage: 0.1 }',
    '`0.1` is a percentage: one trace in 1000 is kept; write 10 if one in 10 is meant',
  ],
  ['probabilistic', '{ sampling_percentage: 150 }', '`150` counts as 100'],
  ['status_code', '{ status_codes: [UNSET] }', 'nearly every trace has one'],
  [
    'numeric_attribute',
    '{ key: k, min_value: 500, max_value: 400 }',
    '`500` is above max_value `400`: no value is within; exchange the two',
  ],
  [
    'numeric_attribute',
    '{ key: k, max_value: 400 }',
    'the range from no bound to 400 holds 0, and what is no int (a text, a float, a list) reads as 0',
  ],
  ['numeric_attribute', '{ key: k, min_value: 0, max_value: 400 }', 'numeric_attribute.min_value: `0` is no bound'],
  ['numeric_attribute', '{ key: k, min_value: 500 }', 'a float or a text in `k` reads as 0 and never matches'],
  [
    'string_attribute',
    '{ key: http.status_code, values: ["500"] }',
    'is an int by the semantic conventions, and an int reads as the empty text here',
  ],
  ['string_attribute', '{ key: k, values: ["/api/*"] }', '`/api/*` is compared as it stands, not as a pattern'],
  [
    'string_attribute',
    '{ key: k, values: [health], enabled_regex_matching: true }',
    '`health` is not anchored: it matches anywhere in the text, so xhealthy matches, too; write ^(?:health)$',
  ],
  ['string_attribute', '{ key: k, values: [".*"], enabled_regex_matching: true }', '`.*` matches every text'],
  ['string_attribute', '{ key: k, values: ["", a] }', 'an empty value is ignored'],
  ['string_attribute', '{ key: k, values: [] }', 'is empty: nothing matches'],
  [
    'string_attribute',
    '{ key: k, values: [a], invert_match: true }',
    'also keeps every trace without `k`, and is one vote among all',
  ],
  ['boolean_attribute', '{ key: k }', 'is not written and so `false`, and what is no bool reads as false'],
  ['trace_state', '{ key: k, values: [""] }', 'holds no value that a tracestate can have'],
  [
    'ottl_condition',
    '{ span: [\'attributes["http.status_code"] == "500"\'] }',
    '`http.status_code` is an int by the semantic conventions, and an int never equals the text `500`; write 500 without quotes',
  ],
  ['ottl_condition', '{ span: [\'IsMatch(name, "health")\'] }', 'the pattern `health` is not anchored'],
  ['ottl_condition', '{ span: ["true"] }', 'is not written: a condition that errs on a span counts as false'],
  ['drop', '{}', 'drop_sub_policy: is empty: the policy drops every trace'],
  [
    'and',
    '{ and_sub_policy: [{ name: r, type: rate_limiting, rate_limiting: { spans_per_second: 1000 } }, { name: e, type: status_code, status_code: { status_codes: [ERROR] } }] }',
    '`r` takes tokens for traces that a policy behind it then refuses',
  ],
  ['rate_limiting', '{ spans_per_second: 10 }', 'spans_per_second: a burst of 20 spans never lets a larger trace pass'],
  ['rate_limiting', '{}', '`0` lets no trace pass'],
])('%s %s', (type, block, message) => {
  expect(one(type, block)).toContain(message);
});

test('a burst is held against the biggest trace of the captures', () => {
  expect(one('rate_limiting', '{ spans_per_second: 100 }', BIG)).toContain(
    'a burst of 200 spans never lets a larger trace pass, and the biggest of the captures has 250: big traces are lost, whatever they hold; write burst_capacity: 250 or more',
  );
  expect(one('bytes_limiting', '{ bytes_per_second: 100, burst_capacity: 39999 }', BIG)).toContain(
    'bytes_limiting.burst_capacity: a burst of 39999 bytes',
  );
  expect(one('rate_limiting', '{ spans_per_second: 125 }', BIG)).toBe('');
});

test('composite: shares above 100, of nobody, none at all, of 0 percent; orders that are not followed; no fall-through', () => {
  const composite = (subs: string, shares: string, order = '[]') =>
    one(
      'composite',
      `{ max_total_spans_per_second: 1000, policy_order: ${order}, composite_sub_policy: [${subs}], rate_allocation: [${shares}] }`,
    );
  const [errors, slow] = [
    '{ name: errors, type: status_code, status_code: { status_codes: [ERROR] } }',
    '{ name: slow, type: latency, latency: { threshold_ms: 500 } }',
  ];
  const both = `${errors}, ${slow}`;
  expect(composite(both, '{ policy: errors, percent: 80 }, { policy: slow, percent: 30 }')).toContain(
    'the shares add up to 110 %',
  );
  expect(composite(both, '{ policy: erors, percent: 80 }')).toContain(
    "`erors` is no policy of this composite: the share is nobody's; did you mean `errors`?",
  );
  expect(composite(both, '{ policy: errors, percent: 80 }')).toContain(
    '`slow` has no share in rate_allocation: it gets an equal one, 50 %; write { policy: slow, percent: 50 }',
  );
  expect(composite(both, '{ policy: errors, percent: 80 }, { policy: slow, percent: 0 }')).toContain(
    '`0` means an equal share, 50 %, not none',
  );
  expect(composite(both, '', '[slow, errors]')).toContain('`slow, errors` is not followed');
  expect(composite(both, '')).toContain('is not offered to the next, and unused shares are not lent');
  expect(composite(`{ name: all, type: always_sample }, ${errors}`, '')).toContain(
    'the policies behind it are never asked; move it to the end',
  );
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
  ).toContain('policies[0].not.not_sub_policy.span_count.min_spans: `5` is above');
  expect(one('and', '{ and_sub_policy: [{ name: s, type: probabilistic }] }')).toContain(
    'policies[0].and.and_sub_policy[0].probabilistic.sampling_percentage',
  );
});
