// An OTTL condition as a function of a span, or of a span event; unknown paths and functions are errors at once.
import { didYouMean } from '#proto/config/nearest-key.ts';
import { traceStateMember, type DecodedEvent, type DecodedSpan } from './decoded-span.ts';
import { FUNCTIONS, patternOf } from './functions.ts';
import { OttlSyntaxError, parseCondition, type Condition, type Expression } from './parse.ts';
import { arithmetic, compare, OttlError, type OttlValue } from './value.ts';

export interface OttlSubject {
  readonly span: DecodedSpan;
  readonly event: DecodedEvent | undefined;
}

/** @throws OttlError where a value has no answer */
export type OttlTest = (subject: OttlSubject) => boolean;
type Getter = (subject: OttlSubject) => OttlValue;

const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const ENUMS: Readonly<Record<string, bigint>> = {
  STATUS_CODE_UNSET: 0n, STATUS_CODE_OK: 1n, STATUS_CODE_ERROR: 2n,
  ...Object.fromEntries(KINDS.map((kind, i) => [`SPAN_KIND_${kind.toUpperCase()}`, BigInt(i)])),
};

/** An absent id is sixteen zeros there, not ''. */
function idText(id: Uint8Array): string {
  return Buffer.from(id).toString('hex');
}

const SPAN_PATHS: Readonly<Record<string, (span: DecodedSpan) => OttlValue>> = {
  name: (span) => span.name,
  kind: (span) => span.kind,
  'kind.string': (span) => KINDS[Number(span.kind)] ?? '',
  'status.code': (span) => span.statusCode,
  'status.message': (span) => span.statusMessage,
  attributes: (span) => span.attributes,
  trace_state: (span) => span.traceState,
  flags: (span) => span.flags,
  trace_id: (span) => span.traceId,
  'trace_id.string': (span) => idText(span.traceId),
  span_id: (span) => span.spanId,
  'span_id.string': (span) => idText(span.spanId),
  parent_span_id: (span) => span.parentId,
  'parent_span_id.string': (span) => idText(span.parentId),
  start_time: (span) => ({ time: span.start }),
  end_time: (span) => ({ time: span.end }),
  start_time_unix_nano: (span) => span.start,
  end_time_unix_nano: (span) => span.end,
  dropped_attributes_count: (span) => span.dropped.attributes,
  dropped_events_count: (span) => span.dropped.events,
  dropped_links_count: (span) => span.dropped.links,
};
const EVENT_PATHS: Readonly<Record<string, (event: DecodedEvent) => OttlValue>> = {
  name: (event) => event.name,
  attributes: (event) => event.attributes,
  time: (event) => ({ time: event.time }),
  time_unix_nano: (event) => event.time,
  dropped_attributes_count: (event) => event.droppedAttributes,
  event_index: (event) => event.index,
};
const SHARED_PATHS: Readonly<Record<string, (span: DecodedSpan) => OttlValue>> = {
  'resource.attributes': (span) => span.resource,
  'resource.dropped_attributes_count': (span) => span.dropped.resourceAttributes,
  'instrumentation_scope.dropped_attributes_count': (span) => span.dropped.scopeAttributes,
  'instrumentation_scope.name': (span) => span.scope.name,
  'instrumentation_scope.version': (span) => span.scope.version,
  'instrumentation_scope.attributes': (span) => span.scope.attributes,
};

/** @throws OttlSyntaxError saying what is wrong */
export function compileOttl(text: string, context: 'span' | 'spanevent'): OttlTest {
  return condition(parseCondition(text), context);
}

function condition(parsed: Condition, context: 'span' | 'spanevent'): OttlTest {
  switch (parsed.kind) {
    case 'not': {
      const inner = condition(parsed.inner, context);
      return (subject) => !inner(subject);
    }
    case 'and': {
      const parts = parsed.parts.map((part) => condition(part, context));
      return (subject) => parts.every((part) => part(subject));
    }
    case 'or': {
      const parts = parsed.parts.map((part) => condition(part, context));
      return (subject) => parts.some((part) => part(subject));
    }
    case 'value': {
      const value = getter(parsed.value, context);
      return (subject) => {
        const answer = value(subject);
        if (typeof answer === 'boolean') return answer;
        throw new OttlError('is neither true nor false');
      };
    }
    case 'compare': {
      const left = getter(parsed.left, context);
      const right = getter(parsed.right, context);
      return (subject) => compare(left(subject), right(subject), parsed.operator);
    }
  }
}

function getter(parsed: Expression, context: 'span' | 'spanevent'): Getter {
  switch (parsed.kind) {
    case 'literal':
      return () => parsed.value;
    case 'list': {
      const items = parsed.items.map((item) => getter(item, context));
      return (subject) => items.map((item) => item(subject));
    }
    case 'enum': {
      const value = ENUMS[parsed.name];
      if (value === undefined) throw new OttlSyntaxError(`has an unknown name ${parsed.name}: ${didYouMean(parsed.name, Object.keys(ENUMS))}`);
      return () => value;
    }
    case 'arithmetic': {
      const left = getter(parsed.left, context);
      const right = getter(parsed.right, context);
      return (subject) => arithmetic(left(subject), right(subject), parsed.sign);
    }
    case 'call':
      return indexed(callGetter(parsed.name, parsed.arguments, context), parsed.keys, context);
    case 'path':
      return pathGetter(parsed.segments, parsed.keys, context);
  }
}

function callGetter(name: string, written: readonly Expression[], context: 'span' | 'spanevent'): Getter {
  if (name === 'IsRootSpan' && context === 'span' && written.length === 0) return ({ span }) => span.parentId.every((byte) => byte === 0);
  const known = FUNCTIONS[name];
  const valid = context === 'span' ? [...Object.keys(FUNCTIONS), 'IsRootSpan'] : Object.keys(FUNCTIONS);
  if (known === undefined) throw new OttlSyntaxError(`calls ${name}, which is no function here: ${didYouMean(name, valid)}`);
  if (written.length < known.arity || written.length > (known.most ?? known.arity)) throw new OttlSyntaxError(`gives ${name} ${written.length} arguments instead of ${known.arity}`);
  const pattern = name === 'IsMatch' ? written[1] : undefined;
  if (pattern?.kind === 'literal' && typeof pattern.value === 'string') checkPattern(pattern.value);
  const values = written.map((one) => getter(one, context));
  return (subject) => known.call(values.map((value) => value(subject)));
}

function checkPattern(pattern: string): void {
  try {
    patternOf(pattern);
  } catch (error) {
    throw new OttlSyntaxError(`has a pattern that is no RE2: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function pathGetter(segments: readonly string[], keys: readonly Expression[], context: 'span' | 'spanevent'): Getter {
  const plain = segments.join('.').replace(/^scope\./, 'instrumentation_scope.');
  const shared = SHARED_PATHS[plain];
  if (shared !== undefined) return indexed(({ span }) => shared(span), keys, context);
  const prefix = segments[0] === 'span' || segments[0] === 'spanevent' ? segments[0] : undefined;
  const path = prefix === undefined ? plain : segments.slice(1).join('.');
  const onEvent = context === 'spanevent' && prefix !== 'span';
  const ofEvent = onEvent ? EVENT_PATHS[path] : undefined;
  const ofSpan = onEvent || (context === 'span' && prefix === 'spanevent') ? undefined : SPAN_PATHS[path];
  if (ofEvent !== undefined) return indexed(({ event }) => (event === undefined ? null : ofEvent(event)), keys, context);
  if (ofSpan === undefined) {
    const known = [...Object.keys(onEvent ? EVENT_PATHS : SPAN_PATHS), ...Object.keys(SHARED_PATHS)];
    throw new OttlSyntaxError(`has an unknown path ${segments.join('.')}: ${didYouMean(plain, known)}`);
  }
  const key = keys[0];
  if (path === 'trace_state' && key?.kind === 'literal' && typeof key.value === 'string') {
    const member = key.value;
    return ({ span }) => traceStateMember(span.traceState, member);
  }
  return indexed(({ span }) => ofSpan(span), keys, context);
}

/** A missing key is nil; indexing what has no keys has no answer. */
function indexed(base: Getter, written: readonly Expression[], context: 'span' | 'spanevent'): Getter {
  if (written.length === 0) return base;
  const keys = written.map((key) => getter(key, context));
  return (subject) => {
    let value = base(subject);
    for (const [i, key] of keys.entries()) {
      const at = key(subject);
      if (value === null && i > 0) return null;
      if (value instanceof Map && typeof at === 'string') value = value.get(at) ?? null;
      else if (Array.isArray(value) && typeof at === 'bigint') {
        if (at < 0n || at >= BigInt(value.length)) throw new OttlError(`has no item ${at}`);
        value = (value as OttlValue[])[Number(at)] ?? null;
      } else throw new OttlError('indexes what has no keys');
    }
    return value;
  };
}
