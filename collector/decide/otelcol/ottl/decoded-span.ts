// A span, its events, its resource and scope as values that OTTL paths reach. Only conditions in OTTL pay for this.
import {
  ANY_VALUE,
  INSTRUMENTATION_SCOPE,
  KEY_VALUE,
  KEY_VALUE_LIST,
  RESOURCE,
  SPAN,
  SPAN_EVENT,
  STATUS,
} from '#proto/otlp/fields.ts';
import { WireWalk } from '#proto/wire/walk.ts';
import type { TraceCursor } from '../../trace-cursor.ts';
import { parseTraceState } from '../w3c-trace-state.ts';
import { OttlList, ReceivedMap, type OttlValue } from './value.ts';

type Attributes = ReceivedMap;

export interface DecodedEvent {
  readonly name: string;
  readonly time: bigint;
  readonly attributes: Attributes;
  readonly droppedAttributes: bigint;
}

/** What senders say they left out. */
interface DroppedCounts {
  readonly attributes: bigint;
  readonly events: bigint;
  readonly links: bigint;
  readonly resourceAttributes: bigint;
  readonly scopeAttributes: bigint;
}

export interface DecodedSpan {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentId: Uint8Array;
  readonly traceState: string;
  readonly name: string;
  readonly kind: bigint;
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Attributes;
  readonly events: readonly DecodedEvent[];
  /** How many. */
  readonly links: number;
  readonly statusCode: bigint;
  readonly statusMessage: string;
  readonly flags: bigint;
  readonly resource: Attributes;
  readonly dropped: DroppedCounts;
  readonly scope: { readonly name: string; readonly version: string; readonly attributes: Attributes };
}

/** AnyValues deeper than this are cut to nil; receivers refuse them anyway. */
const MAX_DEPTH = 32;
const NO_ID = new Uint8Array(8);

/** The fields of a message, and their values as OTTL has them. */
class Fields extends WireWalk {
  readonly #buffer: Buffer;

  constructor(bytes: Buffer, from = 0, to = bytes.length) {
    super();
    this.#buffer = bytes;
    this.open(bytes, from, to);
  }

  text(): string {
    return this.#buffer.toString('utf8', this.from, this.to);
  }

  fixed(): bigint {
    let value = 0n;
    for (let i = this.to - 1; i >= this.from; i--) value = (value << 8n) | BigInt(this.bytes[i]!);
    return value;
  }
}

function anyValue(bytes: Buffer, from: number, to: number, depth: number): OttlValue {
  let value: OttlValue = null;
  if (depth > MAX_DEPTH) return null;
  const field = new Fields(bytes, from, to);
  while (field.next()) {
    if (field.tag === ANY_VALUE.stringValue) value = field.text();
    else if (field.tag === ANY_VALUE.boolValue) value = field.signed !== 0n;
    else if (field.tag === ANY_VALUE.intValue) value = field.signed;
    else if (field.tag === ANY_VALUE.doubleValue) value = bytes.readDoubleLE(field.from);
    else if (field.tag === ANY_VALUE.arrayValue)
      value = new OttlList('received', items(bytes, field.from, field.to, depth + 1));
    else if (field.tag === ANY_VALUE.kvlistValue)
      value = keyValues(bytes, field.from, field.to, KEY_VALUE_LIST.values, depth + 1);
    else if (field.tag === ANY_VALUE.bytesValue) value = Uint8Array.prototype.slice.call(bytes, field.from, field.to);
  }
  return value;
}

function items(bytes: Buffer, from: number, to: number, depth: number): OttlValue[] {
  const found: OttlValue[] = [];
  const item = new Fields(bytes, from, to);
  while (item.next()) found.push(anyValue(bytes, item.from, item.to, depth));
  return found;
}

/** KeyValue fields with that tag, decoded as far as somebody asks. */
function keyValues(bytes: Buffer, from: number, to: number, tag: number, depth = 0): Attributes {
  const all = (): [string, OttlValue][] => {
    const found: [string, OttlValue][] = [];
    const pair = new Fields(bytes, from, to);
    while (pair.next()) if (pair.tag === tag) found.push([keyOf(bytes, pair), valueOf(bytes, pair, depth)]);
    return found;
  };
  return new ReceivedMap(all, (key) => {
    const pair = new Fields(bytes, from, to);
    while (pair.next()) if (pair.tag === tag && keyOf(bytes, pair) === key) return valueOf(bytes, pair, depth);
    return undefined;
  });
}

function keyOf(bytes: Buffer, pair: Fields): string {
  let key = '';
  const field = new Fields(bytes, pair.from, pair.to);
  while (field.next()) if (field.tag === KEY_VALUE.key) key = field.text();
  return key;
}

function valueOf(bytes: Buffer, pair: Fields, depth: number): OttlValue {
  let value: OttlValue = null;
  const field = new Fields(bytes, pair.from, pair.to);
  while (field.next()) if (field.tag === KEY_VALUE.value) value = anyValue(bytes, field.from, field.to, depth);
  return value;
}

/** The last field with that tag, else undefined. */
function lastOf(bytes: Buffer, from: number, to: number, tag: number): Fields | undefined {
  let found: Fields | undefined;
  const field = new Fields(bytes, from, to);
  while (field.next()) {
    if (field.tag !== tag) continue;
    found ??= new Fields(bytes, 0, 0);
    found.from = field.from;
    found.to = field.to;
  }
  return found;
}

/** One span; each part is decoded when a condition asks for it. */
class SpanInView implements DecodedSpan {
  readonly #bytes: Buffer;
  readonly #from: number;
  readonly #to: number;
  readonly #resource: Buffer;
  readonly #scope: Buffer;
  #attributes: Attributes | undefined;
  #resourceAttributes: Attributes | undefined;
  #events: readonly DecodedEvent[] | undefined;

  constructor(cursor: TraceCursor) {
    const { bytes, from, to } = cursor.spanBytes();
    const { spans, resources, scopes } = cursor.view.memory;
    this.#bytes = bytes;
    this.#from = from;
    this.#to = to;
    this.#resource = resources.messageOf(spans.resource[cursor.row]!);
    this.#scope = scopes.messageOf(spans.scope[cursor.row]!);
  }

  get traceId(): Uint8Array {
    return this.#raw(SPAN.traceId);
  }

  get spanId(): Uint8Array {
    return this.#raw(SPAN.spanId);
  }

  get parentId(): Uint8Array {
    const id = this.#raw(SPAN.parentSpanId);
    return id.length === NO_ID.length ? id : NO_ID;
  }

  get traceState(): string {
    return this.#last(SPAN.traceState)?.text() ?? '';
  }

  get name(): string {
    return this.#last(SPAN.name)?.text() ?? '';
  }

  get kind(): bigint {
    return this.#int(SPAN.kind);
  }

  get start(): bigint {
    return this.#last(SPAN.startTimeUnixNano)?.fixed() ?? 0n;
  }

  get end(): bigint {
    return this.#last(SPAN.endTimeUnixNano)?.fixed() ?? 0n;
  }

  get attributes(): Attributes {
    return (this.#attributes ??= keyValues(this.#bytes, this.#from, this.#to, SPAN.attributes));
  }

  get events(): readonly DecodedEvent[] {
    if (this.#events !== undefined) return this.#events;
    const events: DecodedEvent[] = [];
    const field = new Fields(this.#bytes, this.#from, this.#to);
    while (field.next()) if (field.tag === SPAN.events) events.push(decodeEvent(this.#bytes, field.from, field.to));
    return (this.#events = events);
  }

  get links(): number {
    let links = 0;
    const field = new Fields(this.#bytes, this.#from, this.#to);
    while (field.next()) if (field.tag === SPAN.links) links++;
    return links;
  }

  get statusCode(): bigint {
    const status = this.#last(SPAN.status);
    return status === undefined ? 0n : (lastOf(this.#bytes, status.from, status.to, STATUS.code)?.signed ?? 0n);
  }

  get statusMessage(): string {
    const status = this.#last(SPAN.status);
    return status === undefined ? '' : (lastOf(this.#bytes, status.from, status.to, STATUS.message)?.text() ?? '');
  }

  get flags(): bigint {
    return this.#last(SPAN.flags)?.fixed() ?? 0n;
  }

  get resource(): Attributes {
    return (this.#resourceAttributes ??= keyValues(this.#resource, 0, this.#resource.length, RESOURCE.attributes));
  }

  get dropped(): DroppedCounts {
    return {
      attributes: this.#int(SPAN.droppedAttributesCount),
      events: this.#int(SPAN.droppedEventsCount),
      links: this.#int(SPAN.droppedLinksCount),
      resourceAttributes:
        lastOf(this.#resource, 0, this.#resource.length, RESOURCE.droppedAttributesCount)?.signed ?? 0n,
      scopeAttributes:
        lastOf(this.#scope, 0, this.#scope.length, INSTRUMENTATION_SCOPE.droppedAttributesCount)?.signed ?? 0n,
    };
  }

  get scope(): DecodedSpan['scope'] {
    const scope = this.#scope;
    const text = (tag: number): string => lastOf(scope, 0, scope.length, tag)?.text() ?? '';
    return {
      name: text(INSTRUMENTATION_SCOPE.name),
      version: text(INSTRUMENTATION_SCOPE.version),
      attributes: keyValues(scope, 0, scope.length, INSTRUMENTATION_SCOPE.attributes),
    };
  }

  #last(tag: number): Fields | undefined {
    return lastOf(this.#bytes, this.#from, this.#to, tag);
  }

  #int(tag: number): bigint {
    return this.#last(tag)?.signed ?? 0n;
  }

  #raw(tag: number): Uint8Array {
    const field = this.#last(tag);
    return field === undefined ? NO_ID : Uint8Array.prototype.slice.call(this.#bytes, field.from, field.to);
  }
}

/** The span that the cursor stands on, valid as long as the trace is in view. */
export function decodeSpan(cursor: TraceCursor): DecodedSpan {
  return new SpanInView(cursor);
}

function decodeEvent(bytes: Buffer, from: number, to: number): DecodedEvent {
  let name = '';
  let time = 0n;
  let droppedAttributes = 0n;
  const field = new Fields(bytes, from, to);
  while (field.next()) {
    if (field.tag === SPAN_EVENT.timeUnixNano) time = field.fixed();
    else if (field.tag === SPAN_EVENT.name) name = field.text();
    else if (field.tag === SPAN_EVENT.droppedAttributesCount) droppedAttributes = field.signed;
  }
  return { name, time, attributes: keyValues(bytes, from, to, SPAN_EVENT.attributes), droppedAttributes };
}

/** nil where the list is malformed, '' where the member is missing. */
export function traceStateMember(text: string, key: string): OttlValue {
  const members = text === '' ? new Map<string, string>() : parseTraceState(text);
  return members === undefined ? null : (members.get(key) ?? '');
}
