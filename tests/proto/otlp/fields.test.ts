// The table of fields and the enums against the published definitions.
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import {
  MAX_SEVERITY,
  SEVERITIES,
  SPAN_KINDS,
  STATUS_CODES,
  KIND_CLIENT,
  KIND_CONSUMER,
  KIND_PRODUCER,
  KIND_SERVER,
  KIND_UNSPECIFIED,
  STATUS_ERROR,
  STATUS_UNSET,
  TEMPORALITY_CUMULATIVE,
  TEMPORALITY_DELTA,
  VALUE_ARRAY,
  VALUE_BOOL,
  VALUE_BYTES,
  VALUE_DOUBLE,
  VALUE_INT,
  VALUE_KVLIST,
  VALUE_STRING,
  VALUE_TYPES,
  VALUE_UNSET,
} from '#proto/otlp/enums.ts';
import * as fields from '#proto/otlp/fields.ts';
import { logsRequestSchema, metricsRequestSchema, traceRequestSchema, type MessageSchema } from '#proto/otlp/schema.ts';
import { fieldNumber, WIRE_BYTES, WIRE_FIXED32, WIRE_FIXED64, WIRE_VARINT } from '#proto/wire/wire-type.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';

const MESSAGES: Readonly<Record<keyof typeof fields, string>> = {
  ANY_VALUE: 'common.v1.AnyValue',
  ARRAY_VALUE: 'common.v1.ArrayValue',
  KEY_VALUE_LIST: 'common.v1.KeyValueList',
  KEY_VALUE: 'common.v1.KeyValue',
  INSTRUMENTATION_SCOPE: 'common.v1.InstrumentationScope',
  ENTITY_REF: 'common.v1.EntityRef',
  RESOURCE: 'resource.v1.Resource',
  TRACES_DATA: 'trace.v1.TracesData',
  RESOURCE_SPANS: 'trace.v1.ResourceSpans',
  SCOPE_SPANS: 'trace.v1.ScopeSpans',
  LOGS_DATA: 'logs.v1.LogsData',
  RESOURCE_LOGS: 'logs.v1.ResourceLogs',
  SCOPE_LOGS: 'logs.v1.ScopeLogs',
  METRICS_DATA: 'metrics.v1.MetricsData',
  RESOURCE_METRICS: 'metrics.v1.ResourceMetrics',
  SCOPE_METRICS: 'metrics.v1.ScopeMetrics',
  SPAN: 'trace.v1.Span',
  SPAN_EVENT: 'trace.v1.Span.Event',
  SPAN_LINK: 'trace.v1.Span.Link',
  STATUS: 'trace.v1.Status',
  LOG_RECORD: 'logs.v1.LogRecord',
  METRIC: 'metrics.v1.Metric',
  GAUGE: 'metrics.v1.Gauge',
  SUM: 'metrics.v1.Sum',
  HISTOGRAM: 'metrics.v1.Histogram',
  EXPONENTIAL_HISTOGRAM: 'metrics.v1.ExponentialHistogram',
  SUMMARY: 'metrics.v1.Summary',
  NUMBER_DATA_POINT: 'metrics.v1.NumberDataPoint',
  HISTOGRAM_DATA_POINT: 'metrics.v1.HistogramDataPoint',
  EXPONENTIAL_HISTOGRAM_DATA_POINT: 'metrics.v1.ExponentialHistogramDataPoint',
  BUCKETS: 'metrics.v1.ExponentialHistogramDataPoint.Buckets',
  SUMMARY_DATA_POINT: 'metrics.v1.SummaryDataPoint',
  VALUE_AT_QUANTILE: 'metrics.v1.SummaryDataPoint.ValueAtQuantile',
  EXEMPLAR: 'metrics.v1.Exemplar',
};
const TABLES: ReadonlyMap<string, Readonly<Record<string, number>>> = new Map(Object.entries(fields));
/** Not in the definitions any more. */
const DEPRECATED: Readonly<Record<string, Readonly<Record<string, number>>>> = { STATUS: { deprecatedCode: 0x08 } };

function published(name: string): protobuf.Type {
  const type = otlpType(`opentelemetry.proto.${name}`);
  type.root.resolveAll();
  return type;
}

function wireTypeOf(type: protobuf.Field['type'], resolved: protobuf.ReflectionObject | null): number {
  if (resolved instanceof protobuf.Type || type === 'string' || type === 'bytes') return WIRE_BYTES;
  if (type === 'fixed64' || type === 'sfixed64' || type === 'double') return WIRE_FIXED64;
  return type === 'fixed32' || type === 'sfixed32' || type === 'float' ? WIRE_FIXED32 : WIRE_VARINT;
}

/** Tags by name as the definition has them; a repeated number has two. */
function publishedTags(name: string): Record<string, number> {
  const tags: Record<string, number> = {};
  for (const field of published(name).fieldsArray) {
    const wireType = wireTypeOf(field.type, field.resolvedType);
    const isPacked = field.repeated && wireType !== WIRE_BYTES;
    tags[field.name] = field.id * 8 + (isPacked ? WIRE_BYTES : wireType);
    if (isPacked) tags[`${field.name}Unpacked`] = field.id * 8 + wireType;
  }
  return tags;
}

describe('the table of fields', () => {
  it.each(Object.entries(MESSAGES))(
    'has in %s all fields of %s, with their numbers and wire types',
    (name, message) => {
      expect(TABLES.get(name)).toEqual({ ...publishedTags(message), ...DEPRECATED[name] });
    },
  );

  it('is what the schemas of OTLP/JSON are made of: all fields but those of profiles', () => {
    const check = (schema: MessageSchema, type: protobuf.Type, seen: Set<string>): void => {
      if (seen.has(type.fullName)) return;
      seen.add(type.fullName);
      const ofTraces = type.fieldsArray.filter((field) => !field.name.endsWith('Strindex'));
      const described = [...schema.byJson.values()].map((field) => [field.json, field.number, field.repeated]);
      expect(new Set(described)).toEqual(new Set(ofTraces.map((field) => [field.name, field.id, field.repeated])));
      for (const field of ofTraces) {
        const { resolvedType } = field;
        const nested = schema.byJson.get(field.name)!.message;
        expect(nested === null).toBe(!(resolvedType instanceof protobuf.Type));
        if (nested !== null && resolvedType instanceof protobuf.Type) check(nested(), resolvedType, seen);
      }
    };
    check(traceRequestSchema, published('collector.trace.v1.ExportTraceServiceRequest'), new Set());
    check(logsRequestSchema, published('collector.logs.v1.ExportLogsServiceRequest'), new Set());
    check(metricsRequestSchema, published('collector.metrics.v1.ExportMetricsServiceRequest'), new Set());
  });
});

describe('the enums', () => {
  function enumOf(owner: string, name: string): Record<string, number> {
    const { parent, root } = published(owner);
    const found = root.lookup(`${parent!.fullName}.${name}`) ?? published(owner).lookup(name);
    return (found as protobuf.Enum).values;
  }

  it('number the kinds of spans', () => {
    const kinds = published('trace.v1.Span').lookupEnum('SpanKind').values;
    expect(Object.fromEntries(SPAN_KINDS.map((kind, i) => [`SPAN_KIND_${kind.toUpperCase()}`, i]))).toEqual(kinds);
    expect([KIND_UNSPECIFIED, KIND_SERVER, KIND_CLIENT, KIND_PRODUCER, KIND_CONSUMER]).toEqual(
      ['UNSPECIFIED', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map((kind) => kinds[`SPAN_KIND_${kind}`]),
    );
  });

  it('number the codes of a status', () => {
    const codes = published('trace.v1.Status').lookupEnum('StatusCode').values;
    expect(Object.fromEntries(STATUS_CODES.map((code, i) => [`STATUS_CODE_${code.toUpperCase()}`, i]))).toEqual(codes);
    expect([STATUS_UNSET, STATUS_ERROR]).toEqual([codes['STATUS_CODE_UNSET'], codes['STATUS_CODE_ERROR']]);
  });

  it('number temporalities and severities', () => {
    const temporalities = enumOf('metrics.v1.Sum', 'AggregationTemporality');
    expect(TEMPORALITY_DELTA).toBe(temporalities['AGGREGATION_TEMPORALITY_DELTA']);
    expect(TEMPORALITY_CUMULATIVE).toBe(temporalities['AGGREGATION_TEMPORALITY_CUMULATIVE']);
    const severities = enumOf('logs.v1.LogRecord', 'SeverityNumber');
    expect(MAX_SEVERITY).toBe(Math.max(...Object.values(severities)));
    const { none, ...ranges } = SEVERITIES;
    expect(none).toBe(MAX_SEVERITY + 1);
    for (const [name, least] of Object.entries(ranges))
      expect(least).toBe(severities[`SEVERITY_NUMBER_${name.toUpperCase()}`]);
  });

  it('number the types of values as AnyValue numbers its fields', () => {
    const { ANY_VALUE } = fields;
    expect([VALUE_STRING, VALUE_BOOL, VALUE_INT, VALUE_DOUBLE, VALUE_ARRAY, VALUE_KVLIST, VALUE_BYTES]).toEqual(
      ['string', 'bool', 'int', 'double', 'array', 'kvlist', 'bytes'].map((type) =>
        fieldNumber(ANY_VALUE[`${type}Value` as keyof typeof ANY_VALUE]),
      ),
    );
    expect(VALUE_TYPES[VALUE_UNSET]).toBe('unset');
    expect(VALUE_TYPES.slice(1).map((type) => `${type}Value`)).toEqual(Object.keys(ANY_VALUE).slice(0, -1));
  });
});
