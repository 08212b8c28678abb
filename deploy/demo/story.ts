// The words in which the shop's requests are described: who calls whom, what takes how long, what fails.

import type { Attributes } from './byte-builder.ts';

const KIND_INTERNAL = 1;
export const KIND_SERVER = 2;
export const KIND_CLIENT = 3;
export const KIND_PRODUCER = 4;
export const KIND_CONSUMER = 5;

/** Digits drawn per trace: the same order has the same number in every span and log of its trace. */
export const SLOT_USER = 0;
export const SLOT_ORDER = 1;
export const SLOT_PRODUCT = 2;
/** Number of slots. */
export const SLOTS = 3;

/** Something that happens inside a span: own work in ms, a call that is waited for, or calls at the same time. */
export type Step = number | SpanStory | SpanStory[];

/** A log record written at the end of the span. */
export interface LogStory {
  severity: 'INFO' | 'WARN' | 'ERROR';
  body: string;
  attributes?: Attributes;
}

/** One span and what happens in it. */
export interface SpanStory {
  service: string;
  name: string;
  kind: number;
  attributes: Attributes;
  steps: Step[];
  /** Status ERROR with this message. */
  error?: string;
  /** An exception event at the end. */
  exception?: { type: string; message: string };
  log?: LogStory;
  /** Later batches may link to this span: it sends a message. */
  publishes?: boolean;
  /** Number of links to messages sent earlier, for a batch consumer. */
  links?: number;
  /** The caller goes on at once: the span starts after the step before it, but nobody waits for its end. */
  detached?: boolean;
  /** Starts this much later than the step before it; only for what nobody waits for. */
  afterMs?: number;
  /** The sampled flag is missing from the context of this span. */
  unsampled?: boolean;
  /** The batch continues the trace of its first message instead of linking to its messages. */
  joinsMessage?: boolean;
}

/** Way through the network, one direction. */
const NETWORK_MS = 0.25;

const severities = { INFO: 9, WARN: 13, ERROR: 17 } as const;

/** OTLP's number for a severity. */
export function severityNumber(severity: LogStory['severity']): number {
  return severities[severity];
}

/** Optional parts of a call. */
type CallParts = Pick<SpanStory, 'error' | 'exception' | 'log'> & {
  attributes?: Attributes;
  /** Response status of an HTTP call, 200 by default; 500 and more are errors on both sides. */
  code?: number;
};

/** A gRPC call from one service to another: a client span and the server span below it. */
export function grpc(from: string, to: string, method: string, steps: Step[], parts: CallParts = {}): SpanStory {
  const [rpcService = '', rpcMethod = ''] = method.split('/');
  const code = parts.error === undefined ? 0 : 14;
  const shared = {
    'rpc.system': 'grpc',
    'rpc.service': rpcService,
    'rpc.method': rpcMethod,
    'rpc.grpc.status_code': code,
  };
  const server: SpanStory = {
    service: to,
    name: method,
    kind: KIND_SERVER,
    attributes: { ...shared, ...parts.attributes },
    steps,
    ...failure(parts),
  };
  return {
    service: from,
    name: method,
    kind: KIND_CLIENT,
    attributes: { ...shared, 'server.address': to, 'server.port': 8080 },
    steps: [NETWORK_MS, server, NETWORK_MS],
    ...(parts.error !== undefined && { error: `14 UNAVAILABLE: ${parts.error}` }),
  };
}

/** An HTTP call from one service to another. */
export function http(
  from: string,
  to: string,
  verb: string,
  route: string,
  steps: Step[],
  parts: CallParts = {},
): SpanStory {
  const { code = 200 } = parts;
  const failed = code >= 500;
  const response = { 'http.request.method': verb, 'http.response.status_code': code };
  return {
    service: from,
    name: verb,
    kind: KIND_CLIENT,
    attributes: { ...response, 'server.address': to, 'server.port': 8080, 'url.full': `http://${to}:8080${route}` },
    steps: [NETWORK_MS, serve(to, verb, route, steps, parts), NETWORK_MS],
    ...(failed && { error: parts.error ?? `HTTP ${code}` }),
  };
}

/** An HTTP server span: the root of a request from outside, or the far side of a call. */
export function serve(service: string, verb: string, route: string, steps: Step[], parts: CallParts = {}): SpanStory {
  const { code = 200 } = parts;
  const response = {
    'http.request.method': verb,
    'http.route': route,
    'url.path': route,
    'url.scheme': 'http',
    'http.response.status_code': code,
  };
  return {
    service,
    name: `${verb} ${route}`,
    kind: KIND_SERVER,
    attributes: { ...response, ...parts.attributes },
    steps,
    ...failure(parts),
    ...(code >= 500 && { error: parts.error ?? `HTTP ${code}` }),
  };
}

/** A statement sent to a database; its first word is the operation. */
export function query(
  service: string,
  system: string,
  target: string,
  text: string,
  ms: number,
  parts: CallParts = {},
): SpanStory {
  const operation = text.split(' ', 1)[0]!;
  return {
    service,
    name: `${operation} ${target}`,
    kind: KIND_CLIENT,
    attributes: {
      'db.system.name': system,
      'db.namespace': 'shop',
      'db.operation.name': operation,
      'db.collection.name': target,
      'db.query.text': text,
      'server.address': `${system}.shop.svc`,
      ...parts.attributes,
    },
    steps: [ms],
    ...failure(parts),
  };
}

/** Work inside a service. */
export function internal(service: string, name: string, steps: Step[], attributes: Attributes = {}): SpanStory {
  return { service, name, kind: KIND_INTERNAL, attributes, steps };
}

function failure(parts: CallParts): Partial<SpanStory> {
  const { error, exception, log } = parts;
  return {
    ...(error !== undefined && { error }),
    ...(exception !== undefined && { exception }),
    ...(log !== undefined && { log }),
  };
}

/** Attributes of a message that is sent or received. */
export function message(operation: 'send' | 'process', group?: string): Attributes {
  return {
    'messaging.system': 'kafka',
    'messaging.destination.name': 'orders',
    'messaging.operation.type': operation,
    'messaging.operation.name': operation,
    ...(group !== undefined && { 'messaging.consumer.group.name': group }),
  };
}
