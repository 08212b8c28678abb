// One walk over the bytes of an export request: counts records, notes trace ids and times, and can move all times in place.

import { TWO_32 } from '#proto/model/halves.ts';
import { nanosOf } from '#proto/model/unix-nano.ts';
import { MalformedProtobufError } from './field-reader.ts';
import type { OtlpSignal } from './otlp-signal.ts';
import type { TraceCounter } from './trace-counter.ts';

/** What a field of a message means to the walk. */
type Layout = {
  /** Field number of a fixed64 in Unix nanoseconds → true. */
  times: readonly boolean[];
  /** Field number of a message that holds times or records further down. */
  inner: readonly (Layout | undefined)[];
  /** One message of this layout is one counted record. */
  counted: boolean;
  /** Field number of the 16-byte trace id to note, 0 for none. */
  traceId: number;
};

const HIGHEST_FIELD = 16;

function layout(times: number[], inner: Record<number, Layout>, counted = false, traceId = 0): Layout {
  return {
    times: Array.from({ length: HIGHEST_FIELD }, (_, id) => times.includes(id)),
    inner: Array.from({ length: HIGHEST_FIELD }, (_, id) => inner[id]),
    counted,
    traceId,
  };
}

const exemplar = layout([2], {});
const numbers = layout([], { 1: layout([2, 3], { 5: exemplar }, true) });
const layouts: Record<OtlpSignal, Layout> = {
  // Span: start 7, end 8, events 11 (time 1).
  traces: layout([], { 1: layout([], { 2: layout([], { 2: layout([7, 8], { 11: layout([1], {}) }, true, 1) }) }) }),
  // LogRecord: time 1, observed 11.
  logs: layout([], { 1: layout([], { 2: layout([], { 2: layout([1, 11], {}, true) }) }) }),
  // Metric: gauge 5, sum 7, histogram 9, exponential histogram 10, summary 11; their points: start 2, time 3.
  metrics: layout([], {
    1: layout([], {
      2: layout([], {
        2: layout([], {
          5: numbers,
          7: numbers,
          9: layout([], { 1: layout([2, 3], { 8: exemplar }, true) }),
          10: layout([], { 1: layout([2, 3], { 11: exemplar }, true) }),
          11: layout([], { 1: layout([2, 3], {}, true) }),
        }),
      }),
    }),
  }),
};

/** Walks requests. One instance keeps running totals; it is not reentrant. */
export class RequestScan {
  /** Records (spans, log records or metric points) of the last request. */
  items = 0;
  /** Earliest and latest time of the last request, Unix ns as doubles (exact to 256 ns); 0 when it holds no time. */
  earliestNs = 0;
  latestNs = 0;
  readonly #traces: TraceCounter | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #addLow = 0;
  #addHigh = 0;

  constructor(traces?: TraceCounter) {
    this.#traces = traces;
  }

  /**
   * Counts one request.
   * @throws MalformedProtobufError
   */
  scan(signal: OtlpSignal, request: Uint8Array): void {
    this.#start(request, 0, 0);
    this.#walk(layouts[signal], request.length);
  }

  /**
   * Counts one request and adds `offsetNs` to every time in it, in place. Times that are 0 (unset) stay 0.
   * @throws MalformedProtobufError
   */
  shift(signal: OtlpSignal, request: Uint8Array, offsetNs: bigint): void {
    const bits = BigInt.asUintN(64, offsetNs);
    this.#start(request, Number(bits & 0xffffffffn), Number(bits >> 32n));
    this.#walk(layouts[signal], request.length);
  }

  #start(request: Uint8Array, addLow: number, addHigh: number): void {
    this.#bytes = request;
    this.#at = 0;
    this.#addLow = addLow;
    this.#addHigh = addHigh;
    this.items = 0;
    this.earliestNs = 0;
    this.latestNs = 0;
  }

  // HOT
  #walk(shape: Layout, to: number): void {
    const bytes = this.#bytes;
    if (shape.counted) this.items++;
    while (this.#at < to) {
      const tag = this.#varint(to);
      const field = tag >>> 3;
      const wire = tag & 7;
      if (wire === 2) {
        const length = this.#varint(to);
        const end = this.#at + length;
        if (end > to) throw new MalformedProtobufError('a length beyond the message', this.#at);
        const inner = field < HIGHEST_FIELD ? shape.inner[field] : undefined;
        if (inner !== undefined) this.#walk(inner, end);
        else if (field === shape.traceId && length === 16 && this.#traces !== undefined)
          this.#traces.add(bytes, this.#at);
        this.#at = end;
      } else if (wire === 1) {
        if (this.#at + 8 > to) throw new MalformedProtobufError('a fixed64 is cut', this.#at);
        if (field < HIGHEST_FIELD && shape.times[field] === true) this.#time(this.#at);
        this.#at += 8;
      } else if (wire === 0) {
        this.#varint(to);
      } else if (wire === 5) {
        this.#at += 4;
        if (this.#at > to) throw new MalformedProtobufError('a fixed32 is cut', this.#at);
      } else {
        throw new MalformedProtobufError(`wire type ${wire}`, this.#at);
      }
    }
  }

  // HOT
  #time(at: number): void {
    const b = this.#bytes;
    let low = (b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24)) >>> 0;
    let high = (b[at + 4]! | (b[at + 5]! << 8) | (b[at + 6]! << 16) | (b[at + 7]! << 24)) >>> 0;
    if (low === 0 && high === 0) return;
    if (this.#addLow !== 0 || this.#addHigh !== 0) {
      const sum = low + this.#addLow;
      low = sum >>> 0;
      high = (high + this.#addHigh + (sum >= TWO_32 ? 1 : 0)) >>> 0;
      b[at] = low;
      b[at + 1] = low >>> 8;
      b[at + 2] = low >>> 16;
      b[at + 3] = low >>> 24;
      b[at + 4] = high;
      b[at + 5] = high >>> 8;
      b[at + 6] = high >>> 16;
      b[at + 7] = high >>> 24;
    }
    const ns = nanosOf(high, low);
    if (ns > this.latestNs) this.latestNs = ns;
    if (this.earliestNs === 0 || ns < this.earliestNs) this.earliestNs = ns;
  }

  // HOT: values beyond 2^32 only lose high bits nobody reads here.
  #varint(to: number): number {
    const bytes = this.#bytes;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      if (this.#at >= to) throw new MalformedProtobufError('a varint is cut', this.#at);
      const byte = bytes[this.#at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new MalformedProtobufError('a varint longer than 10 bytes', this.#at);
  }
}
