// The three OTLP signals, the names of their requests and paths, and how a request without a label tells which it is.

import { FieldReader, WIRE_BYTES, WIRE_FIXED64, WIRE_VARINT } from './field-reader.ts';

/** What an OTLP export request carries. */
export type OtlpSignal = 'traces' | 'logs' | 'metrics';

/** Everything that differs between the signals on the wire. */
export const otlpSignals: Record<
  OtlpSignal,
  { requestType: string; grpcPath: string; httpPath: string; jsonKey: string; item: string }
> = {
  traces: {
    requestType: 'opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest',
    grpcPath: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    httpPath: '/v1/traces',
    jsonKey: 'resourceSpans',
    item: 'span',
  },
  logs: {
    requestType: 'opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest',
    grpcPath: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
    httpPath: '/v1/logs',
    jsonKey: 'resourceLogs',
    item: 'log record',
  },
  metrics: {
    requestType: 'opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest',
    grpcPath: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
    httpPath: '/v1/metrics',
    jsonKey: 'resourceMetrics',
    item: 'metric',
  },
};

/**
 * Tells the signal of a bare request from its first record: a span holds fixed64 times in fields 7 and 8, a log record
 * in 1 and 11 (or a severity, a varint in 2), a metric none of them, and its field 1 is a name where a span's is a random
 * id. A request without records counts as traces.
 */
export function detectSignal(request: Uint8Array): OtlpSignal {
  const resources = new FieldReader(request);
  while (resources.next()) {
    if (resources.field !== 1 || resources.wire !== WIRE_BYTES) continue;
    const scopes = new FieldReader(request, resources.start, resources.end);
    while (scopes.next()) {
      if (scopes.field !== 2 || scopes.wire !== WIRE_BYTES) continue;
      const records = new FieldReader(request, scopes.start, scopes.end);
      while (records.next()) {
        if (records.field === 2 && records.wire === WIRE_BYTES)
          return signalOfRecord(request, records.start, records.end);
      }
    }
  }
  return 'traces';
}

function signalOfRecord(request: Uint8Array, from: number, to: number): OtlpSignal {
  const fields = new FieldReader(request, from, to);
  let binaryId = false;
  while (fields.next()) {
    if (fields.wire === WIRE_FIXED64 && (fields.field === 7 || fields.field === 8)) return 'traces';
    if (fields.wire === WIRE_FIXED64 && (fields.field === 1 || fields.field === 11)) return 'logs';
    if (fields.wire === WIRE_VARINT && fields.field === 2) return 'logs';
    if (fields.field === 1 && fields.wire === WIRE_BYTES)
      binaryId = fields.payload().some((byte) => byte < 0x20 || byte > 0x7e);
  }
  return binaryId ? 'traces' : 'metrics';
}
