// The three OTLP signals, the names of their requests and paths, and how the signal of a request without a label is recognized.

import { LOG_RECORD, METRIC, RESOURCE_SPANS, SCOPE_SPANS, SPAN, TRACES_DATA } from '#proto/otlp/fields.ts';
import { WireReader } from '#proto/wire/reader.ts';

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
  const resources = new WireReader(request);
  while (resources.next()) {
    if (resources.fieldTag !== TRACES_DATA.resourceSpans) continue;
    const scopes = new WireReader(request, resources.from, resources.to);
    while (scopes.next()) {
      if (scopes.fieldTag !== RESOURCE_SPANS.scopeSpans) continue;
      const records = new WireReader(request, scopes.from, scopes.to);
      while (records.next()) {
        if (records.fieldTag === SCOPE_SPANS.spans) return signalOfRecord(request, records.from, records.to);
      }
    }
  }
  return 'traces';
}

function signalOfRecord(request: Uint8Array, from: number, to: number): OtlpSignal {
  const fields = new WireReader(request, from, to);
  let binaryId = false;
  while (fields.next()) {
    const tag = fields.fieldTag;
    if (tag === SPAN.startTimeUnixNano || tag === SPAN.endTimeUnixNano) return 'traces';
    if (tag === LOG_RECORD.timeUnixNano || tag === LOG_RECORD.observedTimeUnixNano) return 'logs';
    if (tag === LOG_RECORD.severityNumber) return 'logs';
    // Of a span the same as SPAN.traceId.
    if (tag === METRIC.name)
      binaryId = request.subarray(fields.from, fields.to).some((byte) => byte < 0x20 || byte > 0x7e);
  }
  return binaryId ? 'traces' : 'metrics';
}
