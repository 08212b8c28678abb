// Spans of an ExportTraceServiceRequest as the query API shows them, decoded by protobufjs: the oracle for what was stored.
import protobuf from 'protobufjs';
import { base64FromBytes } from '#proto/otlp/base64.ts';
import type { Attribute } from '#proto/api/common.ts';
import type { SpanEvent, SpanLink } from '#proto/api/trace.ts';

const root = new protobuf.Root();
root.resolvePath = (_origin, target) =>
  new URL(`../../proto/opentelemetry/${target.replace('opentelemetry/', '')}`, import.meta.url).pathname;
root.loadSync('opentelemetry/proto/collector/trace/v1/trace_service.proto');
const TraceRequest = root.lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');

interface RawValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: { toString(): string };
  doubleValue?: number;
  arrayValue?: { values: RawValue[] };
  kvlistValue?: { values: RawKeyValue[] };
  bytesValue?: Uint8Array;
}
interface RawKeyValue {
  key: string;
  value?: RawValue | null;
}
interface RawSpan {
  traceId: Uint8Array;
  spanId: Uint8Array;
  parentSpanId: Uint8Array;
  name: string;
  kind: number;
  startTimeUnixNano: { toString(): string };
  endTimeUnixNano: { toString(): string };
  attributes: RawKeyValue[];
  droppedAttributesCount: number;
  events: {
    timeUnixNano: { toString(): string };
    name: string;
    attributes: RawKeyValue[];
    droppedAttributesCount: number;
  }[];
  droppedEventsCount: number;
  links: {
    traceId: Uint8Array;
    spanId: Uint8Array;
    traceState: string;
    attributes: RawKeyValue[];
    droppedAttributesCount: number;
    flags: number;
  }[];
  droppedLinksCount: number;
  status?: { code: number; message: string } | null;
  flags: number;
}
interface RawRequest {
  resourceSpans: {
    resource?: { attributes: RawKeyValue[] } | null;
    scopeSpans: { scope?: { name: string; version: string } | null; spans: RawSpan[] }[];
  }[];
}

export interface DecodedSpan {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id: string;
  readonly name: string;
  readonly kind: number;
  readonly start: string;
  readonly end: string;
  readonly status_code: number;
  readonly status_message: string;
  readonly flags: number;
  readonly attributes: Attribute[];
  readonly events: SpanEvent[];
  readonly links: Omit<SpanLink, 'trace_state'>[];
  readonly dropped_attributes: number;
  readonly dropped_events: number;
  readonly dropped_links: number;
  readonly resource: Attribute[];
  readonly scope_name: string;
}

/** protobufjs answers defaults from the prototype: only what the message itself holds counts in a oneof. */
function own<T extends object>(message: T | null | undefined): Partial<T> {
  return message === null || message === undefined ? {} : { ...message };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function json(raw: RawValue | null | undefined): unknown {
  const value = own(raw);
  if (value.stringValue !== undefined) return { stringValue: value.stringValue };
  if (value.boolValue !== undefined) return { boolValue: value.boolValue };
  if (value.intValue !== undefined) return { intValue: value.intValue.toString() };
  if (value.doubleValue !== undefined)
    return {
      doubleValue:
        Number.isFinite(value.doubleValue) && !Object.is(value.doubleValue, -0)
          ? value.doubleValue
          : doubleText(value.doubleValue),
    };
  if (value.bytesValue !== undefined) return { bytesValue: base64FromBytes(value.bytesValue) };
  if (value.arrayValue !== undefined)
    return { arrayValue: value.arrayValue.values.length === 0 ? {} : { values: value.arrayValue.values.map(json) } };
  if (value.kvlistValue !== undefined) {
    return {
      kvlistValue:
        value.kvlistValue.values.length === 0
          ? {}
          : { values: value.kvlistValue.values.map((entry) => ({ key: entry.key, value: json(entry.value) })) },
    };
  }
  return {};
}

function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Arrays and maps are compared as parsed OTLP/JSON, so that neither side's key order or spelling of empty lists matters. */
export function comparable(attribute: Attribute): { key: string; type: string; value: unknown } {
  const nested = attribute.type === 'array' || attribute.type === 'kvlist';
  return {
    key: attribute.key,
    type: attribute.type,
    value: nested ? tidy(JSON.parse(attribute.value)) : attribute.value,
  };
}

function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [
        key,
        key === 'values' && Array.isArray(inner) && inner.length === 0 ? undefined : tidy(inner),
      ])
      .filter(([, inner]) => inner !== undefined),
  );
}

function attribute({ key, value: raw }: RawKeyValue): Attribute {
  const value = own(raw);
  if (value.stringValue !== undefined) return { key, type: 'string', value: value.stringValue };
  if (value.boolValue !== undefined) return { key, type: 'bool', value: String(value.boolValue) };
  if (value.intValue !== undefined) return { key, type: 'int', value: value.intValue.toString() };
  if (value.doubleValue !== undefined) return { key, type: 'double', value: doubleText(value.doubleValue) };
  if (value.bytesValue !== undefined) return { key, type: 'bytes', value: base64FromBytes(value.bytesValue) };
  if (value.arrayValue !== undefined) return { key, type: 'array', value: JSON.stringify(json(raw)) };
  if (value.kvlistValue !== undefined) return { key, type: 'kvlist', value: JSON.stringify(json(raw)) };
  return { key, type: 'unset', value: '' };
}

export function decodeSpans(message: Uint8Array): DecodedSpan[] {
  const request = TraceRequest.decode(message) as unknown as RawRequest;
  return request.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) => ({
        trace_id: hex(span.traceId),
        span_id: hex(span.spanId),
        parent_span_id: hex(span.parentSpanId).replace(/^0+$/, ''),
        name: span.name,
        kind: span.kind,
        start: span.startTimeUnixNano.toString(),
        end: span.endTimeUnixNano.toString(),
        status_code: span.status?.code ?? 0,
        status_message: span.status?.message ?? '',
        flags: span.flags,
        attributes: span.attributes.map(attribute),
        events: span.events.map((event) => ({
          time: event.timeUnixNano.toString(),
          name: event.name,
          attributes: event.attributes.map(attribute),
          dropped_attributes: event.droppedAttributesCount,
        })),
        links: span.links.map((link) => ({
          trace_id: hex(link.traceId),
          span_id: hex(link.spanId),
          flags: link.flags,
          attributes: link.attributes.map(attribute),
          dropped_attributes: link.droppedAttributesCount,
        })),
        dropped_attributes: span.droppedAttributesCount,
        dropped_events: span.droppedEventsCount,
        dropped_links: span.droppedLinksCount,
        resource: (resource?.attributes ?? []).map(attribute),
        scope_name: scope?.name ?? '',
      })),
    ),
  );
}
