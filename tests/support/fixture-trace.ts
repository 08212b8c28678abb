// Builds traces of a made-up shop in the shape of GET /api/traces/:id, from plans of their spans.
import type { Attribute } from '#proto/api/common.ts';
import type { LogRecord } from '#proto/api/logs.ts';
import type { TraceSummary } from '#proto/api/search.ts';
import type { SpanDetail, TraceResponse } from '#proto/api/trace.ts';
import { answerPaths } from '#tests/support/answer-paths.ts';

export const MS = 1_000_000;
const KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;

/** A span, or a run of equal ones, at ms after the start of its trace. */
export interface PlannedSpan {
  readonly service: string;
  readonly name: string;
  readonly at: number;
  readonly ms: number;
  readonly kind?: keyof typeof KIND;
  readonly error?: string;
  readonly skewMs?: number;
  readonly links?: number;
  readonly repeat?: number;
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly children?: readonly PlannedSpan[];
}

/** A value that would run if it were ever treated as markup. */
export const HOSTILE_TEXT = '<img src=x onerror="window.__hostile=1"><script>window.__hostile=1</script>';

export interface FixtureTrace {
  readonly trace: TraceResponse;
  readonly details: Map<string, SpanDetail>;
  readonly logs: LogRecord[];
}

const attribute = (key: string, value: string | number): Attribute => ({
  key,
  type: typeof value === 'string' ? 'string' : Number.isInteger(value) ? 'int' : 'double',
  value: String(value),
});

function index(list: string[], text: string): number {
  const found = list.indexOf(text);
  return found === -1 ? list.push(text) - 1 : found;
}

export const spanId = (n: number): string => (0xa100_0000 + n).toString(16).padStart(16, '0');

/** Builds the whole answer of one trace from a plan. */
export function fixtureTrace(summary: TraceSummary, plan: PlannedSpan): FixtureTrace {
  const startNs = BigInt(summary.start);
  const trace: TraceResponse = {
    summary: {
      ...summary,
      threshold: '00000000000000',
      end_to_end_ns: 1424 * MS,
      warning_spans: [],
      repeats: [],
      hosts: [
        { host: 'node-a', offset_ns: 0, error_ns: 0 },
        { host: 'node-b', offset_ns: -24.2 * MS, error_ns: 0.65 * MS },
      ],
      critical_path: [
        { service: 'payment', ns: 640 * MS },
        { service: 'product-catalog', ns: 310 * MS },
      ],
    },
    services: [],
    names: [],
    resources: [],
    scopes: [{ id: '1', name: 'shop', version: '1.4.0', schema_url: '', attributes: [] }],
    span_id: [],
    parent_span_id: [],
    parent: [],
    service: [],
    name: [],
    kind: [],
    status: [],
    start_offset_ns: [],
    duration_ns: [],
    skew_ns: [],
    skew_error_ns: [],
    resource: [],
    scope: [],
    attribute_count: [],
    event_count: [],
    link_count: [],
    critical_path: { row: [], from_ns: [], to_ns: [] },
    inbound_links: [],
  };
  const details = new Map<string, SpanDetail>();
  const logs: LogRecord[] = [];
  const add = (node: PlannedSpan, parent: number, at: number, ms: number): number => {
    const row = trace.span_id.length;
    const id = spanId(row);
    const skew = (node.skewMs ?? 0) * MS;
    const attributes = Object.entries(node.attributes ?? { 'code.function.name': 'handle' }).map(([k, v]) =>
      attribute(k, v),
    );
    const resource = [
      attribute('service.name', node.service),
      attribute('service.version', '2.14.0-canary'),
      attribute('host.name', node.skewMs === undefined ? 'node-a' : 'node-b'),
    ];
    const service = index(trace.services, node.service);
    if (trace.resources[service] === undefined)
      trace.resources.push({
        id: String(service),
        service: node.service,
        host: node.skewMs === undefined ? 'node-a' : 'node-b',
        schema_url: '',
        attributes: resource,
      });
    trace.span_id.push(id);
    trace.parent.push(parent);
    trace.parent_span_id.push(parent === -1 ? '' : spanId(parent));
    trace.service.push(service);
    trace.name.push(index(trace.names, node.name));
    trace.kind.push(KIND[node.kind ?? 'internal']);
    trace.status.push(node.error === undefined ? 0 : 2);
    trace.start_offset_ns.push(at * MS - skew);
    trace.duration_ns.push(ms * MS);
    trace.skew_ns.push(skew);
    trace.skew_error_ns.push(skew === 0 ? 0 : 0.65 * MS);
    trace.resource.push(service);
    trace.scope.push(0);
    trace.attribute_count.push(attributes.length);
    trace.event_count.push(node.error === undefined ? 0 : 1);
    trace.link_count.push(node.links ?? 0);
    const start = startNs + BigInt(Math.round(at * MS - skew));
    details.set(id, {
      trace_id: summary.trace_id,
      span_id: id,
      parent_span_id: parent === -1 ? '' : spanId(parent),
      service: node.service,
      name: node.name,
      kind: KIND[node.kind ?? 'internal'],
      status_code: node.error === undefined ? 0 : 2,
      status_message: node.error ?? '',
      start: String(start),
      duration_ns: ms * MS,
      end: String(start + BigInt(Math.round(ms * MS))),
      flags: 1,
      trace_state: 'ot=th:0',
      weight: summary.weight,
      attributes,
      dropped_attributes: 0,
      dropped_events: 0,
      dropped_links: 0,
      events:
        node.error === undefined
          ? []
          : [
              {
                time: String(start + BigInt(200 * MS)),
                name: 'exception',
                attributes: [
                  attribute('exception.type', 'DeadlineExceeded'),
                  attribute('exception.message', HOSTILE_TEXT),
                ],
                dropped_attributes: 0,
              },
            ],
      links: Array.from({ length: node.links ?? 0 }, (_, i) => ({
        trace_id: `7f3a0c52be914d7ea1c4d0926fb01e4${i}`,
        span_id: spanId(900 + i),
        trace_state: '',
        flags: 1,
        attributes: [attribute('messaging.operation', 'publish')],
        dropped_attributes: 0,
      })),
      resource: { schema_url: '', attributes: resource },
      scope: { name: 'shop', version: '1.4.0', schema_url: '', attributes: [] },
    });
    if (node.error !== undefined) {
      logs.push(logOf(summary, id, node.service, start + BigInt(120 * MS), 13, 'WARN', 'retrying charge attempt=2'));
      logs.push(
        logOf(
          summary,
          id,
          node.service,
          start + BigInt(200 * MS),
          17,
          'ERROR',
          `charge failed: deadline exceeded ${HOSTILE_TEXT}`,
        ),
      );
    }
    return row;
  };
  const walk = (node: PlannedSpan, parent: number): void => {
    const repeat = node.repeat ?? 1;
    if (repeat > 1)
      trace.summary.repeats?.push({
        first_span_id: spanId(trace.span_id.length),
        service: node.service,
        name: node.name,
        spans: repeat,
        total_ns: node.ms * 0.8 * MS,
        span_ns: node.ms * MS,
      });
    for (let i = 0; i < repeat; i++) {
      const row = add(node, parent, node.at + (node.ms / repeat) * i, (node.ms / repeat) * (repeat > 1 ? 0.8 : 1));
      for (const child of node.children ?? []) walk(child, row);
    }
  };
  walk(plan, -1);
  return { trace: { ...trace, ...answerPaths(trace) }, details, logs };
}

export function logOf(
  summary: TraceSummary,
  span: string,
  service: string,
  time: bigint,
  severity: number,
  text: string,
  body: string,
): LogRecord {
  return {
    time: String(time),
    observed: String(time),
    service,
    severity,
    severity_text: text,
    event_name: '',
    body,
    body_type: 'string',
    trace_id: summary.trace_id,
    span_id: span,
    flags: 1,
    weight: summary.weight,
    attributes: [attribute('thread.name', 'worker-3'), attribute('order.id', 'A-1042')],
    resource: [attribute('service.name', service), attribute('host.name', 'node-b')],
  };
}

/** A trace of `count` spans, mostly wide with chains in it: for opening big ones. */
export function bigTrace(summary: TraceSummary, count: number): TraceResponse {
  const small = fixtureTrace(summary, { service: 'batch', name: 'nightly', at: 0, ms: 60_000, kind: 'server' }).trace;
  const services = ['batch', 'worker', 'postgres', 'redis', 'mailer'];
  const names = ['nightly', 'page', 'row', 'SELECT', 'GET', 'send'];
  const fill = (f: (i: number) => number): number[] => Array.from({ length: count }, (_, i) => f(i));
  const parent = fill((i) => (i === 0 ? -1 : i % 10 === 0 ? 0 : i % 10 < 5 ? i - 1 : i - (i % 10)));
  const big = {
    ...small,
    services,
    names,
    parent,
    span_id: Array.from({ length: count }, (_, i) => spanId(i)),
    parent_span_id: parent.map((p) => (p === -1 ? '' : spanId(p))),
    service: fill((i) => (i === 0 ? 0 : 1 + (i % 4))),
    name: fill((i) => (i === 0 ? 0 : 1 + (i % 5))),
    kind: fill(() => 1),
    status: fill((i) => (i % 997 === 996 ? 2 : 0)),
    start_offset_ns: fill((i) => (i === 0 ? 0 : (Math.floor(i / 10) * (60_000 * MS * 10)) / count + (i % 10) * 1000)),
    duration_ns: fill((i) => (i === 0 ? 60_000 * MS : 400_000 - (i % 10) * 20_000)),
    skew_ns: fill(() => 0),
    skew_error_ns: fill(() => 0),
    resource: fill(() => 0),
    scope: fill(() => 0),
    attribute_count: fill(() => 2),
    event_count: fill(() => 0),
    link_count: fill(() => 0),
  };
  return { ...big, ...answerPaths(big) };
}
