// A small application with the official OpenTelemetry SDK: a fixed set of spans, log records and metric points over one protocol.
import { SeverityNumber, SpanKind, SpanStatusCode, trace, context, ROOT_CONTEXT } from '@opentelemetry/api';
import { OTLPLogExporter as LogGrpc } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as LogJson } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as LogProto } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as MetricGrpc } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as MetricJson } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as MetricProto } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as TraceGrpc } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as TraceJson } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as TraceProto } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

export type SdkProtocol = 'grpc' | 'http/protobuf' | 'http/json';

/** Orders sent; each is a trace of three spans. */
export const ORDERS = 10;

const exporters = (protocol: SdkProtocol, addresses: Readonly<Record<string, string>>) => {
  const base = `http://${addresses['otlp_http']}`;
  if (protocol === 'grpc') {
    const url = `http://${addresses['otlp_grpc']}`;
    return { traces: new TraceGrpc({ url }), logs: new LogGrpc({ url }), metrics: new MetricGrpc({ url }) };
  }
  if (protocol === 'http/json') {
    return {
      traces: new TraceJson({ url: `${base}/v1/traces` }),
      logs: new LogJson({ url: `${base}/v1/logs` }),
      metrics: new MetricJson({ url: `${base}/v1/metrics` }),
    };
  }
  return {
    traces: new TraceProto({ url: `${base}/v1/traces` }),
    logs: new LogProto({ url: `${base}/v1/logs` }),
    metrics: new MetricProto({ url: `${base}/v1/metrics` }),
  };
};

/** Runs the application to its end, everything flushed. @returns the trace ids it made */
export async function runSdkApp(
  service: string,
  protocol: SdkProtocol,
  addresses: Readonly<Record<string, string>>,
): Promise<string[]> {
  const resource = resourceFromAttributes({ 'service.name': service, 'host.name': 'sdk-host' });
  const exporter = exporters(protocol, addresses);
  const tracers = new TracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor({ exporter: exporter.traces })],
  });
  const loggers = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter: exporter.logs })],
  });
  const meters = new MeterProvider({
    resource,
    readers: [new PeriodicExportingMetricReader({ exporter: exporter.metrics, exportIntervalMillis: 3_600_000 })],
  });
  const tracer = tracers.getTracer('orders', '1.2.3');
  const logger = loggers.getLogger('orders');
  const meter = meters.getMeter('orders');
  const counter = meter.createCounter('orders.placed', { unit: '{order}' });
  const histogram = meter.createHistogram('order.value', { unit: 's' });
  meter.createObservableGauge('orders.open').addCallback((result) => result.observe(7));
  const ids: string[] = [];
  for (let i = 0; i < ORDERS; i++) {
    const root = tracer.startSpan(
      'POST /orders',
      { kind: SpanKind.SERVER, attributes: { 'order.number': i, 'order.rush': i % 2 === 0, 'order.tags': ['a', 'b'] } },
      ROOT_CONTEXT,
    );
    const inRoot = trace.setSpan(ROOT_CONTEXT, root);
    const child = tracer.startSpan(
      'INSERT orders',
      { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'postgresql', share: 0.5 } },
      inRoot,
    );
    child.addEvent('retry', { attempt: 2 });
    child.end();
    const publish = tracer.startSpan(
      'orders publish',
      { kind: SpanKind.PRODUCER, links: [{ context: child.spanContext() }] },
      inRoot,
    );
    if (i === 3) publish.setStatus({ code: SpanStatusCode.ERROR, message: 'no broker' });
    publish.end();
    context.with(inRoot, () => undefined);
    logger.emit({
      severityNumber: SeverityNumber.INFO,
      severityText: 'INFO',
      body: `order ${i} placed`,
      attributes: { 'order.number': i },
      context: inRoot,
    });
    root.end();
    counter.add(1, { rush: i % 2 === 0 });
    histogram.record(i / 10);
    ids.push(root.spanContext().traceId);
  }
  await Promise.all([tracers.shutdown(), loggers.shutdown(), meters.shutdown()]);
  return ids;
}
