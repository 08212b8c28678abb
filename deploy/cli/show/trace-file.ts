// Traces of a capture in memory, whole, in order of first appearance: what `show` and the conformance tests rebuild.
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
import { MessageFields } from '#collector/reconstruct/message-fields.ts';
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

/** String attributes (field 1) of a Resource message. */
function textAttributes(message: Buffer): Map<string, string> {
  const found = new Map<string, string>();
  const fields = new MessageFields();
  const pair = new MessageFields();
  const value = new MessageFields();
  fields.open(message, 0, message.length);
  while (fields.next()) {
    if (fields.field !== 1 || fields.wire !== 2) continue;
    let key = '';
    let text: string | undefined;
    pair.open(message, fields.start, fields.end);
    while (pair.next()) {
      if (pair.wire !== 2) continue;
      if (pair.field === 1) key = message.toString('utf8', pair.start, pair.end);
      if (pair.field !== 2) continue;
      value.open(message, pair.start, pair.end);
      while (value.next())
        if (value.field === 1 && value.wire === 2) text = message.toString('utf8', value.start, value.end);
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

/** Span rows of a file. Bodies are protobuf ExportTraceServiceRequest messages, checked by whoever read them. */
export class TraceFile {
  readonly memory: SpanMemory;
  readonly #resources: FileResources;
  readonly #scopes: FileResources;
  readonly #traces = new Map<string, number[]>();
  readonly #request = new MessageFields();
  readonly #group = new MessageFields();
  readonly #scope = new MessageFields();
  readonly #span = new MessageFields();
  readonly #attribute = new MessageFields();
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

  /** Adds the spans of one request. @throws Error when the file holds more spans than the capacity */
  add(body: Buffer): void {
    const place = this.memory.slabs.store(body, 1);
    const slab = Math.floor(place / TWO_32);
    const bytes = this.memory.slabs.bytes(slab);
    const from = place % TWO_32;
    this.#request.open(bytes, from, from + body.length);
    while (this.#request.next()) {
      if (this.#request.field === 1 && this.#request.wire === 2)
        this.#addResourceSpans(bytes, slab, this.#request.start, this.#request.end);
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
      if (group.wire !== 2) continue;
      if (group.field === 1) message = bytes.subarray(group.start, group.end);
      if (group.field === 3) schemaUrl = bytes.subarray(group.start, group.end);
    }
    const resource = this.#resources.slotOf(message, schemaUrl);
    group.open(bytes, from, to);
    while (group.next())
      if (group.field === 2 && group.wire === 2) this.#addScopeSpans(bytes, slab, group.start, group.end, resource);
  }

  #addScopeSpans(bytes: Buffer, slab: number, from: number, to: number, resource: number): void {
    const fields = this.#scope;
    let message = bytes.subarray(0, 0);
    fields.open(bytes, from, to);
    while (fields.next())
      if (fields.field === 1 && fields.wire === 2) message = bytes.subarray(fields.start, fields.end);
    const scope = this.#scopes.slotOf(message, bytes.subarray(0, 0));
    fields.open(bytes, from, to);
    while (fields.next())
      if (fields.field === 2 && fields.wire === 2)
        this.#addSpan(bytes, slab, fields.start, fields.end, resource, scope);
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
      if (f.field === 1 && f.wire === 2 && f.end - f.start === 16) id = bytes.toString('hex', f.start, f.end);
      else if (f.field === 2 && f.wire === 2) {
        spanIdLength = f.end - f.start;
        if (spanIdLength === 8) {
          spans.spanIdHi[row] = bytes.readUInt32BE(f.start);
          spans.spanIdLo[row] = bytes.readUInt32BE(f.start + 4);
        }
      } else if (f.field === 3 && f.end > f.start) spans.marks[row]! |= MARK_TRACE_STATE;
      else if (f.field === 4 && f.end - f.start === 8) {
        spans.parentHi[row] = bytes.readUInt32BE(f.start);
        spans.parentLo[row] = bytes.readUInt32BE(f.start + 4);
      } else if (f.field === 5 && f.wire === 2) spans.name[row] = names.intern(bytes, f.start, f.end);
      else if (f.field === 6 && f.wire === 0) spans.kind[row] = f.value <= 5 ? f.value : 0;
      else if (f.field === 7 && f.wire === 1) {
        spans.startLo[row] = bytes.readUInt32LE(f.start);
        spans.startHi[row] = bytes.readUInt32LE(f.start + 4);
      } else if (f.field === 8 && f.wire === 1) {
        spans.endLo[row] = bytes.readUInt32LE(f.start);
        spans.endHi[row] = bytes.readUInt32LE(f.start + 4);
      } else if (f.field === 9 && f.wire === 2) spans.marks[row]! |= this.#attributeMark(bytes, f.start, f.end);
      else if (f.field === 11) spans.marks[row]! |= MARK_EVENTS;
      else if (f.field === 13) spans.marks[row]! |= MARK_LINKS;
      else if (f.field === 16 && f.wire === 5) {
        const flags = bytes.readUInt32LE(f.start);
        spans.marks[row]! |= (flags & 1) !== 0 ? MARK_SAMPLED : flags !== 0 ? MARK_UNSAMPLED : 0;
      } else if (f.field === 15 && f.wire === 2) spans.status[row] = this.#statusCode(bytes, f.start, f.end);
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
      if (this.#attribute.field !== 1 || this.#attribute.wire !== 2) continue;
      const key = bytes.toString('utf8', this.#attribute.start, this.#attribute.end);
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
      if (this.#attribute.field === 3 && this.#attribute.wire === 0 && this.#attribute.value <= 2)
        code = this.#attribute.value;
    return code;
  }
}
