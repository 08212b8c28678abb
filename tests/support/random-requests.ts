// Random OTLP requests of every signal, encoded by protobufjs, and what they say by an independent reader: one line per item, in order.
import fc from 'fast-check';
import type { Signal } from '#proto/otlp/signal.ts';
import { linesOf } from './otlp-digests.ts';
import { otlpType } from './otlp-proto.ts';

const types: Readonly<Record<Signal, string>> = {
  traces: 'trace.v1.ExportTraceServiceRequest',
  logs: 'logs.v1.ExportLogsServiceRequest',
  metrics: 'metrics.v1.ExportMetricsServiceRequest',
};

export function encodeRequest(signal: Signal, request: object): Buffer {
  const type = otlpType(`opentelemetry.proto.collector.${types[signal]}`);
  return Buffer.from(type.encode(type.fromObject(request)).finish());
}

/** What a request says of each item, with its scope and resource. */
export function itemLines(signal: Signal, bodies: readonly Uint8Array[]): string[] {
  const lines = { spanLines: [], spanContents: [], logContents: [], pointContents: [] };
  for (const body of bodies) linesOf(signal, body, lines);
  return [...lines.spanContents, ...lines.logContents, ...lines.pointContents];
}

const text = fc.string({ maxLength: 12 });
const value = fc.oneof(
  text.map((stringValue) => ({ stringValue })),
  fc.integer().map((intValue) => ({ intValue })),
  fc
    .array(text, { maxLength: 3 })
    .map((texts) => ({ arrayValue: { values: texts.map((stringValue) => ({ stringValue })) } })),
);
const attributes = fc.array(fc.record({ key: text, value }), { maxLength: 3 });
const time = fc.integer({ min: 1, max: 1_000_000 }).map((n) => `${n}000000`);
const bytesOf = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => bytes.map((byte) => byte | 1));

const span = fc.record({
  traceId: bytesOf(16),
  spanId: bytesOf(8),
  name: text,
  startTimeUnixNano: time,
  endTimeUnixNano: time,
  attributes,
  events: fc.array(fc.record({ name: text, timeUnixNano: time }), { maxLength: 2 }),
  links: fc.array(fc.record({ traceId: bytesOf(16), spanId: bytesOf(8) }), { maxLength: 2 }),
});
const logRecord = fc.record({
  timeUnixNano: time,
  body: value,
  attributes,
  severityNumber: fc.integer({ min: 1, max: 24 }),
});
const number = fc.record({ timeUnixNano: time, asDouble: fc.double({ noNaN: true }), attributes });
const bucketed = fc.record({
  timeUnixNano: time,
  attributes,
  bounds: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 6 }),
});
const histogramPoint = bucketed.map(({ bounds, ...point }) => ({
  ...point,
  count: 3,
  bucketCounts: [...bounds, 1],
  explicitBounds: bounds.map((_, i) => i),
}));
const exponentialPoint = bucketed.map(({ bounds, ...point }) => ({
  ...point,
  count: 3,
  scale: 1,
  positive: { offset: 1, bucketCounts: bounds },
  negative: { bucketCounts: bounds.slice(2) },
}));
const summaryPoint = bucketed.map(({ bounds, ...point }) => ({
  ...point,
  count: 3,
  quantileValues: bounds.map((quantile) => ({ quantile, value: 1 })),
}));
const some = (item: fc.Arbitrary<object>): fc.Arbitrary<object[]> => fc.array(item, { maxLength: 6 });
const data = fc.oneof(
  some(number).map((dataPoints) => ({ gauge: { dataPoints } })),
  some(number).map((dataPoints) => ({ sum: { dataPoints, aggregationTemporality: 2, isMonotonic: true } })),
  some(histogramPoint).map((dataPoints) => ({ histogram: { dataPoints, aggregationTemporality: 2 } })),
  some(exponentialPoint).map((dataPoints) => ({ exponentialHistogram: { dataPoints, aggregationTemporality: 1 } })),
  some(summaryPoint).map((dataPoints) => ({ summary: { dataPoints } })),
  fc.constant({}),
);
const metric = fc
  .record({ name: text, description: text, unit: text, data })
  .map(({ data: held, ...rest }) => ({ ...rest, ...held }));

const scope = fc.option(fc.record({ name: text, attributes }), { nil: undefined });
const resource = fc.option(fc.record({ attributes }), { nil: undefined });

function requestOf(groups: string, scopes: string, items: string, item: fc.Arbitrary<object>): fc.Arbitrary<object> {
  const scoped = fc.record({ scope, schemaUrl: text, [items]: some(item) });
  const group = fc.record({ resource, schemaUrl: text, [scopes]: fc.array(scoped, { maxLength: 3 }) });
  return fc.array(group, { maxLength: 4 }).map((all) => ({ [groups]: all }));
}

export const randomRequest: Readonly<Record<Signal, fc.Arbitrary<Buffer>>> = {
  traces: requestOf('resourceSpans', 'scopeSpans', 'spans', span).map((request) => encodeRequest('traces', request)),
  logs: requestOf('resourceLogs', 'scopeLogs', 'logRecords', logRecord).map((request) =>
    encodeRequest('logs', request),
  ),
  metrics: requestOf('resourceMetrics', 'scopeMetrics', 'metrics', metric).map((request) =>
    encodeRequest('metrics', request),
  ),
};
