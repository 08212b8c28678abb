// The OTLP messages as data: field number, JSON name and kind of every field that OTLP 1.11 defines for traces, logs and metrics.

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

/** `[number, kind]`, `[number, message]`, and `'repeated'` or `'explicit'` behind them. */
type FieldSpec = readonly [
  number: number,
  type: Exclude<FieldKind, 'message'> | (() => MessageSchema),
  label?: 'repeated' | 'explicit',
];

function message(name: string, fields: Readonly<Record<string, FieldSpec>>): MessageSchema {
  const byJson = new Map<string, FieldSchema>();
  const byNumber = new Map<number, FieldSchema>();
  for (const [json, [number, type, label]] of Object.entries(fields)) {
    const nested = typeof type === 'function' ? type : null;
    const field: FieldSchema = {
      number,
      json,
      kind: typeof type === 'function' ? 'message' : type,
      repeated: label === 'repeated',
      explicit: label === 'explicit',
      message: nested,
    };
    byJson.set(json, field);
    byNumber.set(number, field);
  }
  return { name, byJson, byNumber };
}

export const anyValueSchema: MessageSchema = message('AnyValue', {
  stringValue: [1, 'string', 'explicit'],
  boolValue: [2, 'bool', 'explicit'],
  intValue: [3, 'int64', 'explicit'],
  doubleValue: [4, 'double', 'explicit'],
  arrayValue: [5, () => arrayValueSchema, 'explicit'],
  kvlistValue: [6, () => keyValueListSchema, 'explicit'],
  bytesValue: [7, 'bytes', 'explicit'],
});

const arrayValueSchema = message('ArrayValue', { values: [1, () => anyValueSchema, 'repeated'] });

const keyValueSchema: MessageSchema = message('KeyValue', { key: [1, 'string'], value: [2, () => anyValueSchema] });
const keyValue = (): MessageSchema => keyValueSchema;

const keyValueListSchema = message('KeyValueList', { values: [1, keyValue, 'repeated'] });

const entityRefSchema = message('EntityRef', {
  schemaUrl: [1, 'string'],
  type: [2, 'string'],
  idKeys: [3, 'string', 'repeated'],
  descriptionKeys: [4, 'string', 'repeated'],
});

const resourceSchema: MessageSchema = message('Resource', {
  attributes: [1, keyValue, 'repeated'],
  droppedAttributesCount: [2, 'uint32'],
  entityRefs: [3, () => entityRefSchema, 'repeated'],
});
const resource = (): MessageSchema => resourceSchema;

const scopeSchema: MessageSchema = message('InstrumentationScope', {
  name: [1, 'string'],
  version: [2, 'string'],
  attributes: [3, keyValue, 'repeated'],
  droppedAttributesCount: [4, 'uint32'],
});
const scope = (): MessageSchema => scopeSchema;

const spanEventSchema: MessageSchema = message('Span.Event', {
  timeUnixNano: [1, 'fixed64'],
  name: [2, 'string'],
  attributes: [3, keyValue, 'repeated'],
  droppedAttributesCount: [4, 'uint32'],
});

const spanLinkSchema: MessageSchema = message('Span.Link', {
  traceId: [1, 'hex'],
  spanId: [2, 'hex'],
  traceState: [3, 'string'],
  attributes: [4, keyValue, 'repeated'],
  droppedAttributesCount: [5, 'uint32'],
  flags: [6, 'fixed32'],
});

const statusSchema = message('Status', { message: [2, 'string'], code: [3, 'enum'] });

export const spanSchema: MessageSchema = message('Span', {
  traceId: [1, 'hex'],
  spanId: [2, 'hex'],
  traceState: [3, 'string'],
  parentSpanId: [4, 'hex'],
  name: [5, 'string'],
  kind: [6, 'enum'],
  startTimeUnixNano: [7, 'fixed64'],
  endTimeUnixNano: [8, 'fixed64'],
  attributes: [9, keyValue, 'repeated'],
  droppedAttributesCount: [10, 'uint32'],
  events: [11, () => spanEventSchema, 'repeated'],
  droppedEventsCount: [12, 'uint32'],
  links: [13, () => spanLinkSchema, 'repeated'],
  droppedLinksCount: [14, 'uint32'],
  status: [15, () => statusSchema],
  flags: [16, 'fixed32'],
});

const logRecordSchema = message('LogRecord', {
  timeUnixNano: [1, 'fixed64'],
  severityNumber: [2, 'enum'],
  severityText: [3, 'string'],
  body: [5, () => anyValueSchema],
  attributes: [6, keyValue, 'repeated'],
  droppedAttributesCount: [7, 'uint32'],
  flags: [8, 'fixed32'],
  traceId: [9, 'hex'],
  spanId: [10, 'hex'],
  observedTimeUnixNano: [11, 'fixed64'],
  eventName: [12, 'string'],
});

const exemplarSchema = message('Exemplar', {
  timeUnixNano: [2, 'fixed64'],
  asDouble: [3, 'double', 'explicit'],
  spanId: [4, 'hex'],
  traceId: [5, 'hex'],
  asInt: [6, 'sfixed64', 'explicit'],
  filteredAttributes: [7, keyValue, 'repeated'],
});
const exemplar = (): MessageSchema => exemplarSchema;

const numberPointSchema = message('NumberDataPoint', {
  startTimeUnixNano: [2, 'fixed64'],
  timeUnixNano: [3, 'fixed64'],
  asDouble: [4, 'double', 'explicit'],
  exemplars: [5, exemplar, 'repeated'],
  asInt: [6, 'sfixed64', 'explicit'],
  attributes: [7, keyValue, 'repeated'],
  flags: [8, 'uint32'],
});

const histogramPointSchema = message('HistogramDataPoint', {
  startTimeUnixNano: [2, 'fixed64'],
  timeUnixNano: [3, 'fixed64'],
  count: [4, 'fixed64'],
  sum: [5, 'double', 'explicit'],
  bucketCounts: [6, 'fixed64', 'repeated'],
  explicitBounds: [7, 'double', 'repeated'],
  exemplars: [8, exemplar, 'repeated'],
  attributes: [9, keyValue, 'repeated'],
  flags: [10, 'uint32'],
  min: [11, 'double', 'explicit'],
  max: [12, 'double', 'explicit'],
});

const bucketsSchema = message('Buckets', { offset: [1, 'sint32'], bucketCounts: [2, 'uint64', 'repeated'] });

const exponentialPointSchema = message('ExponentialHistogramDataPoint', {
  attributes: [1, keyValue, 'repeated'],
  startTimeUnixNano: [2, 'fixed64'],
  timeUnixNano: [3, 'fixed64'],
  count: [4, 'fixed64'],
  sum: [5, 'double', 'explicit'],
  scale: [6, 'sint32'],
  zeroCount: [7, 'fixed64'],
  positive: [8, () => bucketsSchema],
  negative: [9, () => bucketsSchema],
  flags: [10, 'uint32'],
  exemplars: [11, exemplar, 'repeated'],
  min: [12, 'double', 'explicit'],
  max: [13, 'double', 'explicit'],
  zeroThreshold: [14, 'double'],
});

const quantileSchema = message('ValueAtQuantile', { quantile: [1, 'double'], value: [2, 'double'] });

const summaryPointSchema = message('SummaryDataPoint', {
  startTimeUnixNano: [2, 'fixed64'],
  timeUnixNano: [3, 'fixed64'],
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  quantileValues: [6, () => quantileSchema, 'repeated'],
  attributes: [7, keyValue, 'repeated'],
  flags: [8, 'uint32'],
});

const metricSchema = message('Metric', {
  name: [1, 'string'],
  description: [2, 'string'],
  unit: [3, 'string'],
  gauge: [5, () => gaugeSchema, 'explicit'],
  sum: [7, () => sumSchema, 'explicit'],
  histogram: [9, () => histogramSchema, 'explicit'],
  exponentialHistogram: [10, () => exponentialSchema, 'explicit'],
  summary: [11, () => summarySchema, 'explicit'],
  metadata: [12, keyValue, 'repeated'],
});

const gaugeSchema = message('Gauge', { dataPoints: [1, () => numberPointSchema, 'repeated'] });
const sumSchema = message('Sum', {
  dataPoints: [1, () => numberPointSchema, 'repeated'],
  aggregationTemporality: [2, 'enum'],
  isMonotonic: [3, 'bool'],
});
const histogramSchema = message('Histogram', {
  dataPoints: [1, () => histogramPointSchema, 'repeated'],
  aggregationTemporality: [2, 'enum'],
});
const exponentialSchema = message('ExponentialHistogram', {
  dataPoints: [1, () => exponentialPointSchema, 'repeated'],
  aggregationTemporality: [2, 'enum'],
});
const summarySchema = message('Summary', { dataPoints: [1, () => summaryPointSchema, 'repeated'] });

/** `Export<Signal>ServiceRequest` around resource, scope and items. */
function exportRequest(
  name: string,
  resources: string,
  scopes: string,
  items: string,
  item: MessageSchema,
): MessageSchema {
  const scopeItems = message(`Scope${name}`, {
    scope: [1, scope],
    [items]: [2, () => item, 'repeated'],
    schemaUrl: [3, 'string'],
  });
  const resourceItems = message(`Resource${name}`, {
    resource: [1, resource],
    [scopes]: [2, () => scopeItems, 'repeated'],
    schemaUrl: [3, 'string'],
  });
  return message(`Export${name}ServiceRequest`, { [resources]: [1, () => resourceItems, 'repeated'] });
}

export const traceRequestSchema: MessageSchema = exportRequest(
  'Trace',
  'resourceSpans',
  'scopeSpans',
  'spans',
  spanSchema,
);
export const logsRequestSchema: MessageSchema = exportRequest(
  'Logs',
  'resourceLogs',
  'scopeLogs',
  'logRecords',
  logRecordSchema,
);
export const metricsRequestSchema: MessageSchema = exportRequest(
  'Metrics',
  'resourceMetrics',
  'scopeMetrics',
  'metrics',
  metricSchema,
);
