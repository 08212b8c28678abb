// Telemetry in which every item has a number of its own, so that what is stored can be compared with what was acknowledged, item by item.
// A span's number is in its span id, a log record's in its body, a metric point's in its value.
import type { Signal } from '#proto/otlp/signal.ts';
import { WireWriter } from '#proto/wire/writer.ts';

/** Added to the number of a point to make its value: no other sample of Winnow's is as large. */
export const POINT_BASE = 1e12;
/** Name of the gauge. */
export const GAUGE = 'exact_gauge';
const SPANS_PER_TRACE = 5;
/** Of every second trace so many spans come later. */
const LATE_SPANS = 2;
const SERVICES = 4;
const NAMES = 12;
const NS_PER_MS = 1_000_000n;
const SERVER = 2;
const CLIENT = 3;
const INTERNAL = 1;

export interface SpanSpec {
  readonly seq: number;
  readonly trace: TraceSpec;
  readonly parentSeq: number | undefined;
  readonly service: number;
  readonly name: number;
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
}

export interface TraceSpec {
  /** 32 hex digits. */
  readonly id: string;
  readonly number: number;
  /** All of its spans are in one request; it has one call from a service to another. */
  readonly isWhole: boolean;
  /** Number of its root. */
  readonly firstSeq: number;
}

/** What one request holds. */
export interface ExactBatch {
  readonly signal: Signal;
  /** Protobuf. */
  readonly body: Buffer;
  /** Numbers of its items. */
  readonly items: readonly number[];
  readonly spans: readonly SpanSpec[];
  /** Times of logs and points. */
  readonly atMs: number;
}

/** Makes batches; the numbers of each signal begin at 1. */
/** Numbers of the spans of the call in a whole trace: the calling and the called one. */
export function callOf({ firstSeq }: TraceSpec): readonly [caller: number, called: number] {
  return [firstSeq + SPANS_PER_TRACE - 2, firstSeq + SPANS_PER_TRACE - 1];
}

export class ExactLoad {
  /** All that were begun. */
  readonly traces: TraceSpec[] = [];
  readonly #runId: number;
  readonly #random: () => number;
  #seq = 0;
  #logSeq = 0;
  #pointSeq = 0;
  readonly #late: { readonly dueMs: number; readonly spans: readonly Omit<SpanSpec, 'seq'>[] }[] = [];

  /** @param runId 32 bits that all ids begin with @param random 0 to 1 */
  constructor(runId: number, random: () => number) {
    this.#runId = runId >>> 0;
    this.#random = random;
  }

  /** Spans made so far. */
  get spanCount(): number {
    return this.#seq;
  }

  /** About `count` spans, late ones of earlier traces among them. */
  spans(nowMs: number, count: number): ExactBatch {
    const spans: SpanSpec[] = [];
    while (this.#late.length > 0 && this.#late[0]!.dueMs <= nowMs && spans.length < count) {
      for (const span of this.#late.shift()!.spans) spans.push({ ...span, seq: ++this.#seq });
    }
    while (spans.length < count) this.#trace(nowMs, spans);
    return this.batchOf(spans, nowMs);
  }

  /** A request with these spans and no others. */
  batchOf(spans: readonly SpanSpec[], atMs: number): ExactBatch {
    return { signal: 'traces', body: this.#encodeSpans(spans), items: spans.map(({ seq }) => seq), spans, atMs };
  }

  logs(nowMs: number, count: number): ExactBatch {
    const items = Array.from({ length: count }, () => ++this.#logSeq);
    const writer = new WireWriter();
    const group = writer.open(1);
    writeResource(writer, 'exact-logs');
    const scope = writer.open(2);
    for (const seq of items) {
      const record = writer.open(2);
      writeTime(writer, 1, nowMs);
      writer.tag(2, 0);
      writer.varint32(9);
      const body = writer.open(5);
      writer.textField(1, this.logBody(seq));
      writer.close(body);
      writer.close(record);
    }
    writer.close(scope);
    writer.close(group);
    return { signal: 'logs', body: Buffer.from(writer.finish()), items, spans: [], atMs: nowMs };
  }

  points(nowMs: number, count: number): ExactBatch {
    const items = Array.from({ length: count }, () => ++this.#pointSeq);
    const writer = new WireWriter();
    const group = writer.open(1);
    writeResource(writer, 'exact-metrics');
    const scope = writer.open(2);
    const metric = writer.open(2);
    writer.textField(1, GAUGE);
    const gauge = writer.open(5);
    for (const [i, seq] of items.entries()) {
      const point = writer.open(1);
      writeTime(writer, 3, nowMs);
      writer.tag(4, 1);
      writer.double(POINT_BASE + seq);
      writeAttribute(writer, 7, 'series', String(i));
      writeAttribute(writer, 7, 'run', String(this.#runId));
      writer.close(point);
    }
    writer.close(gauge);
    writer.close(metric);
    writer.close(scope);
    writer.close(group);
    return { signal: 'metrics', body: Buffer.from(writer.finish()), items, spans: [], atMs: nowMs };
  }

  /** What the id of every trace begins with. */
  get runIdHex(): string {
    return hex8(this.#runId);
  }

  get logPrefix(): string {
    return `run${this.#runId} line`;
  }

  logBody(seq: number): string {
    return `${this.logPrefix}${seq}`;
  }

  /** The same batch as OTLP/JSON. */
  json({ signal, items, spans, atMs }: ExactBatch): string {
    const time = String(BigInt(Math.floor(atMs)) * NS_PER_MS);
    const resource = (service: string): object => ({
      attributes: [{ key: 'service.name', value: { stringValue: service } }],
    });
    if (signal === 'logs') {
      const logRecords = items.map((seq) => ({
        timeUnixNano: time,
        severityNumber: 9,
        body: { stringValue: this.logBody(seq) },
      }));
      return JSON.stringify({ resourceLogs: [{ resource: resource('exact-logs'), scopeLogs: [{ logRecords }] }] });
    }
    if (signal === 'metrics') {
      const attributes = (i: number): object[] => [
        { key: 'series', value: { stringValue: String(i) } },
        { key: 'run', value: { stringValue: String(this.#runId) } },
      ];
      const dataPoints = items.map((seq, i) => ({
        timeUnixNano: time,
        asDouble: POINT_BASE + seq,
        attributes: attributes(i),
      }));
      return JSON.stringify({
        resourceMetrics: [
          {
            resource: resource('exact-metrics'),
            scopeMetrics: [{ metrics: [{ name: GAUGE, gauge: { dataPoints } }] }],
          },
        ],
      });
    }
    const resourceSpans = byService(spans).map(([service, group]) => ({
      resource: resource(`exact-${service}`),
      scopeSpans: [
        {
          spans: group.map((span) => ({
            traceId: span.trace.id,
            spanId: this.#spanId(span.seq),
            ...(span.parentSeq !== undefined && { parentSpanId: this.#spanId(span.parentSeq) }),
            name: `op-${span.name}`,
            kind: span.kind,
            startTimeUnixNano: String(BigInt(Math.floor(span.startMs)) * NS_PER_MS),
            endTimeUnixNano: String(BigInt(Math.floor(span.endMs)) * NS_PER_MS),
          })),
        },
      ],
    }));
    return JSON.stringify({ resourceSpans });
  }

  #spanId(seq: number): string {
    return hex8(this.#runId) + hex8(seq);
  }

  #trace(nowMs: number, spans: SpanSpec[]): void {
    const number = this.traces.length;
    const trace = {
      id: hex8(this.#runId) + hex8(number + 1) + hex8(this.#random() * 2 ** 32) + hex8(this.#random() * 2 ** 32),
      number,
      isWhole: number % 2 === 0,
      firstSeq: this.#seq + 1,
    };
    this.traces.push(trace);
    const service = number % SERVICES;
    const rootSeq = trace.firstSeq;
    const late: Omit<SpanSpec, 'seq'>[] = [];
    for (let i = 0; i < SPANS_PER_TRACE; i++) {
      const calls = trace.isWhole && i === SPANS_PER_TRACE - 2;
      const called = trace.isWhole && i === SPANS_PER_TRACE - 1;
      const span = {
        trace,
        parentSeq: i === 0 ? undefined : called ? this.#seq : rootSeq,
        service: called ? (service + 1) % SERVICES : service,
        name: (number * 7 + i) % NAMES,
        kind: i === 0 || called ? SERVER : calls ? CLIENT : INTERNAL,
        startMs: nowMs - 10,
        endMs: nowMs - 2,
      };
      if (!trace.isWhole && i >= SPANS_PER_TRACE - LATE_SPANS) late.push(span);
      else spans.push({ ...span, seq: ++this.#seq });
    }
    if (late.length > 0) this.#late.push({ dueMs: nowMs + 200 + this.#random() * 3000, spans: late });
  }

  #encodeSpans(spans: readonly SpanSpec[]): Buffer {
    const writer = new WireWriter(spans.length * 96);
    for (const [service, group] of byService(spans)) {
      const resourceSpans = writer.open(1);
      writeResource(writer, `exact-${service}`);
      const scope = writer.open(2);
      for (const span of group) {
        const message = writer.open(2);
        writeBytes(writer, 1, Buffer.from(span.trace.id, 'hex'));
        this.#writeSpanId(writer, 2, span.seq);
        if (span.parentSeq !== undefined) this.#writeSpanId(writer, 4, span.parentSeq);
        writer.textField(5, `op-${span.name}`);
        writer.tag(6, 0);
        writer.varint32(span.kind);
        writeTime(writer, 7, span.startMs);
        writeTime(writer, 8, span.endMs);
        writer.close(message);
      }
      writer.close(scope);
      writer.close(resourceSpans);
    }
    return Buffer.from(writer.finish());
  }

  #writeSpanId(writer: WireWriter, field: number, seq: number): void {
    const id = Buffer.alloc(8);
    id.writeUInt32BE(this.#runId, 0);
    id.writeUInt32BE(seq, 4);
    writeBytes(writer, field, id);
  }
}

function byService(spans: readonly SpanSpec[]): [service: number, spans: SpanSpec[]][] {
  const groups = new Map<number, SpanSpec[]>();
  for (const span of spans) {
    const group = groups.get(span.service);
    if (group === undefined) groups.set(span.service, [span]);
    else group.push(span);
  }
  return [...groups];
}

function writeResource(writer: WireWriter, service: string): void {
  const resource = writer.open(1);
  writeAttribute(writer, 1, 'service.name', service);
  writer.close(resource);
}

function writeAttribute(writer: WireWriter, field: number, key: string, value: string): void {
  const attribute = writer.open(field);
  writer.textField(1, key);
  const any = writer.open(2);
  writer.textField(1, value);
  writer.close(any);
  writer.close(attribute);
}

function writeBytes(writer: WireWriter, field: number, bytes: Buffer): void {
  const at = writer.open(field);
  writer.raw(bytes);
  writer.close(at);
}

function writeTime(writer: WireWriter, field: number, ms: number): void {
  const ns = BigInt(Math.floor(ms)) * NS_PER_MS;
  writer.tag(field, 1);
  writer.fixed64(Number(ns >> 32n), Number(ns & 0xffff_ffffn));
}

function hex8(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
