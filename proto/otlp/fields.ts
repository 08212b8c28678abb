// The fields of every OTLP message, once: the tag of each (number and wire type) as readers compare it and writers write it.
// https://github.com/open-telemetry/opentelemetry-proto, version in proto/opentelemetry; a test compares this table with those files.
//
// A tag is a number, so that a reader compares integers. V8 folds `SPAN.traceId` into the code only where it knows the object: hot code
// takes the tags that it needs into constants of its own module (`const TRACE_ID = SPAN.traceId;`), which are as fast as literals; an
// imported binding is a load from memory at each use.

import { WIRE_BYTES, WIRE_FIXED32, WIRE_FIXED64, WIRE_VARINT } from '../wire/wire-type.ts';

function varint(field: number): number {
  return field * 8 + WIRE_VARINT;
}

/** fixed64, sfixed64 and double. */
function fixed64(field: number): number {
  return field * 8 + WIRE_FIXED64;
}

/** Strings, bytes, messages and packed numbers. */
function bytes(field: number): number {
  return field * 8 + WIRE_BYTES;
}

function fixed32(field: number): number {
  return field * 8 + WIRE_FIXED32;
}

// opentelemetry/proto/common/v1/common.proto

export const ANY_VALUE = {
  stringValue: bytes(1),
  boolValue: varint(2),
  intValue: varint(3),
  doubleValue: fixed64(4),
  arrayValue: bytes(5),
  kvlistValue: bytes(6),
  bytesValue: bytes(7),
  /** Of profiles only. */
  stringValueStrindex: varint(8),
} as const;

export const ARRAY_VALUE = { values: bytes(1) } as const;

export const KEY_VALUE_LIST = { values: bytes(1) } as const;

export const KEY_VALUE = {
  key: bytes(1),
  value: bytes(2),
  /** Of profiles only. */
  keyStrindex: varint(3),
} as const;

export const INSTRUMENTATION_SCOPE = {
  name: bytes(1),
  version: bytes(2),
  attributes: bytes(3),
  droppedAttributesCount: varint(4),
} as const;

export const ENTITY_REF = { schemaUrl: bytes(1), type: bytes(2), idKeys: bytes(3), descriptionKeys: bytes(4) } as const;

// opentelemetry/proto/resource/v1/resource.proto

export const RESOURCE = { attributes: bytes(1), droppedAttributesCount: varint(2), entityRefs: bytes(3) } as const;

// The requests of the three signals have one form: resources, in them scopes, in these the items.

/** ExportTraceServiceRequest and TracesData. */
export const TRACES_DATA = { resourceSpans: bytes(1) } as const;

export const RESOURCE_SPANS = { resource: bytes(1), scopeSpans: bytes(2), schemaUrl: bytes(3) } as const;

export const SCOPE_SPANS = { scope: bytes(1), spans: bytes(2), schemaUrl: bytes(3) } as const;

/** ExportLogsServiceRequest and LogsData. */
export const LOGS_DATA = { resourceLogs: bytes(1) } as const;

export const RESOURCE_LOGS = { resource: bytes(1), scopeLogs: bytes(2), schemaUrl: bytes(3) } as const;

export const SCOPE_LOGS = { scope: bytes(1), logRecords: bytes(2), schemaUrl: bytes(3) } as const;

/** ExportMetricsServiceRequest and MetricsData. */
export const METRICS_DATA = { resourceMetrics: bytes(1) } as const;

export const RESOURCE_METRICS = { resource: bytes(1), scopeMetrics: bytes(2), schemaUrl: bytes(3) } as const;

export const SCOPE_METRICS = { scope: bytes(1), metrics: bytes(2), schemaUrl: bytes(3) } as const;

// opentelemetry/proto/trace/v1/trace.proto

export const SPAN = {
  traceId: bytes(1),
  spanId: bytes(2),
  traceState: bytes(3),
  parentSpanId: bytes(4),
  name: bytes(5),
  kind: varint(6),
  startTimeUnixNano: fixed64(7),
  endTimeUnixNano: fixed64(8),
  attributes: bytes(9),
  droppedAttributesCount: varint(10),
  events: bytes(11),
  droppedEventsCount: varint(12),
  links: bytes(13),
  droppedLinksCount: varint(14),
  status: bytes(15),
  flags: fixed32(16),
} as const;

export const SPAN_EVENT = {
  timeUnixNano: fixed64(1),
  name: bytes(2),
  attributes: bytes(3),
  droppedAttributesCount: varint(4),
} as const;

export const SPAN_LINK = {
  traceId: bytes(1),
  spanId: bytes(2),
  traceState: bytes(3),
  attributes: bytes(4),
  droppedAttributesCount: varint(5),
  flags: fixed32(6),
} as const;

export const STATUS = {
  /** Removed from the OTLP definition in version 0.12; older SDKs still write it. */
  deprecatedCode: varint(1),
  message: bytes(2),
  code: varint(3),
} as const;

// opentelemetry/proto/logs/v1/logs.proto

export const LOG_RECORD = {
  timeUnixNano: fixed64(1),
  severityNumber: varint(2),
  severityText: bytes(3),
  body: bytes(5),
  attributes: bytes(6),
  droppedAttributesCount: varint(7),
  flags: fixed32(8),
  traceId: bytes(9),
  spanId: bytes(10),
  observedTimeUnixNano: fixed64(11),
  eventName: bytes(12),
} as const;

// opentelemetry/proto/metrics/v1/metrics.proto. Repeated numbers come packed, or one a field with the tag `…Unpacked`.

export const METRIC = {
  name: bytes(1),
  description: bytes(2),
  unit: bytes(3),
  gauge: bytes(5),
  sum: bytes(7),
  histogram: bytes(9),
  exponentialHistogram: bytes(10),
  summary: bytes(11),
  metadata: bytes(12),
} as const;

export const GAUGE = { dataPoints: bytes(1) } as const;

export const SUM = { dataPoints: bytes(1), aggregationTemporality: varint(2), isMonotonic: varint(3) } as const;

export const HISTOGRAM = { dataPoints: bytes(1), aggregationTemporality: varint(2) } as const;

export const EXPONENTIAL_HISTOGRAM = { dataPoints: bytes(1), aggregationTemporality: varint(2) } as const;

export const SUMMARY = { dataPoints: bytes(1) } as const;

export const NUMBER_DATA_POINT = {
  startTimeUnixNano: fixed64(2),
  timeUnixNano: fixed64(3),
  asDouble: fixed64(4),
  exemplars: bytes(5),
  asInt: fixed64(6),
  attributes: bytes(7),
  flags: varint(8),
} as const;

export const HISTOGRAM_DATA_POINT = {
  startTimeUnixNano: fixed64(2),
  timeUnixNano: fixed64(3),
  count: fixed64(4),
  sum: fixed64(5),
  bucketCounts: bytes(6),
  bucketCountsUnpacked: fixed64(6),
  explicitBounds: bytes(7),
  explicitBoundsUnpacked: fixed64(7),
  exemplars: bytes(8),
  attributes: bytes(9),
  flags: varint(10),
  min: fixed64(11),
  max: fixed64(12),
} as const;

export const EXPONENTIAL_HISTOGRAM_DATA_POINT = {
  attributes: bytes(1),
  startTimeUnixNano: fixed64(2),
  timeUnixNano: fixed64(3),
  count: fixed64(4),
  sum: fixed64(5),
  scale: varint(6),
  zeroCount: fixed64(7),
  positive: bytes(8),
  negative: bytes(9),
  flags: varint(10),
  exemplars: bytes(11),
  min: fixed64(12),
  max: fixed64(13),
  zeroThreshold: fixed64(14),
} as const;

export const BUCKETS = { offset: varint(1), bucketCounts: bytes(2), bucketCountsUnpacked: varint(2) } as const;

export const SUMMARY_DATA_POINT = {
  startTimeUnixNano: fixed64(2),
  timeUnixNano: fixed64(3),
  count: fixed64(4),
  sum: fixed64(5),
  quantileValues: bytes(6),
  attributes: bytes(7),
  flags: varint(8),
} as const;

export const VALUE_AT_QUANTILE = { quantile: fixed64(1), value: fixed64(2) } as const;

export const EXEMPLAR = {
  timeUnixNano: fixed64(2),
  asDouble: fixed64(3),
  spanId: bytes(4),
  traceId: bytes(5),
  asInt: fixed64(6),
  filteredAttributes: bytes(7),
} as const;
