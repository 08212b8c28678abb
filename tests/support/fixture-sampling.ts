// The made-up world's sampler: rules in force, live numbers, hits over time, and what trying other rules answers.
import type { ApiError } from '#proto/api/common.ts';
import type { SamplingHitsResponse, SamplingResponse } from '#proto/api/sampling.ts';
import type { ComparedRow, SimulateResponse } from '#proto/api/simulate.ts';
import { CHECKOUT_ID } from './fixture-world.ts';

const RULES_YAML = `sampling:
  wait: { quiet: 1000ms, after_root: 5000ms, max: 30000ms }
  budget: { spans_per_second: 20000 }
  floor: { per: [ service, route, status ], traces: 1, every: 1m }
  rules:
    - { name: health checks, when: { root: { attributes: { url.path: [ /healthz, /readyz ] } } }, keep: 0% }
    - { name: errors, when: { any: { status: error } }, keep: 100% }
    - { name: slow checkout, when: { root: { service: checkout }, duration: '> 800ms' }, keep: 100% }
    - { name: the rest 5 %, keep: 5% }
`;
const RULES = [
  { name: 'the rest 5 %', kept: 2540, dropped: 48_312, kept_spans: 330_100, dropped_spans: 6_280_560 },
  { name: 'health checks', kept: 0, dropped: 3600, kept_spans: 0, dropped_spans: 3600 },
  { name: 'floor', kept: 640, dropped: 0, kept_spans: 28_800, dropped_spans: 0 },
  { name: 'errors', kept: 312, dropped: 0, kept_spans: 61_204, dropped_spans: 0 },
  { name: 'slow checkout', kept: 88, dropped: 0, kept_spans: 35_400, dropped_spans: 0 },
];
const STEPS = 60;

export function samplingAnswer(nowMs: number): SamplingResponse {
  const ns = (ago: number): string => String(BigInt(nowMs - ago) * 1_000_000n);
  const metric = (name: string, value: number): SamplingResponse['metrics'][number] => ({
    name: `winnow_${name}`,
    labels: {},
    value,
  });
  return {
    config: {
      yaml: RULES_YAML,
      hash: '4f2a9c01be77',
      file: '/etc/winnow/winnow.yaml',
      reload_url: 'http://127.0.0.1:4321/reload',
      started_at: ns(86_400_000),
      last_reload: { at: ns(1_260_000), asked: 'file', result: 'applied', errors: [], restart: [] },
    },
    metrics: [
      metric('buffer_traces', 1804),
      metric('buffer_spans', 51_325),
      metric('buffer_bytes', 24_117_248),
      metric('buffer_pressure', 0.0931),
      metric('buffer_oldest_seconds', 11.4),
      metric('decision_memory_seconds', 840),
      metric('late_spans_total', 4120),
      metric('late_spans_dropped_total', 3811),
      { name: 'winnow_late_span_age_seconds', labels: { quantile: '0.999' }, value: 38.2 },
      metric('overload_probability', 1),
      metric('event_loop_lag_seconds', 0.0021),
    ],
  };
}

export function hitsAnswer(q: URLSearchParams, nowMs: number): SamplingHitsResponse {
  const end = Number(BigInt(q.get('end') ?? BigInt(nowMs) * 1_000_000n) / 1_000_000n);
  const start = Number(BigInt(q.get('start') ?? BigInt(end - 1_800_000) * 1_000_000n) / 1_000_000n);
  const wave = (total: number, phase: number): number[] =>
    Array.from({ length: STEPS }, (_, i) => Math.round((total / STEPS) * (1 + 0.35 * Math.sin(i / 7 + phase))));
  return {
    start: String(BigInt(start) * 1_000_000n),
    step_ms: Math.max(1000, Math.ceil((end - start) / STEPS)),
    steps: STEPS,
    rules: RULES.map((rule, i) => ({
      condition: 'any: { status: error }',
      in_force: true,
      ...rule,
      kept_by_step: wave(rule.kept, i),
      dropped_by_step: wave(rule.dropped, i),
    })),
    services: [
      { name: 'frontend', kept: 2910, dropped: 44_002, kept_spans: 402_118, dropped_spans: 5_720_400 },
      { name: 'checkout', kept: 520, dropped: 4410, kept_spans: 41_230, dropped_spans: 420_800 },
      { name: 'batch', kept: 150, dropped: 3500, kept_spans: 12_156, dropped_spans: 142_960 },
    ],
    triggers: [
      { name: 'complete', kept: 3480, dropped: 51_100, kept_spans: 440_200, dropped_spans: 6_200_100 },
      { name: 'after_root', kept: 71, dropped: 610, kept_spans: 11_204, dropped_spans: 70_060 },
      { name: 'timeout', kept: 29, dropped: 202, kept_spans: 4100, dropped_spans: 14_000 },
      { name: 'late', kept: 44, dropped: 0, kept_spans: 309, dropped_spans: 0 },
    ],
  };
}

/** Rules with the word `nonsense` are refused. */
export function simulateAnswer(text: string): { readonly status: number; readonly body: SimulateResponse | ApiError } {
  const { config } = JSON.parse(text) as { config: string };
  const line = config.split('\n').findIndex((one) => one.includes('nonsense')) + 1;
  if (line > 0) {
    const errors = [
      {
        path: 'sampling.rules[3].keep',
        source: `configuration:${line}`,
        value: 'nonsense',
        message: 'is no percentage within 0 and 100',
        remedy: 'write a percentage from 0% to 100%, as keep: 5%',
      },
    ];
    return {
      status: 422,
      body: {
        error: {
          code: 'BAD_CONFIG',
          message: 'sampling.rules[3].keep',
          hint: 'mend these places and try again',
          errors,
        },
      },
    };
  }
  const amount = (traces: number): { traces: number; spans: number; bytes: number } => ({
    traces,
    spans: traces * 127,
    bytes: traces * 127 * 412,
  });
  const row = (name: string, received: number, before: number, after: number, error: number): ComparedRow => ({
    name,
    before: { received: amount(received), kept: amount(before) },
    after: { received: amount(received), kept: amount(after), kept_error: amount(error) },
  });
  const example = {
    trace_id: CHECKOUT_ID,
    root_service: 'frontend',
    root_name: 'POST /checkout',
    start: '1790000000000000000',
    duration_ns: 1.28e9,
    span_count: 412,
    error_count: 2,
    rule_before: 'errors',
    rule_after: 'the rest 2 %',
  };
  return {
    status: 200,
    body: {
      exact: false,
      services: 'root',
      total: row('total', 55_492, 3580, 1702, 38),
      by_rule: [
        row('the rest 5 %', 50_852, 2540, 0, 0),
        row('the rest 2 %', 51_164, 0, 1022, 31),
        row('floor', 640, 640, 592, 22),
        row('errors', 312, 312, 0, 0),
        row('slow checkout', 88, 88, 88, 0),
        row('health checks', 3600, 0, 0, 0),
      ],
      by_service: [
        row('frontend', 46_912, 2910, 1308, 30),
        row('checkout', 4930, 520, 321, 17),
        row('batch', 3650, 150, 73, 9),
      ],
      newly_lost: {
        traces: 1878,
        examples: [example, { ...example, root_name: 'GET /cart', duration_ns: 2.4e8, span_count: 61, error_count: 0 }],
      },
      newly_kept: { traces: 0, examples: [] },
      basis: {
        start: '1790000000000000000',
        end: '1790001800000000000',
        traces: 3580,
        spans: 455_504,
        stored: 3580,
        unseen: { traces: 3600, spans: 3600, bytes: 604_800 },
      },
      notes: [
        '3600 traces (3600 spans) were dropped by rules that keep nothing: no stored trace stands for them, so what of them would be kept is not known',
      ],
    },
  };
}
