// Zipkin v2 JSON as OTLP spans, mapped as in the OpenTelemetry Collector's Zipkin translator. A shared span keeps the id
// that it has in common with its client: taking the two apart is the work of reconstruction, which sees the whole trace.

import { spanIdOf, traceIdOf } from './foreign-id.ts';
import { integerOf, isObject, objectsOf, textOf, type JsonObject } from './parse-json.ts';
import type { Attribute, SpanGroups } from './span-groups.ts';

const NS_PER_US = 1000n;

const spanKinds: Record<string, number> = { SERVER: 2, CLIENT: 3, PRODUCER: 4, CONSUMER: 5 };

/** Tags that name a queue or topic, with the messaging system they imply. */
const destinationTags: Record<string, string> = {
  'kafka.topic': 'kafka',
  'jms.queue': 'jms',
  'jms.topic': 'jms',
  'rabbit.queue': 'rabbitmq',
};

/** The spans of a document: one span, or an array of them. Undefined when it is no Zipkin JSON. */
export function zipkinSpans(document: unknown): JsonObject[] | undefined {
  const spans = Array.isArray(document) ? objectsOf(document) : isObject(document) ? [document] : [];
  const all =
    spans.length > 0 && spans.every((span) => typeof span['traceId'] === 'string' && typeof span['id'] === 'string');
  return all ? spans : undefined;
}

/** Adds one Zipkin span to the groups. An `error` tag that is not "false" makes the status ERROR. */
export function addZipkinSpan(span: JsonObject, groups: SpanGroups): void {
  const local = isObject(span['localEndpoint']) ? span['localEndpoint'] : {};
  const remote = isObject(span['remoteEndpoint']) ? span['remoteEndpoint'] : {};
  const tags = isObject(span['tags']) ? span['tags'] : {};
  const kind = spanKinds[textOf(span['kind']).toUpperCase()] ?? 0;
  const events = objectsOf(span['annotations']).map((annotation) => ({
    timeUnixNano: (integerOf(annotation['timestamp']) * NS_PER_US).toString(),
    name: textOf(annotation['value']),
  }));
  const attributes = [
    ...endpointAttributes(local, 'net.host', undefined),
    ...endpointAttributes(remote, 'net.peer', 'peer.service'),
  ];
  attributes.push(...tagAttributes(tags), ...messagingAttributes(tags, remote, kind));
  if (span['shared'] === true) attributes.push({ key: 'zipkin.shared', value: { boolValue: true } });
  if (span['debug'] === true) attributes.push({ key: 'zipkin.debug', value: { boolValue: true } });
  const start = integerOf(span['timestamp'] ?? objectsOf(span['annotations'])[0]?.['timestamp']) * NS_PER_US;
  groups.add(
    [{ key: 'service.name', value: { stringValue: textOf(local['serviceName'], 'unknown_service') } }],
    {},
    {
      traceId: traceIdOf(span['traceId']),
      spanId: spanIdOf(span['id']),
      parentSpanId: spanIdOf(span['parentId']),
      name: textOf(span['name']),
      kind,
      startTimeUnixNano: start.toString(),
      endTimeUnixNano: (start + integerOf(span['duration']) * NS_PER_US).toString(),
      attributes,
      events,
      status: statusOf(tags['error']),
    },
  );
}

function statusOf(error: unknown): JsonObject {
  if (error === undefined || error === null || error === false || error === 'false') return {};
  const message = textOf(error);
  return message === '' || message === 'true' ? { code: 2 } : { code: 2, message };
}

function tagAttributes(tags: JsonObject): Attribute[] {
  return Object.entries(tags)
    .filter(([key]) => key !== 'error')
    .map(([key, value]) => ({
      key,
      value: { stringValue: typeof value === 'string' ? value : JSON.stringify(value) },
    }));
}

function endpointAttributes(endpoint: JsonObject, prefix: string, nameKey: string | undefined): Attribute[] {
  const attributes: Attribute[] = [];
  const name = textOf(endpoint['serviceName']);
  const address = textOf(endpoint['ipv4']) || textOf(endpoint['ipv6']);
  const port = integerOf(endpoint['port']);
  if (nameKey !== undefined && name !== '') attributes.push({ key: nameKey, value: { stringValue: name } });
  if (address !== '') attributes.push({ key: `${prefix}.ip`, value: { stringValue: address } });
  if (port !== 0n) attributes.push({ key: `${prefix}.port`, value: { intValue: port.toString() } });
  return attributes;
}

// Zipkin names the broker as remote endpoint and the topic in a tag; OpenTelemetry has attributes for both.
function messagingAttributes(tags: JsonObject, remote: JsonObject, kind: number): Attribute[] {
  if (kind !== spanKinds['PRODUCER'] && kind !== spanKinds['CONSUMER']) return [];
  const named = Object.entries(destinationTags).find(([tag]) => typeof tags[tag] === 'string');
  const system = named?.[1] ?? textOf(remote['serviceName']);
  const attributes: Attribute[] = [];
  if (system !== '') attributes.push({ key: 'messaging.system', value: { stringValue: system } });
  if (named !== undefined)
    attributes.push({ key: 'messaging.destination.name', value: { stringValue: textOf(tags[named[0]]) } });
  return attributes;
}
