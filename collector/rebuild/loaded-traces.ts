// Stored spans in memory again, as rows of a span table, and the heads of their traces: computed by the code that computes them at the decision.
import { traceIdOf, traceIdWords } from '#proto/model/ids.ts';
import { TWO_32 } from '#proto/model/halves.ts';
import { SPAN } from '#proto/otlp/fields.ts';
import { WireWriter } from '#proto/wire/writer.ts';
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { copySpan } from '#collector/assemble/copy-span.ts';
import { createSpanMemory, type OwnedSpanMemory } from '#collector/model/span-memory.ts';
import { NO_ROW } from '#collector/model/span-table.ts';
import type { TraceView } from '#collector/model/trace.ts';
import { rawClocks, Reconstructor } from '#collector/reconstruct/reconstruct.ts';
import { traceHead } from '#collector/rows/trace-head.ts';
import type { RebuiltHead } from '#collector/store/tables/traces-table.ts';
import {
  FROM_AT,
  HAS_STATEMENT_AT,
  KIND_AT,
  PARENT_ID_AT,
  RAW_START_AT,
  SPAN_ID_AT,
  STATUS_AT,
  TO_AT,
  type SpanRow,
} from './span-rows.ts';

/** Spans are indexed in requests of about this size. */
const REQUEST_BYTES = 1024 * 1024;
/** There is no peer here that could choose names. */
const SEED = 1;
const NO_PARENT = Buffer.alloc(8);
const STATEMENT_KEY = Buffer.from('db.query.text');
const SERVICE_KEY = Buffer.from('service.name');

interface LoadedTrace {
  readonly id: string;
  readonly rows: number[];
  /** Earliest raw start; undefined before the first span. */
  startHi: number | undefined;
  startLo: number;
}

export class LoadedTraces {
  readonly #memory: OwnedSpanMemory;
  readonly #index: RequestIndex;
  readonly #reconstructor = new Reconstructor(rawClocks);
  readonly #traces = new Map<string, LoadedTrace>();
  readonly #writer = new WireWriter(REQUEST_BYTES * 2);
  /** Traces of the spans in the writer, in their order. */
  #written: LoadedTrace[] = [];
  #last: LoadedTrace | undefined;
  readonly #lastId = Buffer.alloc(16);
  /** Of the group that is open in the writer. */
  #service = Buffer.alloc(0);
  #groupAt = -1;
  #scopeAt = -1;

  /** @param spanCapacity most spans of all traces together */
  constructor(spanCapacity: number) {
    this.#memory = createSpanMemory(spanCapacity, SEED);
    this.#index = new RequestIndex(this.#memory);
  }

  add(row: SpanRow): void {
    const { bytes, at } = row;
    const trace = this.#traceAt(bytes, at);
    this.#noteStart(trace, bytes.readUInt32LE(at + RAW_START_AT + 4), bytes.readUInt32LE(at + RAW_START_AT));
    this.#openGroup(row);
    const writer = this.#writer;
    const span = writer.open(2);
    field(writer, SPAN.traceId, bytes, at, at + 16);
    field(writer, SPAN.spanId, bytes, at + SPAN_ID_AT, at + SPAN_ID_AT + 8);
    if (bytes.compare(NO_PARENT, 0, 8, at + PARENT_ID_AT, at + PARENT_ID_AT + 8) !== 0)
      field(writer, SPAN.parentSpanId, bytes, at + PARENT_ID_AT, at + PARENT_ID_AT + 8);
    field(writer, SPAN.name, bytes, row.nameFrom, row.nameTo);
    writer.varint32(SPAN.kind);
    writer.varint32(bytes[at + KIND_AT]!);
    // Little-endian in both formats.
    writer.varint32(SPAN.startTimeUnixNano);
    writer.raw(bytes, at + FROM_AT, at + FROM_AT + 8);
    writer.varint32(SPAN.endTimeUnixNano);
    writer.raw(bytes, at + TO_AT, at + TO_AT + 8);
    if (bytes[at + HAS_STATEMENT_AT] !== 0) {
      const attribute = writer.open(9);
      writer.bytesField(1, STATEMENT_KEY);
      const value = writer.open(2);
      writer.bytesField(1, bytes.subarray(row.statementFrom, row.statementTo));
      writer.close(value);
      writer.close(attribute);
    }
    if (bytes[at + STATUS_AT] !== 0) {
      const status = writer.open(15);
      writer.tag(3, 0);
      writer.varint32(bytes[at + STATUS_AT]!);
      writer.close(status);
    }
    writer.close(span);
    this.#written.push(trace);
    if (writer.length >= REQUEST_BYTES) this.#flush();
  }

  /** Spans of a trace that were added. @param id 32 hex digits */
  spansOf(id: string): number {
    this.#flush();
    return this.#traces.get(id)?.rows.length ?? 0;
  }

  /** undefined when no span of it was added. @param id 32 hex digits */
  headOf(id: string): RebuiltHead | undefined {
    this.#flush();
    const trace = this.#traces.get(id);
    if (trace === undefined) return undefined;
    const rebuilt = this.#reconstructor.run(viewOf(this.#memory, trace));
    const { services: _, serviceSpans: __, ...head } = traceHead(rebuilt, this.#memory);
    return { ...head, spans: trace.rows.length, startHi: trace.startHi ?? 0, startLo: trace.startLo };
  }

  /** Spans of one service behind each other are one ResourceSpans. */
  #openGroup({ bytes, serviceFrom, serviceTo }: SpanRow): void {
    if (this.#groupAt >= 0) {
      if (bytes.compare(this.#service, 0, this.#service.length, serviceFrom, serviceTo) === 0) return;
      this.#closeGroup();
    }
    this.#service = Buffer.from(bytes.subarray(serviceFrom, serviceTo));
    const writer = this.#writer;
    this.#groupAt = writer.open(1);
    const resource = writer.open(1);
    const attribute = writer.open(1);
    writer.bytesField(1, SERVICE_KEY);
    const value = writer.open(2);
    writer.bytesField(1, this.#service);
    writer.close(value);
    writer.close(attribute);
    writer.close(resource);
    this.#scopeAt = writer.open(2);
  }

  #closeGroup(): void {
    if (this.#groupAt < 0) return;
    this.#writer.close(this.#scopeAt);
    this.#writer.close(this.#groupAt);
    this.#groupAt = -1;
  }

  #flush(): void {
    if (this.#written.length === 0) return;
    this.#closeGroup();
    const index = this.#index;
    const body = Buffer.from(this.#writer.finish());
    const fault = index.index(body);
    if (fault !== undefined || index.count !== this.#written.length)
      throw new Error('spans that were stored once cannot be read again');
    const { spans, slabs, resources, scopes } = this.#memory;
    const place = slabs.store(body, index.count);
    for (let i = 0; i < index.count; i++) {
      const row = spans.allocate();
      if (row === NO_ROW) throw new Error('there are more spans than were counted');
      copySpan(spans, row, index.columns, i, Math.floor(place / TWO_32), place % TWO_32);
      resources.retain(spans.resource[row]!, 1);
      scopes.retain(spans.scope[row]!, 1);
      this.#written[i]!.rows.push(row);
    }
    this.#writer.truncate(0);
    this.#written = [];
  }

  #traceAt(bytes: Buffer, at: number): LoadedTrace {
    if (this.#last !== undefined && bytes.compare(this.#lastId, 0, 16, at, at + 16) === 0) return this.#last;
    bytes.copy(this.#lastId, 0, at, at + 16);
    const id = this.#lastId.toString('hex');
    let trace = this.#traces.get(id);
    if (trace === undefined) {
      trace = { id, rows: [], startHi: undefined, startLo: 0 };
      this.#traces.set(id, trace);
    }
    this.#last = trace;
    return trace;
  }

  #noteStart(trace: LoadedTrace, hi: number, lo: number): void {
    const { startHi, startLo } = trace;
    if (startHi !== undefined && (hi > startHi || (hi === startHi && lo >= startLo))) return;
    trace.startHi = hi;
    trace.startLo = lo;
  }
}

/** @param tag of a length-delimited field */
function field(writer: WireWriter, tag: number, bytes: Buffer, from: number, to: number): void {
  writer.varint32(tag);
  writer.varint32(to - from);
  writer.raw(bytes, from, to);
}

/** What putting together looks at; the rest of a view is of a trace that is being decided. */
function viewOf(memory: OwnedSpanMemory, { id, rows, startHi = 0, startLo }: LoadedTrace): TraceView {
  return {
    memory,
    ...traceIdWords(traceIdOf(id)),
    rows: Int32Array.from(rows),
    count: rows.length,
    payloadBytes: 0,
    startHi,
    startLo,
    durationNs: 0,
    errorCount: 0,
    rootPresent: false,
    missingParents: 0,
    rootRow: rows[0] ?? NO_ROW,
    trigger: 'complete',
    firstSeenMs: 0,
    decidedMs: 0,
    leastHi: 0,
  };
}
