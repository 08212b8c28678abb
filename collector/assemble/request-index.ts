// One pass over an ExportTraceServiceRequest: checks its whole structure and notes for each span where it lies and the few
// fields that every stage reads. No objects, no strings. Field order is free: a resource may follow its spans.

import { KIND_UNSPECIFIED, SPAN_KINDS } from '#proto/otlp/enums.ts';
import { RESOURCE_SPANS, SCOPE_SPANS, SPAN, TRACES_DATA } from '#proto/otlp/fields.ts';
import { WireError } from '#proto/wire/wire-error.ts';
import { bytesPrint, OVERFLOW_SLOT, type InternTable } from '#collector/model/intern-table.ts';
import type { InternedResources, InternedScopes } from '#collector/model/interned-resources.ts';
import {
  MARK_BAD_PARENT,
  MARK_BATCH,
  MARK_EVENTS,
  MARK_LINKS,
  MARK_SAMPLED,
  MARK_TRACE_STATE,
  MARK_UNSAMPLED,
} from '#collector/model/span-table.ts';
import { attributeMark } from './attribute-marks.ts';
import { RejectedIds } from './rejected-ids.ts';
import { BAD_SPAN_ID, BAD_TRACE_ID, REJECTIONS, SpanColumns, TIME_OUT_OF_RANGE } from './span-columns.ts';
import { spanPrint, withAttribute, withHead } from './span-print.ts';
import { TracePartsScanner } from './trace-parts-scanner.ts';

// Constants of this module: the tags that hot code compares.
const { scope: SCOPE, spans: SPANS, schemaUrl: SCHEMA_URL } = SCOPE_SPANS;
const { traceId: TRACE_ID, spanId: SPAN_ID, parentSpanId: PARENT_ID, traceState: TRACE_STATE } = SPAN;
const { name: NAME, kind: KIND, startTimeUnixNano: START, endTimeUnixNano: END } = SPAN;
const { attributes: ATTRIBUTES, events: EVENTS, links: LINKS, status: STATUS, flags: FLAGS } = SPAN;
const { droppedAttributesCount: DROPPED_ATTRIBUTES, droppedEventsCount: DROPPED_EVENTS } = SPAN;
const { droppedLinksCount: DROPPED_LINKS } = SPAN;
/** How many kinds there are. */
const KINDS = SPAN_KINDS.length;

/** Where the index finds and makes slots. */
export interface IndexTables {
  readonly names: Pick<InternTable, 'intern' | 'forget' | 'prints'>;
  readonly resources: Pick<InternedResources, 'intern' | 'trim'>;
  readonly scopes: Pick<InternedScopes, 'intern' | 'trim'>;
}

/** Distinct groups in one request; a batch of a Collector has hundreds at most. More would be memory for the asking. */
const MAX_GROUPS = 65_536;
const NO_BYTES: Buffer = Buffer.alloc(0);
const NO_VIEW: DataView = new DataView(new ArrayBuffer(0));

export class RequestIndex extends TracePartsScanner {
  readonly columns = new SpanColumns();
  /** Spans of the last request that are to be stored: rows [0, count) of the columns. */
  count = 0;
  /** Spans there were before {@link retain} left some out. */
  whole = 0;
  /** Refused spans of the last request, per entry of REJECTIONS, and together. */
  readonly rejected = new Uint32Array(REJECTIONS.length);
  rejectedCount = 0;
  /** Trace ids of rejected spans, of the last requests. */
  readonly rejectedIds = new RejectedIds();
  readonly #tables: IndexTables;
  #view = NO_VIEW;
  #groups = 0;
  /** Of the spans retained. */
  #rows: number[] | undefined;

  constructor(tables: IndexTables) {
    super();
    this.#tables = tables;
  }

  /**
   * Indexes a request; the columns are valid until the next call. When it is malformed nothing of it is to be taken.
   * @returns undefined, or why the whole request is refused (offset and what).
   */
  index(body: Buffer): string | undefined {
    this.#tables.resources.trim();
    this.#tables.scopes.trim();
    this.columns.shrink();
    this.bytes = body;
    this.columns.body = body;
    this.#view = new DataView(body.buffer, body.byteOffset, body.length);
    this.count = 0;
    this.rejectedCount = 0;
    this.rejected.fill(0);
    this.#groups = 0;
    this.#rows = undefined;
    const noted = this.rejectedIds.noted;
    try {
      this.#request(body.length);
      this.whole = this.count;
      return undefined;
    } catch (error) {
      this.rejectedIds.back(noted);
      this.count = 0;
      this.rejectedCount = 0;
      this.rejected.fill(0);
      if (error instanceof WireError) return error.message;
      throw error;
    } finally {
      this.bytes = NO_BYTES;
      this.#view = NO_VIEW;
      this.#tables.names.forget();
    }
  }

  /** Refused spans of the last request were counted before. */
  forgetRejected(): void {
    this.rejected.fill(0);
    this.rejectedCount = 0;
  }

  /** Leaves out spans of the last request: only those stay for which `keep` is true. */
  retain(keep: (row: number) => boolean): void {
    const rows: number[] = [];
    for (let row = 0; row < this.count; row++) if (keep(row)) rows.push(row);
    this.columns.retain(rows);
    this.count = rows.length;
    this.#rows = rows;
  }

  /** The row that a span stood in before {@link retain}. */
  rowOf(row: number): number {
    return this.#rows?.[row] ?? row;
  }

  #request(end: number): void {
    let p = 0;
    while (p < end) {
      p = this.longTag(p, end);
      const tag = this.value;
      if (tag === TRACES_DATA.resourceSpans) {
        p = this.payload(p, end);
        const to = p + this.value;
        this.#resourceSpans(p, to);
        p = to;
      } else p = this.skip(tag, p, end, 1);
    }
  }

  #resourceSpans(from: number, end: number): void {
    const first = this.count;
    let resource = NO_BYTES;
    let schemaFrom = 0;
    let schemaTo = 0;
    let p = from;
    while (p < end) {
      p = this.longTag(p, end);
      const tag = this.value;
      if (tag === RESOURCE_SPANS.resource) {
        p = this.payload(p, end);
        const to = p + this.value;
        this.resource(p, to);
        resource = joined(resource, this.bytes.subarray(p, to));
        p = to;
      } else if (tag === RESOURCE_SPANS.scopeSpans) {
        p = this.payload(p, end);
        const to = p + this.value;
        this.#scopeSpans(p, to);
        p = to;
      } else if (tag === RESOURCE_SPANS.schemaUrl) {
        schemaFrom = this.payload(p, end);
        schemaTo = schemaFrom + this.value;
        p = schemaTo;
      } else p = this.skip(tag, p, end, 3);
    }
    if (this.count === first) return;
    this.#countGroup(from);
    const slot = this.#tables.resources.intern(resource, 0, resource.length, this.bytes, schemaFrom, schemaTo);
    this.columns.resource.fill(slot, first, this.count);
    this.columns.marks[first]! |= MARK_BATCH;
  }

  #scopeSpans(from: number, end: number): void {
    const first = this.count;
    let scope = NO_BYTES;
    let schemaFrom = 0;
    let schemaTo = 0;
    const bytes = this.bytes;
    let p = from;
    while (p < end) {
      let tag = bytes[p]!;
      if (tag < 0x80) p++;
      else {
        p = this.longTag(p, end);
        tag = this.value;
      }
      if (tag === SPANS) {
        p = this.payload(p, end);
        const to = p + this.value;
        this.#span(p, to);
        p = to;
      } else if (tag === SCOPE) {
        p = this.payload(p, end);
        const to = p + this.value;
        this.scope(p, to);
        scope = joined(scope, bytes.subarray(p, to));
        p = to;
      } else if (tag === SCHEMA_URL) {
        schemaFrom = this.payload(p, end);
        schemaTo = schemaFrom + this.value;
        p = schemaTo;
      } else p = this.skip(tag, p, end, 3);
    }
    if (this.count === first) return;
    this.#countGroup(from);
    const slot = this.#tables.scopes.intern(scope, 0, scope.length, bytes, schemaFrom, schemaTo);
    this.columns.scope.fill(slot, first, this.count);
  }

  /** HOT: one span, fields in any order, the last of a repeated scalar wins. */
  #span(from: number, end: number): void {
    const bytes = this.bytes;
    const view = this.#view;
    let traceId = -1;
    let spanId = -1;
    let parentId = -1;
    let nameFrom = 0;
    let nameTo = 0;
    let startAt = -1;
    let endAt = -1;
    let kind = 0;
    let marks = 0;
    let status = 0;
    let content = 0;
    let p = from;
    while (p < end) {
      let tag = bytes[p]!;
      if (tag < 0x80) p++;
      else {
        p = this.longTag(p, end);
        tag = this.value;
      }
      switch (tag) {
        case TRACE_ID:
          p = this.payload(p, end);
          traceId = this.value === 16 ? p : -1;
          p += this.value;
          break;
        case SPAN_ID:
          p = this.payload(p, end);
          spanId = this.value === 8 ? p : -1;
          p += this.value;
          break;
        case TRACE_STATE:
          p = this.payload(p, end);
          if (this.value > 0) marks |= MARK_TRACE_STATE;
          p += this.value;
          break;
        case PARENT_ID:
          p = this.payload(p, end);
          parentId = this.value === 8 ? p : -1;
          marks = this.value === 8 || this.value === 0 ? marks & ~MARK_BAD_PARENT : marks | MARK_BAD_PARENT;
          p += this.value;
          break;
        case NAME:
          nameFrom = this.payload(p, end);
          nameTo = nameFrom + this.value;
          p = nameTo;
          break;
        case KIND:
          p = this.uvarint(p, end);
          kind = this.value;
          break;
        case START:
          startAt = p;
          p = this.fixed(p, end, 8);
          break;
        case END:
          endAt = p;
          p = this.fixed(p, end, 8);
          break;
        case ATTRIBUTES: {
          p = this.payload(p, end);
          const to = p + this.value;
          const key = this.keyValue(p, to);
          marks |= attributeMark(bytes, key, this.value);
          content = withAttribute(content, view, p, to - p);
          p = to;
          break;
        }
        case DROPPED_ATTRIBUTES:
        case DROPPED_EVENTS:
        case DROPPED_LINKS:
          p = this.skipVarint(p, end);
          break;
        case EVENTS: {
          p = this.payload(p, end);
          const to = p + this.value;
          this.event(p, to);
          content = withHead(content, view, p, to - p);
          marks |= MARK_EVENTS;
          p = to;
          break;
        }
        case LINKS: {
          p = this.payload(p, end);
          const to = p + this.value;
          this.link(p, to);
          content = withHead(content, view, p, to - p);
          marks |= MARK_LINKS;
          p = to;
          break;
        }
        case STATUS: {
          p = this.payload(p, end);
          const to = p + this.value;
          status = this.status(p, to, status);
          p = to;
          break;
        }
        case FLAGS: {
          // flags; SDKs that know none write nothing or 0
          const at = p;
          p = this.fixed(p, end, 4);
          marks &= ~(MARK_SAMPLED | MARK_UNSAMPLED);
          if ((bytes[at]! & 1) !== 0) marks |= MARK_SAMPLED;
          else if ((bytes[at]! | bytes[at + 1]! | bytes[at + 2]! | bytes[at + 3]!) !== 0) marks |= MARK_UNSAMPLED;
          break;
        }
        default:
          p = this.skip(tag, p, end, 16);
      }
    }
    if (traceId < 0) return this.#reject(BAD_TRACE_ID);
    const id0 = view.getInt32(traceId);
    const id1 = view.getInt32(traceId + 4);
    const id2 = view.getInt32(traceId + 8);
    const id3 = view.getInt32(traceId + 12);
    if ((id0 | id1 | id2 | id3) === 0) return this.#reject(BAD_TRACE_ID);
    if (spanId < 0) return this.#rejectOf(id0, id1, id2, id3, BAD_SPAN_ID);
    const spanIdHi = view.getInt32(spanId);
    const spanIdLo = view.getInt32(spanId + 4);
    if ((spanIdHi | spanIdLo) === 0) return this.#rejectOf(id0, id1, id2, id3, BAD_SPAN_ID);
    const startHi = startAt < 0 ? 0 : view.getInt32(startAt + 4, true);
    const endHi = endAt < 0 ? 0 : view.getInt32(endAt + 4, true);
    if ((startHi | endHi) < 0) return this.#rejectOf(id0, id1, id2, id3, TIME_OUT_OF_RANGE);
    const row = this.count;
    const columns = this.columns;
    if (row >= columns.capacity) columns.grow(row);
    columns.offset[row] = from;
    columns.length[row] = end - from;
    columns.id0[row] = id0;
    columns.id1[row] = id1;
    columns.id2[row] = id2;
    columns.id3[row] = id3;
    columns.spanIdHi[row] = spanIdHi;
    columns.spanIdLo[row] = spanIdLo;
    const parentHi = parentId < 0 ? 0 : view.getInt32(parentId);
    const parentLo = parentId < 0 ? 0 : view.getInt32(parentId + 4);
    columns.parentHi[row] = parentHi;
    columns.parentLo[row] = parentLo;
    const startLo = startAt < 0 ? 0 : view.getInt32(startAt, true);
    columns.startHi[row] = startHi;
    columns.startLo[row] = startLo;
    const endLo = endAt < 0 ? 0 : view.getInt32(endAt, true);
    columns.endHi[row] = endHi;
    columns.endLo[row] = endLo;
    const { names } = this.#tables;
    const name = names.intern(bytes, nameFrom, nameTo);
    columns.name[row] = name;
    const namePrint = name === OVERFLOW_SLOT ? bytesPrint(bytes, nameFrom, nameTo) : names.prints[name]!;
    if (kind >= KINDS) kind = KIND_UNSPECIFIED;
    columns.print[row] = spanPrint(
      spanIdHi,
      parentHi,
      parentLo,
      startHi,
      startLo,
      endHi,
      endLo,
      namePrint,
      kind,
      status,
      content,
    );
    columns.kind[row] = kind;
    columns.status[row] = status;
    columns.marks[row] = marks;
    this.count = row + 1;
  }

  #reject(reason: number): void {
    this.rejected[reason]!++;
    this.rejectedCount++;
  }

  #rejectOf(id0: number, id1: number, id2: number, id3: number, reason: number): void {
    this.rejectedIds.note(id0, id1, id2, id3, reason);
    this.#reject(reason);
  }

  #countGroup(at: number): void {
    if (++this.#groups > MAX_GROUPS)
      this.fail(at, `more than ${MAX_GROUPS} resources and scopes in one request: send smaller batches`);
  }
}

/** Protobuf merges a message field that occurs twice, which for its bytes is to put one behind the other. */
function joined(before: Buffer, more: Buffer): Buffer {
  return before.length === 0 ? more : Buffer.concat([before, more]);
}
