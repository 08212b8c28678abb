// A made-up half hour of a shop: kept traces, facets, RED numbers, edges, decisions, logs. Seeded, so every run says the same.
import { fieldIs, stringValue } from '#proto/search/expression.ts';
import type { FieldName } from '#proto/search/fields.ts';
import { printSearch } from '#proto/search/print.ts';
import type { DecisionsResponse, DecisionRow } from '#proto/api/decisions.ts';
import type { CriticalPathResponse } from '#proto/api/critical-path.ts';
import type { LogRecord } from '#proto/api/logs.ts';
import type { PropagationCause, PropagationResponse } from '#proto/api/propagation.ts';
import { PROPAGATION_ADVICE } from '#proto/api/propagation.ts';
import type { ReconstructionReportResponse, WarningKind } from '#proto/api/reconstruction-report.ts';
import type { FacetsResponse, TraceSummary } from '#proto/api/search.ts';
import type { DependenciesResponse, OperationsResponse, ServicesResponse } from '#proto/api/services.ts';
import { WARNING_MEANING } from '#proto/api/warning-meaning.ts';
import { CHECKOUT } from './fixture-checkout.ts';
import { batchTrace, linkCheckout } from './fixture-links.ts';
import { HOSTILE_TEXT, fixtureTrace, logOf, type FixtureTrace } from './fixture-trace.ts';

/** Mulberry32. */
function seeded(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const CHECKOUT_ID = '7f3a0c52be914d7ea1c4d0926fb01e38';
export const BATCH_ID = '7f3a0c52be914d7ea1c4d0926fb01e99';
export const BIG_ID = 'b1600000000000000000000000100000';
const SERVICES = [
  'frontend',
  'checkout',
  'payment',
  'cart',
  'product-catalog',
  'shipping',
  'currency',
  'email',
  'accounting',
  HOSTILE_TEXT,
];
const ROUTES = ['POST /checkout', 'GET /cart', 'GET /product/{id}', 'GET /'];
const RULES = [
  { rule: 'the rest 5 %', weight: 20 },
  { rule: 'floor', weight: 3.4 },
  { rule: 'slow checkout', weight: 1 },
  { rule: 'errors', weight: 1 },
];
const HALF_HOUR_NS = 1_800_000_000_000;

export interface World {
  readonly traces: TraceSummary[];
  readonly checkout: FixtureTrace;
  readonly batch: FixtureTrace;
  readonly logs: LogRecord[];
  readonly decisions: DecisionRow[];
}

export function makeWorld(nowMs: number): World {
  const random = seeded(7);
  const end = BigInt(nowMs) * 1_000_000n;
  const traces: TraceSummary[] = [];
  for (let i = 0; i < 2400; i++) {
    const ago = Math.floor(random() * HALF_HOUR_NS);
    const incident = ago > HALF_HOUR_NS * 0.25 && ago < HALF_HOUR_NS * 0.4 && random() < 0.25;
    const route = ROUTES[Math.floor(random() * (incident ? 1 : ROUTES.length))] ?? '';
    const durationMs = incident ? 900 + random() * 5000 : Math.exp(3.2 + random() * 2 + random() * 1.6);
    const errors = incident && random() < 0.7 ? 2 : random() < 0.01 ? 1 : 0;
    const kept = errors > 0 ? RULES[3] : durationMs > 800 ? RULES[2] : random() < 0.2 ? RULES[1] : RULES[0];
    const services = SERVICES.slice(0, 3 + Math.floor(random() * 4)).map((service, k) => ({ service, spans: 8 - k }));
    traces.push({
      trace_id:
        i === 0
          ? CHECKOUT_ID
          : Array.from({ length: 4 }, () =>
              Math.floor(random() * 2 ** 32)
                .toString(16)
                .padStart(8, '0'),
            ).join(''),
      start: String(end - BigInt(i === 0 ? 8_000_000_000 : ago)),
      duration_ns: i === 0 ? 1_280_000_000 : Math.round(durationMs * 1e6),
      root_service: 'frontend',
      root_name: i === 0 ? 'POST /checkout' : route,
      span_count: i === 0 ? 425 : 10 + Math.floor(random() * 400),
      error_count: i === 0 ? 2 : errors,
      root_present: i % 50 !== 3,
      missing_parents: i % 50 === 3 ? 1 : 0,
      services: i === 0 ? SERVICES.slice(0, 8).map((service, k) => ({ service, spans: 60 - 7 * k })) : services,
      rule: i === 0 ? 'errors' : (kept?.rule ?? ''),
      trigger: 'quiet',
      weight: i === 0 ? 1 : (kept?.weight ?? 1),
      warnings: i % 50 === 3 ? ['missing_parent'] : [],
    });
  }
  traces.sort((a, b) => (BigInt(a.start) < BigInt(b.start) ? 1 : -1));
  const first = traces.find((t) => t.trace_id === CHECKOUT_ID)!;
  const checkout = fixtureTrace({ ...first, warnings: ['clock_own_bounds', 'several_roots'] }, CHECKOUT);
  linkCheckout(checkout);
  checkout.trace.summary.warning_spans = [
    {
      kind: 'clock_own_bounds',
      span_id:
        checkout.trace.span_id.at(checkout.trace.name.indexOf(checkout.trace.names.indexOf('PaymentService/Charge'))) ??
        '',
    },
    { kind: 'several_roots', span_id: checkout.trace.span_id.at(-1) ?? '' },
  ];
  const batch = batchTrace({
    ...first,
    trace_id: BATCH_ID,
    root_service: 'accounting',
    root_name: 'orders process',
    span_count: 2,
    error_count: 0,
    duration_ns: 184e6,
    rule: 'floor',
    weight: 3.4,
  });
  const logs = [...checkout.logs];
  for (let i = 0; i < 400; i++) {
    const t = traces[i * 3]!;
    const level: readonly [number, string, string] =
      random() < 0.08
        ? [17, 'ERROR', 'upstream timeout calling api.card.example after 300 ms']
        : random() < 0.2
          ? [13, 'WARN', 'slow query took 412 ms rows=1']
          : [9, 'INFO', 'order placed items=7 total=128.40 currency=EUR'];
    logs.push(logOf(t, '', SERVICES[i % 5] ?? '', BigInt(t.start) + 5_000_000n, ...level));
  }
  logs.sort((a, b) => (BigInt(a.time) < BigInt(b.time) ? 1 : -1));
  const decisions = traces
    .slice(0, 60)
    .map((t, i): DecisionRow => ({
      trace_id: t.trace_id,
      decided_at: String(BigInt(t.start) + 3_000_000_000n),
      decision: i % 3 === 0 || t.trace_id === CHECKOUT_ID ? 'kept' : 'dropped',
      rule: i % 3 === 0 || t.trace_id === CHECKOUT_ID ? t.rule : 'the rest 5 %',
      trigger: t.trigger,
      threshold: i % 3 === 0 || t.trace_id === CHECKOUT_ID ? '00000000000000' : 'f3333333333333',
      randomness: t.trace_id.slice(18),
      weight: i % 3 === 0 || t.trace_id === CHECKOUT_ID ? t.weight : 0,
      root_service: t.root_service,
      root_name: t.root_name,
      start: t.start,
      duration_ns: t.duration_ns,
      span_count: t.span_count,
      bytes: t.span_count * 420,
      error_count: t.error_count,
      root_present: t.root_present,
      missing_parents: t.missing_parents,
    }));
  return { traces, checkout, batch, logs, decisions };
}

export function facetsOf(traces: readonly TraceSummary[]): FacetsResponse {
  const tally = (
    facet: FacetsResponse['facets'][number]['facet'],
    key: FieldName,
    keys: (t: TraceSummary) => string[],
    conditionOf = (value: string): string => printSearch(fieldIs(key, '=', stringValue(value))),
  ): FacetsResponse['facets'][number] => {
    const found = new Map<string, { kept: number; stands_for: number }>();
    for (const t of traces)
      for (const value of keys(t)) {
        const old = found.get(value) ?? { kept: 0, stands_for: 0 };
        found.set(value, { kept: old.kept + 1, stands_for: old.stands_for + t.weight });
      }
    const values = [...found]
      .map(([value, n]) => ({ value, condition: conditionOf(value), ...n }))
      .sort((a, b) => b.stands_for - a.stands_for);
    return { facet, key, values, distinct: values.length };
  };
  return {
    facets: [
      tally('service', 'service', (t) => t.services.map((x) => x.service)),
      tally('operation', 'root.name', (t) => [t.root_name]),
      tally(
        'errors',
        'trace.errors',
        (t) => [t.error_count > 0 ? 'error' : 'ok'],
        (value) => (value === 'error' ? 'trace.errors>0' : 'trace.errors=0'),
      ),
      tally('rule', 'rule', (t) => [t.rule]),
    ],
    attributes: traces.length === 0 ? [] : [{ key: 'http.route', spans: 400, distinct: 6 }],
  };
}

const red = (calls: number, errors: number, p50: number | null): ServicesResponse['services'][number] => ({
  service: '',
  served: true,
  operations: 0,
  trend: [],
  error_trend: [],
  calls,
  errors,
  per_second: calls / 1800,
  p50_ms: p50,
  p95_ms: p50 === null ? null : p50 * 3.1,
  p99_ms: p50 === null ? null : p50 * 6.4,
  mean_ms: p50 === null ? null : p50 * 1.4,
});

export function servicesAnswer(): ServicesResponse {
  const random = seeded(11);
  return {
    data_seconds: 1800,
    services: SERVICES.map((service, i) => {
      const calls = Math.round(180_000 / (i + 1));
      const trend = Array.from({ length: 30 }, () => (calls / 1800) * (0.8 + random() * 0.4));
      return {
        ...red(calls, i === 2 ? 4120 : i < 2 ? 312 : i * 3, i === 9 ? null : 12 + i * 9),
        service,
        operations: 3 + i,
        trend,
        error_trend: trend.map((v, k) => (i < 3 && k > 16 && k < 22 ? v * 0.2 : v * 0.001)),
      };
    }),
  };
}

export function operationsAnswer(service: string): OperationsResponse {
  return {
    data_seconds: 1800,
    distinct: ROUTES.length,
    operations: ROUTES.map((name, i) => ({
      calls: 42_000 / (i + 1),
      errors: i === 0 ? 312 : i,
      per_second: 23.4 / (i + 1),
      p50_ms: 18 + 9 * i,
      p95_ms: 84 + i,
      p99_ms: 640 / (i + 1),
      mean_ms: 31,
      service,
      name,
      kind: 'server',
    })),
  };
}

export function dependenciesAnswer(): DependenciesResponse {
  const nodes = [
    ...SERVICES.slice(0, 9).map((id) => ({ id, kind: 'service' as const })),
    { id: 'postgresql:shop', kind: 'db' as const },
    { id: 'redis', kind: 'db' as const },
    { id: 'orders', kind: 'queue' as const },
    { id: 'api.card.example', kind: 'external' as const },
  ];
  const edge = (
    caller: string,
    callee: string,
    kind: 'rpc' | 'db' | 'queue' | 'external',
    calls: number,
    errors: number,
  ): DependenciesResponse['edges'][number] => ({
    caller,
    callee,
    kind,
    calls,
    errors,
    mean_ms: 31.2,
    p95_ms: 84.1,
    lag_ms: kind === 'queue' ? 74 : null,
  });
  return {
    edge_count: 12,
    nodes: nodes.map((n, i) => ({ ...n, calls: 180_000 / (i + 1), errors: i === 2 ? 4120 : 12 })),
    edges: [
      edge('frontend', 'checkout', 'rpc', 44_110, 310),
      edge('frontend', 'cart', 'rpc', 91_200, 12),
      edge('frontend', 'product-catalog', 'rpc', 152_100, 0),
      edge('checkout', 'cart', 'rpc', 44_000, 0),
      edge('checkout', 'payment', 'rpc', 43_800, 4120),
      edge('checkout', 'shipping', 'rpc', 43_700, 3),
      edge('checkout', 'currency', 'rpc', 43_900, 0),
      edge('checkout', 'email', 'rpc', 40_100, 9),
      edge('cart', 'redis', 'db', 230_000, 0),
      edge('product-catalog', 'postgresql:shop', 'db', 1_810_000, 2),
      edge('payment', 'api.card.example', 'external', 47_000, 4300),
      edge('checkout', 'orders', 'queue', 40_000, 0),
      edge('orders', 'accounting', 'queue', 40_000, 1),
    ],
  };
}

export function criticalPathAnswer(world: World, q: URLSearchParams): CriticalPathResponse {
  const rows: readonly (readonly [string, string, number, number | null])[] = [
    ['payment', 'PaymentService/Charge', 0.38, null],
    ['postgres', 'SELECT … FROM products WHERE id = $1', 0.21, 4.2],
    ['frontend', 'POST /checkout', 0.09, null],
    ['checkout', 'CheckoutService/PlaceOrder', 0.08, null],
    ['shipping', 'ShippingService/GetQuote', 0.06, 18.4],
    ['cart', 'HGETALL cart:*', 0.05, 2.1],
    ['email', 'EmailService/SendConfirmation', 0.04, 120],
    [HOSTILE_TEXT, 'GET /', 0.02, 41],
    ['currency', 'CurrencyService/Convert', 0.004, 300],
  ];
  const mean = 412e6;
  const shown = rows.filter(([service]) => !q.has('service') || service === q.get('service'));
  return {
    total: { kept: 2400, stands_for: 31_412, mean_duration_ns: mean * 1.2, mean_path_ns: mean },
    operations: shown.map(([service, name, share, slack], i) => ({
      service,
      name,
      share,
      path_ns: mean * share,
      self_ns: mean * share * 0.9,
      drag_ns: mean * share * (i % 2 === 0 ? 1 : 0.6),
      slack_ns: slack === null ? null : slack * 1e6,
      spans: i === 1 ? 37.2 : 1 / (1 + (i % 3)),
      traces: Math.max(0.08, 1 - i * 0.11),
      example: world.traces[i]?.trace_id ?? '',
    })),
  };
}

export function propagationAnswer(world: World): PropagationResponse {
  const line = (
    cause: PropagationCause,
    caller: string,
    callee: string,
    count: number,
    of: number,
    keptExample = true,
  ): PropagationResponse['problems'][number] => ({
    cause,
    caller,
    callee,
    count,
    of,
    share: of === 0 ? null : count / of,
    example: world.traces[count % 40]?.trace_id ?? '',
    example_kept: keptExample,
    ...PROPAGATION_ADVICE[cause],
  });
  return {
    problems: [
      line('no_host', '', 'email', 40_100, 40_100),
      line('lost', 'checkout', 'shipping', 4210, 43_700),
      line('lost', 'payment', 'shipping', 312, 9800, false),
      line('queue_parent', 'checkout', 'accounting', 940, 40_000),
      line('lost_on_retry', 'checkout', 'payment', 88, 4120),
      line('leaked', 'currency', 'currency', 12, 0),
      line('sampling_differs', 'frontend', HOSTILE_TEXT, 3, 152_100),
    ],
  };
}

export function reconstructionAnswer(world: World): ReconstructionReportResponse {
  const row = (
    service: string,
    kind: WarningKind,
    traces: number,
    spans: number,
    isKept = true,
  ): ReconstructionReportResponse['rows'][number] => ({
    service,
    kind,
    traces,
    spans,
    example_trace_id: world.traces[traces % 40]?.trace_id ?? '',
    example_kept: isKept,
    meaning: WARNING_MEANING[kind],
  });
  return {
    rows: [
      row('shipping', 'missing_parent', 4522, 9044),
      row('frontend', 'duplicate_span', 312, 1220),
      row('checkout', 'missing_parent', 210, 214, false),
      row('payment', 'clock_own_bounds', 88, 88),
      row('ads', 'clock_infeasible', 41, 41),
      row('email', 'zero_time', 9, 12),
      row(HOSTILE_TEXT, 'cycle', 1, 2),
    ],
  };
}

export function decisionsAnswer(world: World): DecisionsResponse {
  return {
    decisions: world.decisions,
    rules: [
      { rule: 'health checks', kept: 0, dropped: 3600, kept_spans: 0, dropped_spans: 3600 },
      { rule: 'errors', kept: 312, dropped: 0, kept_spans: 61_204, dropped_spans: 0 },
      { rule: 'slow checkout', kept: 88, dropped: 0, kept_spans: 35_400, dropped_spans: 0 },
      { rule: 'floor', kept: 640, dropped: 0, kept_spans: 28_800, dropped_spans: 0 },
      { rule: 'the rest 5 %', kept: 2540, dropped: 48_312, kept_spans: 330_100, dropped_spans: 6_280_560 },
    ],
  };
}
