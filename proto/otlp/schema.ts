// The OTLP messages as data: JSON name and kind of every field that OTLP 1.11 defines for traces, logs and metrics.
// The numbers are those of fields.ts.
import {
  ANY_VALUE,
  ARRAY_VALUE,
  BUCKETS,
  ENTITY_REF,
  EXEMPLAR,
  EXPONENTIAL_HISTOGRAM,
  EXPONENTIAL_HISTOGRAM_DATA_POINT,
  GAUGE,
  HISTOGRAM,
  HISTOGRAM_DATA_POINT,
  INSTRUMENTATION_SCOPE,
  KEY_VALUE,
  KEY_VALUE_LIST,
  LOGS_DATA,
  LOG_RECORD,
  METRIC,
  METRICS_DATA,
  NUMBER_DATA_POINT,
  RESOURCE,
  RESOURCE_LOGS,
  RESOURCE_METRICS,
  RESOURCE_SPANS,
  SCOPE_LOGS,
  SCOPE_METRICS,
  SCOPE_SPANS,
  SPAN,
  SPAN_EVENT,
  SPAN_LINK,
  STATUS,
  SUM,
  SUMMARY,
  SUMMARY_DATA_POINT,
  TRACES_DATA,
  VALUE_AT_QUANTILE,
} from './fields.ts';
import { fieldNumber } from '../wire/wire-type.ts';

type FieldKind =
  | 'string'
  | 'bytes'
  /** bytes that OTLP/JSON writes as hex instead of base64 */
  | 'hex'
  | 'bool'
  | 'int32'
  | 'sint32'
  | 'uint32'
  | 'fixed32'
  /** an int32 for which OTLP/JSON knows no names */
  | 'enum'
  | 'int64'
  | 'uint64'
  | 'sfixed64'
  | 'fixed64'
  | 'double'
  | 'message';

export interface FieldSchema {
  /** As one value is written; several numbers are packed. */
  readonly tag: number;
  readonly number: number;
  readonly json: string;
  readonly kind: FieldKind;
  readonly repeated: boolean;
  /** Its default value is not the same as no value: it is one of a oneof, or optional. */
  readonly explicit: boolean;
  /** Set for kind `message`; a field of its own type makes this lazy. */
  readonly message: (() => MessageSchema) | null;
}

export interface MessageSchema {
  readonly name: string;
  readonly byJson: ReadonlyMap<string, FieldSchema>;
  readonly byNumber: ReadonlyMap<number, FieldSchema>;
}

type FieldType = Exclude<FieldKind, 'message'> | (() => MessageSchema);

/** A kind or a message, and how it differs from a plain field. */
type FieldSpec = FieldType | readonly [type: FieldType, label: 'repeated' | 'explicit'];

/** @param tags the message in fields.ts; fields that have no JSON are left out of the specs */
function message<Name extends string>(
  name: string,
  tags: Readonly<Record<Name, number>>,
  specs: Readonly<Partial<Record<Name, FieldSpec>>>,
): MessageSchema {
  const tagByJson = new Map(Object.entries<number>(tags));
  const byJson = new Map<string, FieldSchema>();
  const byNumber = new Map<number, FieldSchema>();
  for (const [json, spec] of Object.entries<FieldSpec | undefined>(specs)) {
    if (spec === undefined) continue;
    const [type, label] = typeof spec === 'object' ? spec : [spec, ''];
    const tag = tagByJson.get(json)!;
    const field: FieldSchema = {
      tag,
      number: fieldNumber(tag),
      json,
      kind: typeof type === 'function' ? 'message' : type,
      repeated: label === 'repeated',
      explicit: label === 'explicit',
      message: typeof type === 'function' ? type : null,
    };
    byJson.set(json, field);
    byNumber.set(field.number, field);
  }
  return { name, byJson, byNumber };
}

export const anyValueSchema: MessageSchema = message('AnyValue', ANY_VALUE, {
  stringValue: ['string', 'explicit'],
  boolValue: ['bool', 'explicit'],
  intValue: ['int64', 'explicit'],
  doubleValue: ['double', 'explicit'],
  arrayValue: [() => arrayValueSchema, 'explicit'],
  kvlistValue: [() => keyValueListSchema, 'explicit'],
  bytesValue: ['bytes', 'explicit'],
});

const arrayValueSchema = message('ArrayValue', ARRAY_VALUE, { values: [() => anyValueSchema, 'repeated'] });

const keyValueSchema: MessageSchema = message('KeyValue', KEY_VALUE, { key: 'string', value: () => anyValueSchema });
const keyValue = (): MessageSchema => keyValueSchema;

const keyValueListSchema = message('KeyValueList', KEY_VALUE_LIST, { values: [keyValue, 'repeated'] });

const entityRefSchema = message('EntityRef', ENTITY_REF, {
  schemaUrl: 'string',
  type: 'string',
  idKeys: ['string', 'repeated'],
  descriptionKeys: ['string', 'repeated'],
});

const resourceSchema: MessageSchema = message('Resource', RESOURCE, {
  attributes: [keyValue, 'repeated'],
  droppedAttributesCount: 'uint32',
  entityRefs: [() => entityRefSchema, 'repeated'],
});
const resource = (): MessageSchema => resourceSchema;

const scopeSchema: MessageSchema = message('InstrumentationScope', INSTRUMENTATION_SCOPE, {
  name: 'string',
  version: 'string',
  attributes: [keyValue, 'repeated'],
  droppedAttributesCount: 'uint32',
});
const scope = (): MessageSchema => scopeSchema;

const spanEventSchema: MessageSchema = message('Span.Event', SPAN_EVENT, {
  timeUnixNano: 'fixed64',
  name: 'string',
  attributes: [keyValue, 'repeated'],
  droppedAttributesCount: 'uint32',
});

const spanLinkSchema: MessageSchema = message('Span.Link', SPAN_LINK, {
  traceId: 'hex',
  spanId: 'hex',
  traceState: 'string',
  attributes: [keyValue, 'repeated'],
  droppedAttributesCount: 'uint32',
  flags: 'fixed32',
});

const statusSchema = message('Status', STATUS, { message: 'string', code: 'enum' });

export const spanSchema: MessageSchema = message('Span', SPAN, {
  traceId: 'hex',
  spanId: 'hex',
  traceState: 'string',
  parentSpanId: 'hex',
  name: 'string',
  kind: 'enum',
  startTimeUnixNano: 'fixed64',
  endTimeUnixNano: 'fixed64',
  attributes: [keyValue, 'repeated'],
  droppedAttributesCount: 'uint32',
  events: [() => spanEventSchema, 'repeated'],
  droppedEventsCount: 'uint32',
  links: [() => spanLinkSchema, 'repeated'],
  droppedLinksCount: 'uint32',
  status: () => statusSchema,
  flags: 'fixed32',
});

const logRecordSchema = message('LogRecord', LOG_RECORD, {
  timeUnixNano: 'fixed64',
  severityNumber: 'enum',
  severityText: 'string',
  body: () => anyValueSchema,
  attributes: [keyValue, 'repeated'],
  droppedAttributesCount: 'uint32',
  flags: 'fixed32',
  traceId: 'hex',
  spanId: 'hex',
  observedTimeUnixNano: 'fixed64',
  eventName: 'string',
});

const exemplarSchema = message('Exemplar', EXEMPLAR, {
  timeUnixNano: 'fixed64',
  asDouble: ['double', 'explicit'],
  spanId: 'hex',
  traceId: 'hex',
  asInt: ['sfixed64', 'explicit'],
  filteredAttributes: [keyValue, 'repeated'],
});
const exemplar = (): MessageSchema => exemplarSchema;

const numberPointSchema = message('NumberDataPoint', NUMBER_DATA_POINT, {
  startTimeUnixNano: 'fixed64',
  timeUnixNano: 'fixed64',
  asDouble: ['double', 'explicit'],
  exemplars: [exemplar, 'repeated'],
  asInt: ['sfixed64', 'explicit'],
  attributes: [keyValue, 'repeated'],
  flags: 'uint32',
});

const histogramPointSchema = message('HistogramDataPoint', HISTOGRAM_DATA_POINT, {
  startTimeUnixNano: 'fixed64',
  timeUnixNano: 'fixed64',
  count: 'fixed64',
  sum: ['double', 'explicit'],
  bucketCounts: ['fixed64', 'repeated'],
  explicitBounds: ['double', 'repeated'],
  exemplars: [exemplar, 'repeated'],
  attributes: [keyValue, 'repeated'],
  flags: 'uint32',
  min: ['double', 'explicit'],
  max: ['double', 'explicit'],
});

const bucketsSchema = message('Buckets', BUCKETS, { offset: 'sint32', bucketCounts: ['uint64', 'repeated'] });

const exponentialPointSchema = message('ExponentialHistogramDataPoint', EXPONENTIAL_HISTOGRAM_DATA_POINT, {
  attributes: [keyValue, 'repeated'],
  startTimeUnixNano: 'fixed64',
  timeUnixNano: 'fixed64',
  count: 'fixed64',
  sum: ['double', 'explicit'],
  scale: 'sint32',
  zeroCount: 'fixed64',
  positive: () => bucketsSchema,
  negative: () => bucketsSchema,
  flags: 'uint32',
  exemplars: [exemplar, 'repeated'],
  min: ['double', 'explicit'],
  max: ['double', 'explicit'],
  zeroThreshold: 'double',
});

const quantileSchema = message('ValueAtQuantile', VALUE_AT_QUANTILE, { quantile: 'double', value: 'double' });

const summaryPointSchema = message('SummaryDataPoint', SUMMARY_DATA_POINT, {
  startTimeUnixNano: 'fixed64',
  timeUnixNano: 'fixed64',
  count: 'fixed64',
  sum: 'double',
  quantileValues: [() => quantileSchema, 'repeated'],
  attributes: [keyValue, 'repeated'],
  flags: 'uint32',
});

const metricSchema = message('Metric', METRIC, {
  name: 'string',
  description: 'string',
  unit: 'string',
  gauge: [() => gaugeSchema, 'explicit'],
  sum: [() => sumSchema, 'explicit'],
  histogram: [() => histogramSchema, 'explicit'],
  exponentialHistogram: [() => exponentialSchema, 'explicit'],
  summary: [() => summarySchema, 'explicit'],
  metadata: [keyValue, 'repeated'],
});

const gaugeSchema = message('Gauge', GAUGE, { dataPoints: [() => numberPointSchema, 'repeated'] });
const sumSchema = message('Sum', SUM, {
  dataPoints: [() => numberPointSchema, 'repeated'],
  aggregationTemporality: 'enum',
  isMonotonic: 'bool',
});
const histogramSchema = message('Histogram', HISTOGRAM, {
  dataPoints: [() => histogramPointSchema, 'repeated'],
  aggregationTemporality: 'enum',
});
const exponentialSchema = message('ExponentialHistogram', EXPONENTIAL_HISTOGRAM, {
  dataPoints: [() => exponentialPointSchema, 'repeated'],
  aggregationTemporality: 'enum',
});
const summarySchema = message('Summary', SUMMARY, { dataPoints: [() => summaryPointSchema, 'repeated'] });

const scopeSpansSchema = message('ScopeSpans', SCOPE_SPANS, {
  scope,
  spans: [() => spanSchema, 'repeated'],
  schemaUrl: 'string',
});
const resourceSpansSchema = message('ResourceSpans', RESOURCE_SPANS, {
  resource,
  scopeSpans: [() => scopeSpansSchema, 'repeated'],
  schemaUrl: 'string',
});
export const traceRequestSchema: MessageSchema = message('ExportTraceServiceRequest', TRACES_DATA, {
  resourceSpans: [() => resourceSpansSchema, 'repeated'],
});

const scopeLogsSchema = message('ScopeLogs', SCOPE_LOGS, {
  scope,
  logRecords: [() => logRecordSchema, 'repeated'],
  schemaUrl: 'string',
});
const resourceLogsSchema = message('ResourceLogs', RESOURCE_LOGS, {
  resource,
  scopeLogs: [() => scopeLogsSchema, 'repeated'],
  schemaUrl: 'string',
});
export const logsRequestSchema: MessageSchema = message('ExportLogsServiceRequest', LOGS_DATA, {
  resourceLogs: [() => resourceLogsSchema, 'repeated'],
});

const scopeMetricsSchema = message('ScopeMetrics', SCOPE_METRICS, {
  scope,
  metrics: [() => metricSchema, 'repeated'],
  schemaUrl: 'string',
});
const resourceMetricsSchema = message('ResourceMetrics', RESOURCE_METRICS, {
  resource,
  scopeMetrics: [() => scopeMetricsSchema, 'repeated'],
  schemaUrl: 'string',
});
export const metricsRequestSchema: MessageSchema = message('ExportMetricsServiceRequest', METRICS_DATA, {
  resourceMetrics: [() => resourceMetricsSchema, 'repeated'],
});
