// What paths of OTTL reach, from a span or from a span event: the span, the event, the resource, the scope, and an empty cache.
import { SPAN_KINDS } from '#proto/otlp/enums.ts';
import { didYouMean } from '#proto/config/nearest-key.ts';
import { traceStateMember, type DecodedEvent, type DecodedSpan } from './decoded-span.ts';
import type { Segment } from './parse.ts';
import { OttlSyntaxError } from './syntax-error.ts';
import { IdValue, OttlError, ReceivedMap, WholeValue, type OttlValue } from './value.ts';

export interface OttlSubject {
  readonly span: DecodedSpan;
  readonly event: DecodedEvent | undefined;
  /** Clock of the decision, ns since 1970. */
  readonly nowNs: bigint;
}
export type OttlContext = 'span' | 'spanevent';
type Getter = (subject: OttlSubject) => OttlValue;

/** As the Collector writes them. */
const KINDS = SPAN_KINDS.map((kind) => kind.charAt(0).toUpperCase() + kind.slice(1));
const EMPTY = new ReceivedMap([]);

const OF_SPAN: Readonly<Record<string, (span: DecodedSpan) => OttlValue>> = {
  name: (span) => span.name,
  kind: (span) => span.kind,
  'kind.string': (span) => KINDS[Number(span.kind)] ?? '',
  'kind.deprecated_string': (span) =>
    KINDS[Number(span.kind)] === undefined ? '' : `SPAN_KIND_${KINDS[Number(span.kind)]!.toUpperCase()}`,
  status: (span) => new WholeValue(span, 'status'),
  'status.code': (span) => span.statusCode,
  'status.message': (span) => span.statusMessage,
  attributes: (span) => span.attributes,
  trace_state: (span) => span.traceState,
  flags: (span) => span.flags,
  trace_id: (span) => new IdValue(span.traceId),
  'trace_id.string': (span) => idText(span.traceId),
  span_id: (span) => new IdValue(span.spanId),
  'span_id.string': (span) => idText(span.spanId),
  parent_span_id: (span) => new IdValue(span.parentId),
  'parent_span_id.string': (span) => idText(span.parentId),
  start_time: (span) => ({ time: signed(span.start) }),
  end_time: (span) => ({ time: signed(span.end) }),
  start_time_unix_nano: (span) => signed(span.start),
  end_time_unix_nano: (span) => signed(span.end),
  events: (span) => new WholeValue(span, 'events', span.events.length),
  links: (span) => new WholeValue(span, 'links', span.links),
  dropped_attributes_count: (span) => span.dropped.attributes,
  dropped_events_count: (span) => span.dropped.events,
  dropped_links_count: (span) => span.dropped.links,
};
const OF_EVENT: Readonly<Record<string, (event: DecodedEvent) => OttlValue>> = {
  name: (event) => event.name,
  attributes: (event) => event.attributes,
  time: (event) => ({ time: signed(event.time) }),
  time_unix_nano: (event) => signed(event.time),
  dropped_attributes_count: (event) => event.droppedAttributes,
  event_index: () => {
    throw new OttlError('the policy does not give the index of an event');
  },
};
const OF_RESOURCE: Readonly<Record<string, (span: DecodedSpan) => OttlValue>> = {
  attributes: (span) => span.resource,
  dropped_attributes_count: (span) => span.dropped.resourceAttributes,
  schema_url: noSchema,
};
const OF_SCOPE: Readonly<Record<string, (span: DecodedSpan) => OttlValue>> = {
  name: (span) => span.scope.name,
  version: (span) => span.scope.version,
  attributes: (span) => span.scope.attributes,
  dropped_attributes_count: (span) => span.dropped.scopeAttributes,
  schema_url: noSchema,
};
const CONTEXTS: Readonly<Record<OttlContext, ReadonlySet<string>>> = {
  span: new Set(['span', 'resource', 'instrumentation_scope', 'scope']),
  spanevent: new Set(['spanevent', 'span', 'resource', 'instrumentation_scope', 'scope']),
};

/** The Collector's tail sampler no longer has the schema URLs when it evaluates conditions. */
function noSchema(): OttlValue {
  return '';
}

/** An absent id is zeros there, not ''. */
function idText(id: Uint8Array): string {
  return Buffer.from(id).toString('hex');
}

/** Times are signed there. */
function signed(ns: bigint): bigint {
  return BigInt.asIntN(64, ns);
}

/**
 * Where the path leads before keys are applied; keys of `trace_state` are applied already.
 * @param keys of the last segment, as getters
 * @throws OttlSyntaxError for a path that leads nowhere, or keys where there can be none
 */
export function pathGetter(
  segments: readonly Segment[],
  context: OttlContext,
  keys: readonly Getter[],
): { readonly get: Getter; readonly keyed: boolean } {
  const names = segments.map(({ name }) => name);
  const prefixed = names.length > 1 && CONTEXTS[context].has(names[0]!);
  const of = prefixed ? names[0]! : context;
  const path = (prefixed ? names.slice(1) : names).join('.');
  const found = getterOf(of, path, context);
  if (found === undefined)
    throw new OttlSyntaxError(`has an unknown path ${names.join('.')}: ${didYouMean(path, Object.keys(tableOf(of)))}`);
  const last = names.at(-1)!;
  const keyedEarly = segments.slice(0, -1).some((segment) => segment.keys.length > 0);
  const mayBeKeyed = last === 'attributes' || last === 'cache' || path === 'trace_state';
  if (keyedEarly || (keys.length > 0 && !mayBeKeyed))
    throw new OttlSyntaxError(`has keys in ${names.join('.')}, which has nothing inside`);
  if (path !== 'trace_state' || keys.length === 0) return { get: found, keyed: false };
  if (keys.length > 1) throw new OttlSyntaxError('has several keys behind trace_state');
  const written = segments.at(-1)!.keys[0];
  const member = written?.kind === 'literal' && typeof written.value === 'string' ? written.value : undefined;
  const get: Getter = ({ span }) => {
    const found = traceStateMember(span.traceState, member ?? '');
    if (found !== null && member === undefined) throw new OttlError('trace_state takes a text as its key');
    return found;
  };
  return { keyed: true, get };
}

function tableOf(of: string): Readonly<Record<string, unknown>> {
  return of === 'span' ? OF_SPAN : of === 'spanevent' ? OF_EVENT : of === 'resource' ? OF_RESOURCE : OF_SCOPE;
}

function getterOf(of: string, path: string, context: OttlContext): Getter | undefined {
  if (path === 'cache') return of === context ? () => EMPTY : undefined;
  if (of === 'spanevent') {
    const ofEvent = OF_EVENT[path];
    return ofEvent === undefined ? undefined : ({ event }) => (event === undefined ? null : ofEvent(event));
  }
  const table = of === 'span' ? OF_SPAN : of === 'resource' ? OF_RESOURCE : OF_SCOPE;
  const ofSpan = table[path];
  return ofSpan === undefined ? undefined : ({ span }) => ofSpan(span);
}
