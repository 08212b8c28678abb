// Digests of decoded OTLP requests as the recordings' README defines them: one line per record, sorted bytewise, SHA-256.
import { createHash } from 'node:crypto';
import type { Signal } from '#proto/otlp/signal.ts';
import { otlpType } from './otlp-proto.ts';

interface Decoded {
  readonly [key: string]: unknown;
}

const requestTypes: Readonly<Record<Signal, string>> = {
  traces: 'opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest',
  logs: 'opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest',
  metrics: 'opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest',
};

/** A request as plain data: 64-bit integers as decimal text, bytes as Buffers, absent fields absent. */
export function decodeRequest(signal: Signal, body: Uint8Array): Decoded {
  const type = otlpType(requestTypes[signal]);
  return type.toObject(type.decode(body), { longs: String, oneofs: true });
}

export interface Lines {
  readonly spanLines: string[];
  readonly spanContents: string[];
  readonly logContents: string[];
  readonly pointContents: string[];
}

export function digest(lines: readonly string[]): string {
  const sorted = lines.map((line) => Buffer.from(line)).sort((a, b) => a.compare(b));
  const hash = createHash('sha256');
  sorted.forEach((line, i) => hash.update(i === 0 ? '' : '\n').update(line));
  return hash.digest('hex');
}

export function linesOf(signal: Signal, body: Uint8Array, into: Lines): void {
  const request = decodeRequest(signal, body);
  for (const resourceItem of list(
    request[{ traces: 'resourceSpans', logs: 'resourceLogs', metrics: 'resourceMetrics' }[signal]],
  )) {
    const resource = list(message(resourceItem['resource'])['attributes']);
    const resourceUrl = text(resourceItem['schemaUrl']);
    for (const scopeItem of list(
      resourceItem[{ traces: 'scopeSpans', logs: 'scopeLogs', metrics: 'scopeMetrics' }[signal]],
    )) {
      const scope = message(scopeItem['scope']);
      if (signal === 'traces') {
        for (const span of list(scopeItem['spans'])) {
          into.spanLines.push(spanLine(span));
          const tail = [
            T(span['status'] === undefined ? '' : message(span['status'])['message']),
            T(scope['name']),
            T(scope['version']),
            P(list(scope['attributes'])),
            T(scopeItem['schemaUrl']),
            P(resource),
            T(resourceUrl),
          ];
          into.spanContents.push(
            [
              spanLine(span),
              T(span['traceState']),
              P(list(span['attributes'])),
              events(span),
              links(span),
              ...tail,
            ].join('|'),
          );
        }
      } else if (signal === 'logs') {
        for (const record of list(scopeItem['logRecords'])) into.logContents.push(logContent(record, scope, resource));
      } else {
        for (const metric of list(scopeItem['metrics'])) pointContents(metric, scope, resource, into.pointContents);
      }
    }
  }
}

function list(value: unknown): Decoded[] {
  return Array.isArray(value) ? (value as Decoded[]) : [];
}
function message(value: unknown): Decoded {
  return typeof value === 'object' && value !== null ? (value as Decoded) : {};
}
function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
function integer(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '0';
}
function id(value: unknown): string {
  return value instanceof Uint8Array && value.length > 0 ? Buffer.from(value).toString('hex') : '-';
}
function T(value: unknown): string {
  return `${Buffer.byteLength(text(value))}:${text(value)}`;
}
function D(value: unknown): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(Number(value ?? 0));
  return Number.isNaN(Number(value ?? 0)) ? '7ff8000000000000' : bytes.toString('hex');
}
function V(value: unknown): string {
  const any = message(value);
  switch (any['value']) {
    case 'stringValue':
      return `s${T(any['stringValue'])}`;
    case 'boolValue':
      return any['boolValue'] === true ? 'b1' : 'b0';
    case 'intValue':
      return `i${integer(any['intValue'])}`;
    case 'doubleValue':
      return `d${D(any['doubleValue'])}`;
    case 'arrayValue':
      return `[${list(message(any['arrayValue'])['values']).map(V).join(',')}]`;
    case 'kvlistValue':
      return P(list(message(any['kvlistValue'])['values']));
    case 'bytesValue':
      return `x${Buffer.from(any['bytesValue'] as Uint8Array).toString('hex')}`;
    default:
      return 'n';
  }
}
function P(pairs: readonly Decoded[]): string {
  return `{${pairs.map((pair) => `${T(pair['key'])}=${V(pair['value'])}`).join(',')}}`;
}

function spanLine(span: Decoded): string {
  const ids = [id(span['traceId']), id(span['spanId']), id(span['parentSpanId'])];
  const numbers = [
    span['kind'],
    span['startTimeUnixNano'],
    span['endTimeUnixNano'],
    message(span['status'])['code'],
    span['flags'],
  ].map(integer);
  const counts = ['attributes', 'events', 'links'].flatMap((name) => [
    String(list(span[name]).length),
    integer(span[`dropped${name.charAt(0).toUpperCase()}${name.slice(1)}Count`]),
  ]);
  return [...ids, ...numbers, ...counts, text(span['name'])].join(' ');
}
function events(span: Decoded): string {
  return list(span['events'])
    .map(
      (e) =>
        `${integer(e['timeUnixNano'])} ${T(e['name'])}${P(list(e['attributes']))} ${integer(e['droppedAttributesCount'])}`,
    )
    .join(';');
}
function links(span: Decoded): string {
  return list(span['links'])
    .map(
      (l) =>
        `${id(l['traceId'])} ${id(l['spanId'])} ${integer(l['flags'])} ${integer(l['droppedAttributesCount'])} ${T(l['traceState'])}${P(list(l['attributes']))}`,
    )
    .join(';');
}

function logContent(record: Decoded, scope: Decoded, resource: readonly Decoded[]): string {
  const head = [
    integer(record['timeUnixNano']),
    integer(record['observedTimeUnixNano']),
    integer(record['severityNumber']),
    id(record['traceId']),
    id(record['spanId']),
    integer(record['flags']),
    integer(record['droppedAttributesCount']),
  ].join(' ');
  const parts = [
    T(record['severityText']),
    T(record['eventName']),
    V(record['body']),
    P(list(record['attributes'])),
    T(scope['name']),
    P(resource),
  ];
  return [head, ...parts].join('|');
}

const metricTypes: ReadonlyMap<string, string> = new Map([
  ['gauge', 'gauge'],
  ['sum', 'sum'],
  ['histogram', 'histogram'],
  ['exponentialHistogram', 'exponential_histogram'],
  ['summary', 'summary'],
]);

function pointContents(metric: Decoded, scope: Decoded, resource: readonly Decoded[], into: string[]): void {
  const kind = text(metric['data']);
  const data = message(metric[kind]);
  for (const point of list(data['dataPoints'])) {
    into.push(
      [
        metricTypes.get(kind) ?? kind,
        T(metric['name']),
        T(metric['unit']),
        T(metric['description']),
        P(list(point['attributes'])),
        `${integer(point['startTimeUnixNano'])} ${integer(point['timeUnixNano'])} ${integer(point['flags'])}`,
        `${integer(data['aggregationTemporality'])} ${data['isMonotonic'] === true ? 1 : 0}`,
        pointValue(kind, point),
        String(list(point['exemplars']).length),
        T(scope['name']),
        P(resource),
      ].join('|'),
    );
  }
}

function pointValue(kind: string, point: Decoded): string {
  const counts = (value: unknown): string => list(value).map(integer).join(',');
  if (kind === 'histogram') {
    return `${integer(point['count'])} ${D(point['sum'])} ${counts(point['bucketCounts'])} ${(list(point['explicitBounds']) as unknown[]).map(D).join(',')}`;
  }
  if (kind === 'exponentialHistogram') {
    const buckets = (side: unknown): string =>
      `${integer(message(side)['offset'])}:${counts(message(side)['bucketCounts'])}`;
    return `${integer(point['count'])} ${D(point['sum'])} ${integer(point['scale'])} ${integer(point['zeroCount'])} ${buckets(point['positive'])} ${buckets(point['negative'])}`;
  }
  if (kind === 'summary') return integer(point['count']);
  if (point['asInt'] !== undefined && point['value'] === 'asInt') return `i${integer(point['asInt'])}`;
  return point['value'] === 'asDouble' ? `d${D(point['asDouble'])}` : 'n';
}
