// Compares stored spans with what protobufjs decodes from the same bytes.
import protobuf from 'protobufjs';
import { otlpType } from './otlp-proto.ts';

interface OracleValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: { toString(): string };
  doubleValue?: number;
  arrayValue?: { values?: OracleValue[] };
  kvlistValue?: { values?: { key: string; value?: OracleValue }[] };
  bytesValue?: Uint8Array;
}
interface OraclePair {
  key: string;
  value?: OracleValue;
}

/** OTLP/JSON. Numbers that JSON cannot hold are strings. */
interface JsonAnyValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string;
  doubleValue?: number | string;
  arrayValue?: { values?: JsonAnyValue[] };
  kvlistValue?: { values?: { key: string; value?: JsonAnyValue }[] };
  bytesValue?: string;
}
/** The type of a stored value: its field number in AnyValue; 0 = unset. */
const TYPES: Readonly<Record<keyof JsonAnyValue, number>> = {
  stringValue: 1,
  boolValue: 2,
  intValue: 3,
  doubleValue: 4,
  arrayValue: 5,
  kvlistValue: 6,
  bytesValue: 7,
};

/** Type and text an attribute must be stored with, by way of protobufjs's objects. */
export function expectedText(value: OracleValue | undefined | null): { type: number; text: string } {
  const json = toJson(value);
  const [name] = Object.keys(json) as (keyof JsonAnyValue)[];
  if (name === undefined) return { type: 0, text: '' };
  return {
    type: TYPES[name],
    text: name === 'arrayValue' || name === 'kvlistValue' ? JSON.stringify(json) : String(json[name]),
  };
}

function toJson(value: OracleValue | undefined | null): JsonAnyValue {
  if (value === undefined || value === null) return {};
  const has = (name: keyof OracleValue): boolean => Object.hasOwn(value, name) && value[name] !== null;
  if (has('stringValue')) return { stringValue: value.stringValue! };
  if (has('boolValue')) return { boolValue: value.boolValue! };
  if (has('intValue')) return { intValue: value.intValue!.toString() };
  if (has('doubleValue')) return { doubleValue: jsonDouble(value.doubleValue!) };
  if (has('arrayValue')) return { arrayValue: list(value.arrayValue!.values?.map(toJson)) };
  if (has('kvlistValue')) {
    return {
      kvlistValue: list(
        value.kvlistValue!.values?.map((pair) =>
          pair.value == null ? { key: pair.key } : { key: pair.key, value: toJson(pair.value) },
        ),
      ),
    };
  }
  if (has('bytesValue')) return { bytesValue: Buffer.from(value.bytesValue!).toString('base64') };
  return {};
}

function jsonDouble(value: number): number | string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}

function list<T>(values: T[] | undefined): { values?: T[] } {
  return values === undefined || values.length === 0 ? {} : { values };
}

export interface OracleSpan {
  traceId: Uint8Array;
  spanId: Uint8Array;
  parentSpanId: Uint8Array;
  traceState: string;
  flags: number;
  name: string;
  kind: number;
  startTimeUnixNano: { toString(): string };
  endTimeUnixNano: { toString(): string };
  attributes: OraclePair[];
  droppedAttributesCount: number;
  events: { name: string }[];
  droppedEventsCount: number;
  links: unknown[];
  droppedLinksCount: number;
  status?: { code: number; message: string };
}

const request = otlpType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');
const span = otlpType('opentelemetry.proto.trace.v1.Span');
const event = otlpType('opentelemetry.proto.trace.v1.Span.Event');
const link = otlpType('opentelemetry.proto.trace.v1.Span.Link');

/** Spans of a request: decoded, and the bytes of each as they came. */
export function spansOfRequest(body: Uint8Array): { decoded: OracleSpan; bytes: Buffer }[] {
  const found: { decoded: OracleSpan; bytes: Buffer }[] = [];
  for (const resourceSpans of messagesIn(body, 1)) {
    for (const scopeSpans of messagesIn(resourceSpans, 2)) {
      for (const bytes of messagesIn(scopeSpans, 2)) {
        found.push({ decoded: span.decode(bytes) as unknown as OracleSpan, bytes: Buffer.from(bytes) });
      }
    }
  }
  const whole = request.decode(body) as unknown as { resourceSpans: { scopeSpans: { spans: unknown[] }[] }[] };
  const count = whole.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans)).length;
  if (count !== found.length) throw new Error(`walked ${found.length} spans, the request has ${count}`);
  return found;
}

/** Contents of the length-delimited field `field`. */
function messagesIn(bytes: Uint8Array, field: number): Uint8Array[] {
  const reader = protobuf.Reader.create(bytes);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === field * 8 + 2) found.push(reader.bytes());
    else reader.skipType(tag & 7);
  }
  return found;
}

/** A stored row with its events and links as protobufjs would write them, whatever the order of their fields. */
export function inCanonicalOrder(stored: StoredSpan): StoredSpan {
  return {
    ...stored,
    event_hex: stored.event_hex.map((text) => hex(event.encode(event.decode(Buffer.from(text, 'hex'))).finish())),
    link_hex: stored.link_hex.map((text) => hex(link.encode(link.decode(Buffer.from(text, 'hex'))).finish())),
  };
}

export interface StoredSpan {
  trace: string;
  id: string;
  parent: string;
  start_ns: string;
  duration_ns: string;
  name: string;
  kind: number;
  status_code: number;
  status_message: string;
  flags: number;
  trace_state: string;
  attr_keys: string[];
  attr_types: number[];
  attr_values: string[];
  event_names: string[];
  event_hex: string[];
  link_hex: string[];
  dropped_attributes: number;
  dropped_events: number;
  dropped_links: number;
  weight: number;
  service: string;
}

/** The columns `expectedSpan` speaks of; bytes as hexadecimal text. */
export const STORED_SPAN_COLUMNS = `lower(hex(trace_id)) AS trace, lower(hex(span_id)) AS id, lower(hex(parent_span_id)) AS parent,
  toString(toUnixTimestamp64Nano(start)) AS start_ns, toString(duration_ns) AS duration_ns, name, kind, status_code, status_message, flags, trace_state,
  attr_keys, attr_types, attr_values, event_names, arrayMap(x -> lower(hex(x)), events) AS event_hex, arrayMap(x -> lower(hex(x)), links) AS link_hex,
  dropped_attributes, dropped_events, dropped_links, weight, service`;

export function expectedSpan(one: OracleSpan): Partial<StoredSpan> {
  const texts = one.attributes.map((pair) => expectedText(pair.value));
  return {
    trace: hex(one.traceId),
    id: hex(one.spanId),
    parent: hex(one.parentSpanId).padStart(16, '0'),
    start_ns: one.startTimeUnixNano.toString(),
    duration_ns: String(BigInt(one.endTimeUnixNano.toString()) - BigInt(one.startTimeUnixNano.toString())),
    name: one.name,
    kind: one.kind,
    status_code: one.status?.code ?? 0,
    status_message: one.status?.message ?? '',
    flags: one.flags,
    attr_keys: one.attributes.map((pair) => pair.key),
    attr_types: texts.map((t) => t.type),
    attr_values: texts.map((t) => t.text),
    event_names: one.events.map((e) => e.name),
    event_hex: one.events.map((e) => hex(event.encode(e).finish())),
    link_hex: one.links.map((l) => hex(link.encode(l as object).finish())),
    dropped_attributes: one.droppedAttributesCount,
    dropped_events: one.droppedEventsCount,
    dropped_links: one.droppedLinksCount,
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
