// A span, its events, its resource and scope as values that OTTL paths reach. Only conditions in OTTL pay for this.
import { readVarint, skipField, walk } from '../../protobuf-walk.ts';
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
export interface DroppedCounts {
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
  readonly resourceSchemaUrl: string;
  readonly dropped: DroppedCounts;
  readonly scope: { readonly name: string; readonly version: string; readonly attributes: Attributes; readonly schemaUrl: string };
}

/** AnyValues deeper than this are cut to nil; receivers refuse them anyway. */
const MAX_DEPTH = 32;
const NO_ID = new Uint8Array(8);

interface Field {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

function* fieldsOf(bytes: Uint8Array, from: number, to: number): Generator<Field> {
  let at = from;
  while (at < to) {
    readVarint(bytes, at, to);
    const tag = walk.low;
    const payload = walk.position;
    const end = skipField(bytes, payload, to, tag & 7);
    yield { number: tag >>> 3, start: (tag & 7) === 2 ? walk.position : payload, end };
    at = end;
  }
}

function textAt(bytes: Uint8Array, { start, end }: Field): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}

function intAt(bytes: Uint8Array, { start, end }: Field): bigint {
  readVarint(bytes, start, end);
  return BigInt.asIntN(64, (BigInt(walk.high) << 32n) | BigInt(walk.low));
}

function fixedAt(bytes: Uint8Array, { start, end }: Field): bigint {
  let value = 0n;
  for (let i = end - 1; i >= start; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}

function anyValue(bytes: Uint8Array, from: number, to: number, depth: number): OttlValue {
  let value: OttlValue = null;
  if (depth > MAX_DEPTH) return null;
  for (const field of fieldsOf(bytes, from, to)) {
    if (field.number === 1) value = textAt(bytes, field);
    else if (field.number === 2) value = intAt(bytes, field) !== 0n;
    else if (field.number === 3) value = intAt(bytes, field);
    else if (field.number === 4) value = new DataView(bytes.buffer, bytes.byteOffset + field.start, 8).getFloat64(0, true);
    else if (field.number === 5) value = new OttlList('received', [...fieldsOf(bytes, field.start, field.end)].map((item) => anyValue(bytes, item.start, item.end, depth + 1)));
    else if (field.number === 6) value = keyValues(bytes, field.start, field.end, 1, depth + 1);
    else if (field.number === 7) value = bytes.slice(field.start, field.end);
  }
  return value;
}

/** KeyValue fields with that number. */
function keyValues(bytes: Uint8Array, from: number, to: number, number: number, depth = 0): Attributes {
  const found: [string, OttlValue][] = [];
  for (const pair of fieldsOf(bytes, from, to)) {
    if (pair.number !== number) continue;
    let key = '';
    let value: OttlValue = null;
    for (const field of fieldsOf(bytes, pair.start, pair.end)) {
      if (field.number === 1) key = textAt(bytes, field);
      else if (field.number === 2) value = anyValue(bytes, field.start, field.end, depth);
    }
    found.push([key, value]);
  }
  return new ReceivedMap(found);
}

/** The span that the cursor stands on. */
export function decodeSpan(cursor: TraceCursor): DecodedSpan {
  const { bytes, from, to } = cursor.spanBytes();
  const { spans, resources, scopes } = cursor.view.memory;
  const last = new Map<number, Field>();
  const events: DecodedEvent[] = [];
  let links = 0;
  for (const field of fieldsOf(bytes, from, to)) {
    last.set(field.number, field);
    if (field.number === 11) events.push(decodeEvent(bytes, field));
    else if (field.number === 13) links++;
  }
  const text = (number: number): string => (last.has(number) ? textAt(bytes, last.get(number)!) : '');
  const raw = (number: number): Uint8Array => (last.has(number) ? bytes.slice(last.get(number)!.start, last.get(number)!.end) : NO_ID);
  const fixed = (number: number): bigint => (last.has(number) ? fixedAt(bytes, last.get(number)!) : 0n);
  const status = last.get(15);
  let statusCode = 0n;
  let statusMessage = '';
  for (const field of status === undefined ? [] : fieldsOf(bytes, status.start, status.end)) {
    if (field.number === 3) statusCode = intAt(bytes, field);
    else if (field.number === 2) statusMessage = textAt(bytes, field);
  }
  const resource = resources.messageOf(spans.resource[cursor.row]!);
  const scope = scopes.messageOf(spans.scope[cursor.row]!);
  const scopeFields = [...fieldsOf(scope, 0, scope.length)];
  const scopeText = (number: number): string => scopeFields.filter((field) => field.number === number).map((field) => textAt(scope, field)).at(-1) ?? '';
  const count = (number: number): bigint => (last.has(number) ? intAt(bytes, last.get(number)!) : 0n);
  const parentId = raw(4);
  return {
    traceId: raw(1), spanId: raw(2), parentId: parentId.length === 8 ? parentId : NO_ID, traceState: text(3), name: text(5),
    kind: count(6), start: fixed(7), end: fixed(8), attributes: keyValues(bytes, from, to, 9), events, links,
    statusCode, statusMessage, flags: fixed(16), resource: keyValues(resource, 0, resource.length, 1),
    resourceSchemaUrl: resources.schemaUrlOf(spans.resource[cursor.row]!).toString('utf8'),
    dropped: {
      attributes: count(10), events: count(12), links: count(14), resourceAttributes: lastInt(resource, 2), scopeAttributes: lastInt(scope, 4),
    },
    scope: { name: scopeText(1), version: scopeText(2), attributes: keyValues(scope, 0, scope.length, 3), schemaUrl: scopes.schemaUrlOf(spans.scope[cursor.row]!).toString('utf8') },
  };
}

function lastInt(bytes: Uint8Array, number: number): bigint {
  let value = 0n;
  for (const field of fieldsOf(bytes, 0, bytes.length)) if (field.number === number) value = intAt(bytes, field);
  return value;
}

function decodeEvent(bytes: Uint8Array, event: Field): DecodedEvent {
  let name = '';
  let time = 0n;
  let droppedAttributes = 0n;
  for (const field of fieldsOf(bytes, event.start, event.end)) {
    if (field.number === 1) time = fixedAt(bytes, field);
    else if (field.number === 2) name = textAt(bytes, field);
    else if (field.number === 4) droppedAttributes = intAt(bytes, field);
  }
  return { name, time, attributes: keyValues(bytes, event.start, event.end, 3), droppedAttributes };
}

/** nil where the list is malformed, '' where the member is missing. */
export function traceStateMember(text: string, key: string): OttlValue {
  const members = text === '' ? new Map<string, string>() : parseTraceState(text);
  return members === undefined ? null : (members.get(key) ?? '');
}
