// Writes the world of the contract suite into ClickHouse's tables as proto/tables describes them.
import type { ClickHouseClient } from '@clickhouse/client';
import { attributeCode, type StoredAttribute } from '#query/store/attributes.ts';
import * as world from './world.ts';

const text = (value: string): string => `'${value.replaceAll(/['\\]/g, '\\$&')}'`;
const id = (value: string): string => `unhex('${world.idOf(value)}')`;
const spanId = (value: string): string => `unhex('${world.spanIdOf(value)}')`;
const nanos = (ns: bigint): string => `fromUnixTimestamp64Nano(${ns})`;
const minute = (number: number): string => String(Number(world.START_NS / 1_000_000_000n) + number * 60);
const map = (entries: readonly (readonly [string, number])[]): string =>
  `map(${entries.map(([key, value]) => `${key}, ${value}`).join(', ')})`;
const list = (items: readonly string[], type: string): string =>
  items.length === 0 ? `CAST([], 'Array(${type})')` : `[${items.join(', ')}]`;
const attributes = (of: readonly StoredAttribute[]): Record<string, string> => ({
  attr_keys: list(
    of.map(({ key }) => text(key)),
    'String',
  ),
  attr_types: list(
    of.map(({ type }) => String(attributeCode(type))),
    'UInt8',
  ),
  attr_values: list(
    of.map(({ value }) => text(value)),
    'String',
  ),
});

/** @param rows values as SQL, by column; all rows have the same columns */
async function insert(client: ClickHouseClient, table: string, rows: readonly Record<string, string>[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const values = rows.map((row) => `(${columns.map((column) => row[column]).join(', ')}, now())`);
  const query = `INSERT INTO ${table} (${columns.join(', ')}, stored_at) VALUES ${values.join(', ')}`;
  // The decision log counts its retention from the decision.
  await client.command({
    query: table === 'decisions' ? query.replace(', stored_at)', ')').replaceAll(', now())', ')') : query,
  });
}

export async function fillClickHouse(client: ClickHouseClient): Promise<void> {
  await fillTraces(client);
  await fillCounts(client);
  await insert(
    client,
    'logs',
    world.LOGS.map((log) => ({
      ts: nanos(log.timeNs),
      observed: nanos(log.timeNs),
      service: text(log.service),
      severity: String(log.severity),
      severity_text: "'S'",
      body: text(log.body),
      body_type: '1',
      trace_id: id(log.trace),
      span_id: spanId(''),
      weight: String(log.weight),
      resource_id: log.resource,
      ...attributes(log.attributes),
    })),
  );
  await insert(
    client,
    'decisions',
    world.DECISIONS.map((one) => ({
      trace_id: id(one.trace),
      decided_at: `fromUnixTimestamp64Milli(${one.decidedNs / world.NS_PER_MS})`,
      decision: text(one.decision),
      rule: text(one.rule),
      trigger: text(one.trigger),
      threshold: String(one.threshold),
      randomness: String(one.randomness),
      weight: String(one.weight),
      root_service: text(one.service),
      root_name: "'work'",
      start: nanos(one.decidedNs),
      duration_ns: '1000000',
      span_count: String(one.spans),
      bytes: String(one.spans * 100),
    })),
  );
}

async function fillTraces(client: ClickHouseClient): Promise<void> {
  await insert(
    client,
    'resources',
    world.RESOURCES.map((one) => ({
      id: one.id,
      service: text(one.service),
      host: "'h'",
      ...attributes(one.attributes),
    })),
  );
  await insert(client, 'scopes', [{ id: '5', name: "'lib'", version: "'1'" }]);
  await insert(
    client,
    'traces',
    world.TRACES.map((trace) => ({
      trace_id: id(trace.id),
      start: nanos(trace.startNs),
      duration_ns: String(trace.durationMs * 1e6),
      root_service: text(trace.rootService),
      root_name: text(trace.rootName),
      span_count: String(Object.values(trace.services).reduce((sum, spans) => sum + spans, 0)),
      error_count: String(trace.errors),
      late_count: String(trace.late),
      root_present: '1',
      services: list(Object.keys(trace.services).map(text), 'String'),
      service_spans: map(Object.entries(trace.services).map(([name, spans]) => [text(name), spans])),
      rule: text(trace.rule),
      trigger: "'complete'",
      weight: String(trace.weight),
      threshold: '1',
      hosts: "[('h', 5, 1)]",
      warnings: "[('cycle', 'x'), ('cycle', 'y')]",
      critical_path_ns: map([[text(trace.operation.service), trace.operation.pathNs]]),
      operations: `[(${text(trace.operation.service)}, ${text(trace.operation.name)}, 1, ${trace.operation.pathNs}, 1, 2, 0)]`,
      repeats: "[('00000000000000ff', 'shop', 'SELECT', 3, 30, 60)]",
    })),
  );
  const startOf = new Map(world.TRACES.map((trace) => [trace.id, trace.startNs]));
  await insert(
    client,
    'spans',
    world.SPANS.map((span) => ({
      trace_id: id(span.trace),
      trace_start: nanos(startOf.get(span.trace) ?? 0n),
      span_id: spanId(span.id),
      parent_span_id: spanId(span.parent ?? ''),
      service: text(span.service),
      name: text(span.name),
      kind: '2',
      start: nanos(span.startNs),
      duration_ns: String(span.durationNs),
      weight: '1',
      resource_id: span.resource,
      scope_id: '5',
      events: list(span.event === undefined ? [] : [`unhex('${span.event}')`], 'String'),
      links: list(span.link === undefined ? [] : [`unhex('${span.link}')`], 'String'),
      ...attributes(span.attributes),
    })),
  );
  await insert(
    client,
    'links',
    world.LINKS.map((link) => ({
      target_trace_id: id(link.target),
      target_span_id: spanId(link.targetSpan),
      source_trace_id: id(link.source),
      source_span_id: spanId(link.sourceSpan),
      source_service: text(link.service),
      source_name: text(link.name),
      source_start: nanos(link.startNs),
    })),
  );
}

async function fillCounts(client: ClickHouseClient): Promise<void> {
  const timing = (calls: number): Record<string, string> => ({
    calls: String(calls),
    duration_sum_ns: String(calls * 2e6),
    duration_buckets: map([['5000', calls]]),
  });
  await insert(
    client,
    'red',
    world.CALLS.map((one) => ({
      time: String(Number(world.START_NS / 1_000_000_000n) + one.second),
      service: text(one.service),
      name: text(one.name),
      kind: String(one.kind),
      status: one.error ? '2' : '0',
      ...timing(one.calls),
    })),
  );
  await insert(
    client,
    'edges',
    world.EDGES.map((edge) => ({
      minute: minute(edge.minute),
      caller: text(edge.caller),
      callee: text(edge.callee),
      kind: text(edge.kind),
      errors: String(edge.errors),
      lag_count: String(edge.lags),
      lag_sum_ns: String(edge.lags * 1e6),
      ...timing(edge.calls),
    })),
  );
  await insert(
    client,
    'propagation',
    world.REPORTS.map((line) => ({
      minute: minute(line.minute),
      cause: text(line.cause),
      caller: text(line.caller),
      callee: text(line.callee),
      problems: String(line.problems),
      of: String(line.outOf),
      example: id(line.example),
      kept_example: id(line.kept),
    })),
  );
  await insert(
    client,
    'reconstruction',
    world.REPAIRS.map((line) => ({
      minute: minute(line.minute),
      service: text(line.service),
      kind: text(line.kind),
      traces: String(line.traces),
      spans: String(line.spans),
      example: id(line.example),
      kept_example: id(line.kept),
    })),
  );
  const startMs = Number(world.START_NS / world.NS_PER_MS);
  const samples = world.SERIES.flatMap((one) =>
    one.values.map((value, i) => ({
      id: one.id,
      ts: `fromUnixTimestamp64Milli(${startMs + i * 60_000})`,
      value: String(value),
      start: '0',
    })),
  );
  await insert(
    client,
    'series',
    world.SERIES.map((one) => ({
      id: one.id,
      name: text(one.name),
      labels: `CAST(map(${Object.entries(one.labels)
        .flatMap(([key, value]) => [text(key), text(value)])
        .join(', ')}), 'Map(String, String)')`,
      kind: "'counter'",
      first_seen: `fromUnixTimestamp64Milli(${startMs})`,
      last_seen: `fromUnixTimestamp64Milli(${startMs + 120_000})`,
    })),
  );
  await insert(client, 'samples', samples);
}
