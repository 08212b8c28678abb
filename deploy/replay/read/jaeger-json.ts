// Jaeger's JSON (API v1: {data:[trace]}, or one bare trace per line) as OTLP spans.
// Mapping as in the OpenTelemetry Collector's Jaeger translator, read backwards from what Jaeger 2 answers.

import { CaptureError } from './capture-request.ts';
import { spanIdOf, traceIdOf } from './foreign-id.ts';
import { integerOf, isObject, objectsOf, textOf, type JsonObject } from './parse-json.ts';
import type { Attribute, SpanGroups } from './span-groups.ts';

const NS_PER_US = 1000n;

const spanKinds: Record<string, number> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };

/** Process tags with another name in OpenTelemetry; clock offsets go by `host.name`. */
const resourceNames: Record<string, string> = { hostname: 'host.name' };

/** The traces of a document, or undefined when it is no Jaeger JSON. */
export function jaegerTraces(document: unknown): JsonObject[] | undefined {
  if (!isObject(document)) return undefined;
  if (Array.isArray(document['spans']) && 'traceID' in document) return [document];
  const data = document['data'];
  if (!Array.isArray(data)) return undefined;
  const traces = objectsOf(data);
  return traces.every((trace) => Array.isArray(trace['spans'])) ? traces : undefined;
}

/**
 * Adds every span of one trace to the groups. No `span.kind` tag leaves the kind unspecified; `error=true` makes the status ERROR.
 * @throws CaptureError when a span names a process that the trace does not have
 */
export function addJaegerTrace(trace: JsonObject, groups: SpanGroups): void {
  const processes = isObject(trace['processes']) ? trace['processes'] : {};
  const resources = new Map<unknown, Attribute[]>();
  for (const span of objectsOf(trace['spans'])) {
    const id = span['processID'];
    let resource = resources.get(id);
    if (resource === undefined) {
      const process = isObject(span['process']) ? span['process'] : processes[textOf(id)];
      if (!isObject(process)) {
        throw new CaptureError(
          `trace ${textOf(trace['traceID'])}: span ${textOf(span['spanID'])} names process ${JSON.stringify(id)}, which the trace does not have`,
        );
      }
      resource = resourceOf(process);
      if (!isObject(span['process'])) resources.set(id, resource);
    }
    addSpan(span, resource, groups);
  }
}

function resourceOf(process: JsonObject): Attribute[] {
  const attributes = objectsOf(process['tags']).map((tag) => attributeOf(tag, resourceNames));
  return [{ key: 'service.name', value: { stringValue: textOf(process['serviceName']) } }, ...attributes];
}

function addSpan(span: JsonObject, resource: Attribute[], groups: SpanGroups): void {
  const attributes: Attribute[] = [];
  const scope: { name?: string; version?: string } = {};
  const status: { code?: number; message?: string } = {};
  let kind = 0;
  let traceState: string | undefined;
  for (const tag of objectsOf(span['tags'])) {
    const value = tag['value'];
    switch (tag['key']) {
      case 'span.kind':
        kind = spanKinds[textOf(value).toLowerCase()] ?? 0;
        break;
      case 'error':
        if (value === true || value === 'true') status.code = 2;
        else if (value !== false && value !== 'false') attributes.push(attributeOf(tag));
        break;
      case 'otel.status_code':
        if (value === 'ERROR') status.code = 2;
        else if (value === 'OK') status.code ??= 1;
        break;
      case 'otel.status_description':
        status.message = textOf(value);
        break;
      case 'otel.scope.name':
      case 'otel.library.name':
        scope.name = textOf(value);
        break;
      case 'otel.scope.version':
      case 'otel.library.version':
        scope.version = textOf(value);
        break;
      case 'w3c.tracestate':
        traceState = textOf(value);
        break;
      default:
        attributes.push(attributeOf(tag));
    }
  }
  const traceId = traceIdOf(span['traceID']);
  const { parentSpanId, links } = referencesOf(span, traceId);
  const start = integerOf(span['startTime']) * NS_PER_US;
  groups.add(resource, scope, {
    traceId,
    spanId: spanIdOf(span['spanID']),
    parentSpanId,
    traceState,
    flags: integerOf(span['flags']).toString(),
    name: textOf(span['operationName']),
    kind,
    startTimeUnixNano: start.toString(),
    endTimeUnixNano: (start + integerOf(span['duration']) * NS_PER_US).toString(),
    attributes,
    events: objectsOf(span['logs']).map(eventOf),
    links,
    status,
  });
}

// The first CHILD_OF within the trace is the parent; everything else is a link, which never is one: what follows from a span runs beside it.
function referencesOf(span: JsonObject, traceId: string): { parentSpanId: string; links: JsonObject[] } {
  const references = objectsOf(span['references']).map((reference) => ({
    followsFrom: reference['refType'] === 'FOLLOWS_FROM',
    traceId: traceIdOf(reference['traceID']),
    spanId: spanIdOf(reference['spanID']),
  }));
  const local = references.filter((reference) => reference.traceId === traceId && reference.spanId !== '');
  const parent = local.find((reference) => !reference.followsFrom);
  const links = references
    .filter((reference) => reference !== parent)
    .map((reference) => ({
      traceId: reference.traceId,
      spanId: reference.spanId,
      attributes: [
        { key: 'opentracing.ref_type', value: { stringValue: reference.followsFrom ? 'follows_from' : 'child_of' } },
      ],
    }));
  return { parentSpanId: parent?.spanId ?? spanIdOf(span['parentSpanID']), links };
}

function eventOf(log: JsonObject): JsonObject {
  const fields = objectsOf(log['fields']);
  const named = fields.find((field) => field['key'] === 'event' && typeof field['value'] === 'string');
  return {
    timeUnixNano: (integerOf(log['timestamp']) * NS_PER_US).toString(),
    name: textOf(named?.['value']),
    attributes: fields.filter((field) => field !== named).map((field) => attributeOf(field)),
  };
}

function attributeOf(tag: JsonObject, names: Record<string, string> = {}): Attribute {
  const key = textOf(tag['key']);
  return { key: names[key] ?? key, value: valueOf(textOf(tag['type']), tag['value']) };
}

function valueOf(type: string, value: unknown): JsonObject {
  switch (type) {
    case 'bool':
      return { boolValue: value === true || value === 'true' };
    case 'int64':
      return { intValue: integerOf(value).toString() };
    case 'float64':
      return { doubleValue: Number(value) };
    case 'binary':
      return { bytesValue: textOf(value) };
    default:
      if (typeof value === 'boolean') return { boolValue: value };
      if (typeof value === 'number')
        return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
      return { stringValue: typeof value === 'string' ? value : JSON.stringify(value ?? '') };
  }
}
