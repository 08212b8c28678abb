// Traces of a capture in memory, whole, in order of first appearance: what `show` and the conformance tests rebuild.
import { WireWalk } from '#proto/wire/walk.ts';
import { validateMessage } from '#proto/otlp/validate-message.ts';
import { traceRequestSchema } from '#proto/otlp/schema.ts';
import {
  ANY_VALUE,
  KEY_VALUE,
  RESOURCE,
  RESOURCE_SPANS,
  SCOPE_SPANS,
  SPAN,
  STATUS,
  TRACES_DATA,
} from '#proto/otlp/fields.ts';
import { KIND_UNSPECIFIED, SPAN_KINDS, STATUS_CODES } from '#proto/otlp/enums.ts';
import { TWO_32 } from '#proto/model/halves.ts';
import { nanosOf, NS_PER_MS } from '#proto/model/unix-nano.ts';
import { InternTable } from '#collector/model/intern-table.ts';
import type { ResourceTable, ScopeTable } from '#collector/model/resource-table.ts';
import { SlabPool } from '#collector/model/slab-pool.ts';
import {
  MARK_DB,
  MARK_EVENTS,
  MARK_LINKS,
  MARK_MESSAGING,
  MARK_PEER,
  MARK_SAMPLED,
  MARK_TRACE_STATE,
  MARK_UNSAMPLED,
  NO_ROW,
  SpanTable,
} from '#collector/model/span-table.ts';
import type { SpanMemory, TraceView } from '#collector/model/trace.ts';
import { traceViewOf } from '#collector/simulate/trace-view-of.ts';

/** Distinct names, services and hosts of one file; more share the overflow slot. */
const MAX_STRINGS = 262_144;

interface Entry {
  message: Buffer;
  schemaUrl: Buffer;
}

class FileResources implements ResourceTable {
  readonly service: Uint32Array;
  readonly host: Uint32Array;
  readonly namesHost: Uint8Array;
  readonly idHi: Uint32Array;
  readonly idLo: Uint32Array;
  readonly #entries: Entry[] = [];
  readonly #slots = new Map<string, number>();
  readonly #services: InternTable;
  readonly #hosts: InternTable;

  constructor(capacity: number, services: InternTable, hosts: InternTable) {
    this.service = new Uint32Array(capacity);
    this.host = new Uint32Array(capacity);
    this.namesHost = new Uint8Array(capacity);
    this.idHi = new Uint32Array(capacity);
    this.idLo = new Uint32Array(capacity);
    this.#services = services;
    this.#hosts = hosts;
  }

  /** Slot of a Resource message; equal messages share one. */
  slotOf(message: Buffer, schemaUrl: Buffer): number {
    const key = `${message.toString('latin1')}\n${schemaUrl.toString('latin1')}`;
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = this.#entries.length;
    if (slot >= this.service.length) throw new Error(`more than ${this.service.length} distinct resources in the file`);
    this.#slots.set(key, slot);
    this.#entries.push({ message: Buffer.from(message), schemaUrl: Buffer.from(schemaUrl) });
    const attributes = textAttributes(message);
    const service = attributes.get('service.name') ?? 'unknown_service';
    const host = attributes.get('host.id') || attributes.get('host.name');
    this.service[slot] = this.#services.internText(service);
    this.host[slot] = this.#hosts.internText(host || attributes.get('service.instance.id') || service);
    this.namesHost[slot] = host ? 1 : 0;
    this.idLo[slot] = slot;
    return slot;
  }

  messageOf(slot: number): Buffer {
    return this.#entries[slot]?.message ?? Buffer.alloc(0);
  }

  schemaUrlOf(slot: number): Buffer {
    return this.#entries[slot]?.schemaUrl ?? Buffer.alloc(0);
  }
}

/** String attributes of a Resource message. */
function textAttributes(message: Buffer): Map<string, string> {
  const found = new Map<string, string>();
  const fields = new WireWalk();
  const pair = new WireWalk();
  const value = new WireWalk();
  fields.open(message, 0, message.length);
  while (fields.next()) {
    if (fields.tag !== RESOURCE.attributes) continue;
    let key = '';
    let text: string | undefined;
    pair.open(message, fields.from, fields.to);
    while (pair.next()) {
      if (pair.tag === KEY_VALUE.key) key = message.toString('utf8', pair.from, pair.to);
      if (pair.tag !== KEY_VALUE.value) continue;
      value.open(message, pair.from, pair.to);
      while (value.next())
        if (value.tag === ANY_VALUE.stringValue) text = message.toString('utf8', value.from, value.to);
    }
    if (text !== undefined) found.set(key, text);
  }
  return found;
}

const PEER_KEYS = new Set([
  'peer.service',
  'server.address',
  'net.peer.name',
  'network.peer.address',
  'net.sock.peer.addr',
  'server.port',
  'url.full',
  'http.url',
]);

/** Span rows of a file. Bodies are protobuf ExportTraceServiceRequest messages. */
export class TraceFile {
  readonly memory: SpanMemory;
  readonly #resources: FileResources;
  readonly #scopes: FileResources;
  readonly #traces = new Map<string, number[]>();
  readonly #request = new WireWalk();
  readonly #group = new WireWalk();
  readonly #scope = new WireWalk();
  readonly #span = new WireWalk();
  readonly #attribute = new WireWalk();
  /** Spans left out because their ids are not 16 and 8 bytes long. */
  badIds = 0;

  /** @param capacity most spans and most resources of the file */
  constructor(capacity: number) {
    const strings = Math.min(MAX_STRINGS, Math.max(64, capacity + 2));
    const names = new InternTable(strings);
    const services = new InternTable(strings);
    const hosts = new InternTable(strings);
    this.#resources = new FileResources(Math.min(capacity, MAX_STRINGS), services, hosts);
    this.#scopes = new FileResources(Math.min(capacity, MAX_STRINGS), new InternTable(16), new InternTable(16));
    const scopes: ScopeTable = this.#scopes;
    this.memory = {
      spans: new SpanTable(capacity),
      slabs: new SlabPool(),
      resources: this.#resources,
      scopes,
      names,
      services,
      hosts,
    };
  }

  /** Adds the spans of one request. @throws WireError when it is malformed; Error when the file holds more spans than the capacity */
  add(body: Buffer): void {
    validateMessage(traceRequestSchema, body);
    const place = this.memory.slabs.store(body, 1);
    const slab = Math.floor(place / TWO_32);
    const bytes = this.memory.slabs.bytes(slab);
    const from = place % TWO_32;
    this.#request.open(bytes, from, from + body.length);
    while (this.#request.next()) {
      if (this.#request.tag === TRACES_DATA.resourceSpans)
        this.#addResourceSpans(bytes, slab, this.#request.from, this.#request.to);
    }
  }

  /** From the earliest start to the latest of all spans, ms; spans without a time are left out. */
  spanMs(): number {
    const { spans } = this.memory;
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    for (const rows of this.#traces.values()) {
      for (const row of rows) {
        const ms = nanosOf(spans.startHi[row]!, spans.startLo[row]!) / NS_PER_MS;
        if (ms === 0) continue;
        first = Math.min(first, ms);
        last = Math.max(last, ms);
      }
    }
    return last > first ? last - first : 0;
  }

  /** Ids (32 hex digits) in order of first appearance. */
  ids(): string[] {
    return [...this.#traces.keys()];
  }

  /** View of one trace; undefined when the file does not hold it. */
  view(id: string): TraceView | undefined {
    const rows = this.#traces.get(id);
    return rows === undefined ? undefined : traceViewOf(this.memory, id, Int32Array.from(rows));
  }

  #addResourceSpans(bytes: Buffer, slab: number, from: number, to: number): void {
    const group = this.#group;
    let message = bytes.subarray(0, 0);
    let schemaUrl = message;
    group.open(bytes, from, to);
    while (group.next()) {
      if (group.tag === RESOURCE_SPANS.resource) message = bytes.subarray(group.from, group.to);
      if (group.tag === RESOURCE_SPANS.schemaUrl) schemaUrl = bytes.subarray(group.from, group.to);
    }
    const resource = this.#resources.slotOf(message, schemaUrl);
    group.open(bytes, from, to);
    while (group.next())
      if (group.tag === RESOURCE_SPANS.scopeSpans) this.#addScopeSpans(bytes, slab, group.from, group.to, resource);
  }

  #addScopeSpans(bytes: Buffer, slab: number, from: number, to: number, resource: number): void {
    const fields = this.#scope;
    let message = bytes.subarray(0, 0);
    fields.open(bytes, from, to);
    while (fields.next()) if (fields.tag === SCOPE_SPANS.scope) message = bytes.subarray(fields.from, fields.to);
    const scope = this.#scopes.slotOf(message, bytes.subarray(0, 0));
    fields.open(bytes, from, to);
    while (fields.next())
      if (fields.tag === SCOPE_SPANS.spans) this.#addSpan(bytes, slab, fields.from, fields.to, resource, scope);
  }

  #addSpan(bytes: Buffer, slab: number, from: number, to: number, resource: number, scope: number): void {
    const { spans, names } = this.memory;
    const row = spans.allocate();
    if (row === NO_ROW) throw new Error(`more than ${spans.capacity} spans in the file`);
    spans.slab[row] = slab;
    spans.offset[row] = from;
    spans.length[row] = to - from;
    spans.resource[row] = resource;
    spans.scope[row] = scope;
    let id = '';
    let spanIdLength = 0;
    const f = this.#span;
    f.open(bytes, from, to);
    while (f.next()) {
      if (f.tag === SPAN.traceId && f.length === 16) id = bytes.toString('hex', f.from, f.to);
      else if (f.tag === SPAN.spanId) {
        spanIdLength = f.length;
        if (spanIdLength === 8) {
          spans.spanIdHi[row] = bytes.readUInt32BE(f.from);
          spans.spanIdLo[row] = bytes.readUInt32BE(f.from + 4);
        }
      } else if (f.tag === SPAN.traceState && f.length > 0) spans.marks[row]! |= MARK_TRACE_STATE;
      else if (f.tag === SPAN.parentSpanId && f.length === 8) {
        spans.parentHi[row] = bytes.readUInt32BE(f.from);
        spans.parentLo[row] = bytes.readUInt32BE(f.from + 4);
      } else if (f.tag === SPAN.name) spans.name[row] = names.intern(bytes, f.from, f.to);
      else if (f.tag === SPAN.kind) spans.kind[row] = f.unsignedNumber < SPAN_KINDS.length ? f.lo : KIND_UNSPECIFIED;
      else if (f.tag === SPAN.startTimeUnixNano) {
        spans.startLo[row] = bytes.readUInt32LE(f.from);
        spans.startHi[row] = bytes.readUInt32LE(f.from + 4);
      } else if (f.tag === SPAN.endTimeUnixNano) {
        spans.endLo[row] = bytes.readUInt32LE(f.from);
        spans.endHi[row] = bytes.readUInt32LE(f.from + 4);
      } else if (f.tag === SPAN.attributes) spans.marks[row]! |= this.#attributeMark(bytes, f.from, f.to);
      else if (f.tag === SPAN.events) spans.marks[row]! |= MARK_EVENTS;
      else if (f.tag === SPAN.links) spans.marks[row]! |= MARK_LINKS;
      else if (f.tag === SPAN.flags) {
        const flags = bytes.readUInt32LE(f.from);
        spans.marks[row]! |= (flags & 1) !== 0 ? MARK_SAMPLED : flags !== 0 ? MARK_UNSAMPLED : 0;
      } else if (f.tag === SPAN.status) spans.status[row] = this.#statusCode(bytes, f.from, f.to);
    }
    if (id === '' || spanIdLength !== 8) {
      this.badIds++;
      spans.release(row);
      return;
    }
    const rows = this.#traces.get(id);
    if (rows === undefined) this.#traces.set(id, [row]);
    else rows.push(row);
  }

  #attributeMark(bytes: Buffer, from: number, to: number): number {
    this.#attribute.open(bytes, from, to);
    while (this.#attribute.next()) {
      if (this.#attribute.tag !== KEY_VALUE.key) continue;
      const key = bytes.toString('utf8', this.#attribute.from, this.#attribute.to);
      if (key.startsWith('db.')) return MARK_DB;
      if (key.startsWith('messaging.')) return MARK_MESSAGING;
      return PEER_KEYS.has(key) ? MARK_PEER : 0;
    }
    return 0;
  }

  #statusCode(bytes: Buffer, from: number, to: number): number {
    this.#attribute.open(bytes, from, to);
    let code = 0;
    while (this.#attribute.next())
      if (this.#attribute.tag === STATUS.code && this.#attribute.unsignedNumber < STATUS_CODES.length)
        code = this.#attribute.lo;
    return code;
  }
}
