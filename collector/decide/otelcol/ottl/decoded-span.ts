// A span, its events, its resource and scope as values that OTTL paths reach. Only conditions in OTTL pay for this.
import { readVarint, skipField, walk } from '../../values/protobuf-walk.ts';
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

/** Steps over the fields of a message; a length-delimited one has its payload at [start, end). */
class Fields {
  number = 0;
  start = 0;
  end = 0;
  readonly bytes: Buffer;
  #at: number;
  readonly #to: number;

  constructor(bytes: Buffer, from = 0, to = bytes.length) {
    this.bytes = bytes;
    this.#at = from;
    this.#to = to;
  }

  next(): boolean {
    if (this.#at >= this.#to) return false;
    readVarint(this.bytes, this.#at, this.#to);
    const tag = walk.low;
    const payload = walk.position;
    this.end = skipField(this.bytes, payload, this.#to, tag & 7);
    this.start = (tag & 7) === 2 ? walk.position : payload;
    this.number = tag >>> 3;
    this.#at = this.end;
    return true;
  }

  text(): string {
    return this.bytes.toString('utf8', this.start, this.end);
  }

  int(): bigint {
    readVarint(this.bytes, this.start, this.end);
    return BigInt.asIntN(64, (BigInt(walk.high) << 32n) | BigInt(walk.low));
  }

  fixed(): bigint {
    let value = 0n;
    for (let i = this.end - 1; i >= this.start; i--) value = (value << 8n) | BigInt(this.bytes[i]!);
    return value;
  }
}

function anyValue(bytes: Buffer, from: number, to: number, depth: number): OttlValue {
  let value: OttlValue = null;
  if (depth > MAX_DEPTH) return null;
  const field = new Fields(bytes, from, to);
  while (field.next()) {
    if (field.number === 1) value = field.text();
    else if (field.number === 2) value = field.int() !== 0n;
    else if (field.number === 3) value = field.int();
    else if (field.number === 4) value = bytes.readDoubleLE(field.start);
    else if (field.number === 5) value = new OttlList('received', items(bytes, field.start, field.end, depth + 1));
    else if (field.number === 6) value = keyValues(bytes, field.start, field.end, 1, depth + 1);
    else if (field.number === 7) value = Uint8Array.prototype.slice.call(bytes, field.start, field.end);
  }
  return value;
}

function items(bytes: Buffer, from: number, to: number, depth: number): OttlValue[] {
  const found: OttlValue[] = [];
  const item = new Fields(bytes, from, to);
  while (item.next()) found.push(anyValue(bytes, item.start, item.end, depth));
  return found;
}

/** KeyValue fields with that number, decoded as far as somebody asks. */
function keyValues(bytes: Buffer, from: number, to: number, number: number, depth = 0): Attributes {
  const all = (): [string, OttlValue][] => {
    const found: [string, OttlValue][] = [];
    const pair = new Fields(bytes, from, to);
    while (pair.next()) if (pair.number === number) found.push([keyOf(bytes, pair), valueOf(bytes, pair, depth)]);
    return found;
  };
  return new ReceivedMap(all, (key) => {
    const pair = new Fields(bytes, from, to);
    while (pair.next()) if (pair.number === number && keyOf(bytes, pair) === key) return valueOf(bytes, pair, depth);
    return undefined;
  });
}

function keyOf(bytes: Buffer, pair: Fields): string {
  let key = '';
  const field = new Fields(bytes, pair.start, pair.end);
  while (field.next()) if (field.number === 1) key = field.text();
  return key;
}

function valueOf(bytes: Buffer, pair: Fields, depth: number): OttlValue {
  let value: OttlValue = null;
  const field = new Fields(bytes, pair.start, pair.end);
  while (field.next()) if (field.number === 2) value = anyValue(bytes, field.start, field.end, depth);
  return value;
}

/** The last field with that number, else undefined. */
function lastOf(bytes: Buffer, from: number, to: number, number: number): Fields | undefined {
  let found: Fields | undefined;
  const field = new Fields(bytes, from, to);
  while (field.next()) {
    if (field.number !== number) continue;
    found ??= new Fields(bytes, 0, 0);
    found.start = field.start;
    found.end = field.end;
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
    return this.#raw(1);
  }

  get spanId(): Uint8Array {
    return this.#raw(2);
  }

  get parentId(): Uint8Array {
    const id = this.#raw(4);
    return id.length === NO_ID.length ? id : NO_ID;
  }

  get traceState(): string {
    return this.#last(3)?.text() ?? '';
  }

  get name(): string {
    return this.#last(5)?.text() ?? '';
  }

  get kind(): bigint {
    return this.#int(6);
  }

  get start(): bigint {
    return this.#last(7)?.fixed() ?? 0n;
  }

  get end(): bigint {
    return this.#last(8)?.fixed() ?? 0n;
  }

  get attributes(): Attributes {
    return (this.#attributes ??= keyValues(this.#bytes, this.#from, this.#to, 9));
  }

  get events(): readonly DecodedEvent[] {
    if (this.#events !== undefined) return this.#events;
    const events: DecodedEvent[] = [];
    const field = new Fields(this.#bytes, this.#from, this.#to);
    while (field.next()) if (field.number === 11) events.push(decodeEvent(this.#bytes, field.start, field.end));
    return (this.#events = events);
  }

  get links(): number {
    let links = 0;
    const field = new Fields(this.#bytes, this.#from, this.#to);
    while (field.next()) if (field.number === 13) links++;
    return links;
  }

  get statusCode(): bigint {
    const status = this.#last(15);
    return status === undefined ? 0n : (lastOf(this.#bytes, status.start, status.end, 3)?.int() ?? 0n);
  }

  get statusMessage(): string {
    const status = this.#last(15);
    return status === undefined ? '' : (lastOf(this.#bytes, status.start, status.end, 2)?.text() ?? '');
  }

  get flags(): bigint {
    return this.#last(16)?.fixed() ?? 0n;
  }

  get resource(): Attributes {
    return (this.#resourceAttributes ??= keyValues(this.#resource, 0, this.#resource.length, 1));
  }

  get dropped(): DroppedCounts {
    return {
      attributes: this.#int(10),
      events: this.#int(12),
      links: this.#int(14),
      resourceAttributes: lastOf(this.#resource, 0, this.#resource.length, 2)?.int() ?? 0n,
      scopeAttributes: lastOf(this.#scope, 0, this.#scope.length, 4)?.int() ?? 0n,
    };
  }

  get scope(): DecodedSpan['scope'] {
    const scope = this.#scope;
    const text = (number: number): string => lastOf(scope, 0, scope.length, number)?.text() ?? '';
    return { name: text(1), version: text(2), attributes: keyValues(scope, 0, scope.length, 3) };
  }

  #last(number: number): Fields | undefined {
    return lastOf(this.#bytes, this.#from, this.#to, number);
  }

  #int(number: number): bigint {
    return this.#last(number)?.int() ?? 0n;
  }

  #raw(number: number): Uint8Array {
    const field = this.#last(number);
    return field === undefined ? NO_ID : Uint8Array.prototype.slice.call(this.#bytes, field.start, field.end);
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
    if (field.number === 1) time = field.fixed();
    else if (field.number === 2) name = field.text();
    else if (field.number === 4) droppedAttributes = field.int();
  }
  return { name, time, attributes: keyValues(bytes, from, to, 3), droppedAttributes };
}

/** nil where the list is malformed, '' where the member is missing. */
export function traceStateMember(text: string, key: string): OttlValue {
  const members = text === '' ? new Map<string, string>() : parseTraceState(text);
  return members === undefined ? null : (members.get(key) ?? '');
}
