// Reads validated OTLP metrics bytes into plain objects: metrics come by the thousand, not by the million.
import { msOfNanos } from '#proto/model/unix-nano.ts';
import {
  BUCKETS,
  EXEMPLAR,
  EXPONENTIAL_HISTOGRAM_DATA_POINT,
  HISTOGRAM_DATA_POINT,
  KEY_VALUE,
  METRIC,
  METRICS_DATA,
  NUMBER_DATA_POINT,
  RESOURCE,
  RESOURCE_METRICS,
  SCOPE_METRICS,
  SUM,
  SUMMARY_DATA_POINT,
  VALUE_AT_QUANTILE,
} from '#proto/otlp/fields.ts';
import { textFromAnyValue } from '#proto/otlp/any-value-text.ts';
import { WireReader } from '#proto/wire/reader.ts';
import { decodeUtf8 } from '#proto/wire/utf8.ts';
import { unzigzag32 } from '#proto/wire/varint.ts';

const NO_BYTES = new Uint8Array(0);

export interface Attribute {
  readonly key: string;
  readonly value: string;
}

export interface Exemplar {
  tsMs: number;
  value: number;
  traceId: Uint8Array;
  spanId: Uint8Array;
  attributes: Attribute[];
}

export interface Buckets {
  offset: number;
  counts: number[];
}

/** A data point of any type; fields that its type does not know stay at their zero. */
export interface Point {
  attributes: Attribute[];
  startMs: number;
  tsMs: number;
  flags: number;
  /** Gauge and sum; null when unset. */
  value: number | null;
  count: number;
  /** Null when the sender left it out. */
  sum: number | null;
  bucketCounts: number[];
  explicitBounds: number[];
  scale: number;
  zeroCount: number;
  zeroThreshold: number;
  positive: Buckets;
  negative: Buckets;
  quantiles: { quantile: number; value: number }[];
  exemplars: Exemplar[];
}

type MetricType = 'gauge' | 'sum' | 'histogram' | 'exponential' | 'summary';

export interface Metric {
  name: string;
  description: string;
  unit: string;
  /** Null for a metric without data. */
  type: MetricType | null;
  /** 1 delta, 2 cumulative, 0 unspecified. */
  temporality: number;
  monotonic: boolean;
  points: Point[];
}

export interface ResourceMetrics {
  attributes: Attribute[];
  metrics: Metric[];
}

const metricTypes: ReadonlyMap<number, MetricType> = new Map([
  [METRIC.gauge, 'gauge'],
  [METRIC.sum, 'sum'],
  [METRIC.histogram, 'histogram'],
  [METRIC.exponentialHistogram, 'exponential'],
  [METRIC.summary, 'summary'],
]);

/** Calls `each` once per ResourceMetrics of a validated ExportMetricsServiceRequest. */
export function readMetrics(body: Uint8Array, each: (resource: ResourceMetrics) => void): void {
  fields(new WireReader(body), (tag, reader) => {
    if (tag !== METRICS_DATA.resourceMetrics) return;
    const resource: ResourceMetrics = { attributes: [], metrics: [] };
    fields(reader, (tag, reader) => {
      if (tag === RESOURCE_METRICS.resource)
        fields(reader, (tag, reader) => tag === RESOURCE.attributes && resource.attributes.push(attribute(reader)));
      else if (tag === RESOURCE_METRICS.scopeMetrics)
        fields(reader, (tag, reader) => tag === SCOPE_METRICS.metrics && resource.metrics.push(metric(reader)));
    });
    each(resource);
  });
}

/** Calls `each` for every field of a message. For a length-delimited field the reader given covers just that field. */
function fields(reader: WireReader, each: (tag: number, reader: WireReader) => unknown): void {
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if ((tag & 7) === 2) {
      const end = reader.length();
      each(tag, new WireReader(reader.bytes, reader.pos, end));
      reader.pos = end;
      continue;
    }
    const at = reader.pos;
    reader.skip(tag);
    const end = reader.pos;
    reader.pos = at;
    each(tag, reader);
    reader.pos = end;
  }
}

function text(reader: WireReader): string {
  return decodeUtf8(reader.bytes, reader.pos, reader.end);
}

function attribute(pair: WireReader): Attribute {
  let key = '';
  let value = '';
  fields(pair, (tag, reader) => {
    if (tag === KEY_VALUE.key) key = text(reader);
    else if (tag === KEY_VALUE.value) value = textFromAnyValue(reader.bytes, reader.pos, reader.end).text;
  });
  return { key, value };
}

function metric(bytes: WireReader): Metric {
  const result: Metric = {
    name: '',
    description: '',
    unit: '',
    type: null,
    temporality: 0,
    monotonic: false,
    points: [],
  };
  fields(bytes, (tag, reader) => {
    const type = metricTypes.get(tag);
    if (tag === METRIC.name) result.name = text(reader);
    else if (tag === METRIC.description) result.description = text(reader);
    else if (tag === METRIC.unit) result.unit = text(reader);
    else if (type !== undefined) {
      result.type = type;
      // The five kinds of data number their fields alike.
      fields(reader, (tag, reader) => {
        if (tag === SUM.dataPoints) result.points.push(point(reader, type));
        else if (tag === SUM.aggregationTemporality && type !== 'gauge' && type !== 'summary')
          result.temporality = reader.varint32();
        else if (tag === SUM.isMonotonic && type === 'sum') result.monotonic = reader.varint32() !== 0;
      });
    }
  });
  return result;
}

function emptyPoint(): Point {
  return {
    attributes: [],
    startMs: 0,
    tsMs: 0,
    flags: 0,
    value: null,
    count: 0,
    sum: null,
    bucketCounts: [],
    explicitBounds: [],
    scale: 0,
    zeroCount: 0,
    zeroThreshold: 0,
    positive: { offset: 0, counts: [] },
    negative: { offset: 0, counts: [] },
    quantiles: [],
    exemplars: [],
  };
}

function point(bytes: WireReader, type: MetricType): Point {
  const result = emptyPoint();
  fields(bytes, (tag, reader) => {
    // Fields 2 and 3 are the times in every type of point.
    if (tag === NUMBER_DATA_POINT.startTimeUnixNano) result.startMs = timeMs(reader);
    else if (tag === NUMBER_DATA_POINT.timeUnixNano) result.tsMs = timeMs(reader);
    else if (type === 'histogram') histogramField(result, tag, reader);
    else if (type === 'exponential') exponentialField(result, tag, reader);
    else if (type === 'summary') summaryField(result, tag, reader);
    else numberField(result, tag, reader);
  });
  return result;
}

function numberField(into: Point, tag: number, reader: WireReader): void {
  if (tag === NUMBER_DATA_POINT.asDouble) into.value = reader.double();
  else if (tag === NUMBER_DATA_POINT.asInt) into.value = signed64(reader);
  else if (tag === NUMBER_DATA_POINT.exemplars) into.exemplars.push(exemplar(reader));
  else if (tag === NUMBER_DATA_POINT.attributes) into.attributes.push(attribute(reader));
  else if (tag === NUMBER_DATA_POINT.flags) into.flags = reader.varint32();
}

function histogramField(into: Point, tag: number, reader: WireReader): void {
  if (tag === HISTOGRAM_DATA_POINT.count) into.count = unsigned64(reader);
  else if (tag === HISTOGRAM_DATA_POINT.sum) into.sum = reader.double();
  else if (tag === HISTOGRAM_DATA_POINT.bucketCounts || tag === HISTOGRAM_DATA_POINT.bucketCountsUnpacked)
    numbers(tag, reader, (r) => into.bucketCounts.push(unsigned64(r)));
  else if (tag === HISTOGRAM_DATA_POINT.explicitBounds || tag === HISTOGRAM_DATA_POINT.explicitBoundsUnpacked)
    numbers(tag, reader, (r) => into.explicitBounds.push(r.double()));
  else if (tag === HISTOGRAM_DATA_POINT.exemplars) into.exemplars.push(exemplar(reader));
  else if (tag === HISTOGRAM_DATA_POINT.attributes) into.attributes.push(attribute(reader));
  else if (tag === HISTOGRAM_DATA_POINT.flags) into.flags = reader.varint32();
}

function exponentialField(into: Point, tag: number, reader: WireReader): void {
  if (tag === EXPONENTIAL_HISTOGRAM_DATA_POINT.attributes) into.attributes.push(attribute(reader));
  else if (tag === EXPONENTIAL_HISTOGRAM_DATA_POINT.count) into.count = unsigned64(reader);
  else if (tag === EXPONENTIAL_HISTOGRAM_DATA_POINT.sum) into.sum = reader.double();
  else if (tag === EXPONENTIAL_HISTOGRAM_DATA_POINT.scale) into.scale = unzigzag32(reader.varint32());
  else if (tag === EXPONENTIAL_HISTOGRAM_DATA_POINT.zeroCount) into.zeroCount = unsigned64(reader);
  else if (tag === EXPONENTIAL_HISTOGRAM_DATA_POINT.positive) into.positive = buckets(reader);
  else if (tag === EXPONENTIAL_HISTOGRAM_DATA_POINT.negative) into.negative = buckets(reader);
  else if (tag === EXPONENTIAL_HISTOGRAM_DATA_POINT.flags) into.flags = reader.varint32();
  else if (tag === EXPONENTIAL_HISTOGRAM_DATA_POINT.exemplars) into.exemplars.push(exemplar(reader));
  else if (tag === EXPONENTIAL_HISTOGRAM_DATA_POINT.zeroThreshold) into.zeroThreshold = reader.double();
}

function summaryField(into: Point, tag: number, reader: WireReader): void {
  if (tag === SUMMARY_DATA_POINT.count) into.count = unsigned64(reader);
  else if (tag === SUMMARY_DATA_POINT.sum) into.sum = reader.double();
  else if (tag === SUMMARY_DATA_POINT.quantileValues) {
    const pair = { quantile: 0, value: 0 };
    fields(reader, (tag, reader) => {
      if (tag === VALUE_AT_QUANTILE.quantile) pair.quantile = reader.double();
      else if (tag === VALUE_AT_QUANTILE.value) pair.value = reader.double();
    });
    into.quantiles.push(pair);
  } else if (tag === SUMMARY_DATA_POINT.attributes) into.attributes.push(attribute(reader));
  else if (tag === SUMMARY_DATA_POINT.flags) into.flags = reader.varint32();
}

function buckets(bytes: WireReader): Buckets {
  const result: Buckets = { offset: 0, counts: [] };
  fields(bytes, (tag, reader) => {
    if (tag === BUCKETS.offset) result.offset = unzigzag32(reader.varint32());
    else if (tag === BUCKETS.bucketCounts || tag === BUCKETS.bucketCountsUnpacked) {
      numbers(tag, reader, (r) => {
        r.varint64();
        result.counts.push(r.unsignedNumber());
      });
    }
  });
  return result;
}

function exemplar(bytes: WireReader): Exemplar {
  const result: Exemplar = { tsMs: 0, value: 0, traceId: NO_BYTES, spanId: NO_BYTES, attributes: [] };
  fields(bytes, (tag, reader) => {
    if (tag === EXEMPLAR.timeUnixNano) result.tsMs = timeMs(reader);
    else if (tag === EXEMPLAR.asDouble) result.value = reader.double();
    else if (tag === EXEMPLAR.asInt) result.value = signed64(reader);
    else if (tag === EXEMPLAR.spanId) result.spanId = reader.bytes.slice(reader.pos, reader.end);
    else if (tag === EXEMPLAR.traceId) result.traceId = reader.bytes.slice(reader.pos, reader.end);
    else if (tag === EXEMPLAR.filteredAttributes) result.attributes.push(attribute(reader));
  });
  return result;
}

/** A repeated number, packed or not. */
function numbers(tag: number, reader: WireReader, one: (reader: WireReader) => void): void {
  if ((tag & 7) !== 2) one(reader);
  else while (reader.pos < reader.end) one(reader);
}

function timeMs(reader: WireReader): number {
  reader.fixed64();
  return msOfNanos(reader.unsigned());
}

function unsigned64(reader: WireReader): number {
  reader.fixed64();
  return reader.unsignedNumber();
}

function signed64(reader: WireReader): number {
  reader.fixed64();
  return reader.signedNumber();
}
