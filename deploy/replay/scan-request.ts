// One walk over the bytes of an export request: counts records, notes trace ids and times, and can move all times in place.

import { TWO_32 } from '#proto/model/halves.ts';
import { nanosOf } from '#proto/model/unix-nano.ts';
import {
  EXEMPLAR,
  EXPONENTIAL_HISTOGRAM_DATA_POINT,
  HISTOGRAM_DATA_POINT,
  LOG_RECORD,
  LOGS_DATA,
  METRIC,
  METRICS_DATA,
  NUMBER_DATA_POINT,
  RESOURCE_LOGS,
  RESOURCE_METRICS,
  RESOURCE_SPANS,
  SCOPE_LOGS,
  SCOPE_METRICS,
  SCOPE_SPANS,
  SPAN,
  SPAN_EVENT,
  SUM,
  SUMMARY_DATA_POINT,
  TRACES_DATA,
} from '#proto/otlp/fields.ts';
import { WireReader } from '#proto/wire/reader.ts';
import type { OtlpSignal } from './otlp-signal.ts';
import type { TraceCounter } from './trace-counter.ts';

/** What the fields of a message mean to the walk, by tag. */
interface Layout {
  /** Tags of times in Unix nanoseconds. */
  times: ReadonlySet<number>;
  /** Messages that hold times or records further down. */
  inner: ReadonlyMap<number, Layout>;
  /** One message of this layout is one counted record. */
  counted: boolean;
  /** Tag of the 16-byte trace id to note, 0 for none. */
  traceId: number;
}

function layout(times: number[], inner: Record<number, Layout>, counted = false, traceId = 0): Layout {
  return {
    times: new Set(times),
    inner: new Map(Object.entries(inner).map(([tag, of]) => [Number(tag), of])),
    counted,
    traceId,
  };
}

const exemplar = layout([EXEMPLAR.timeUnixNano], {});
const event = layout([SPAN_EVENT.timeUnixNano], {});
const span = layout([SPAN.startTimeUnixNano, SPAN.endTimeUnixNano], { [SPAN.events]: event }, true, SPAN.traceId);
const logRecord = layout([LOG_RECORD.timeUnixNano, LOG_RECORD.observedTimeUnixNano], {}, true);
const numbers = dataOf(NUMBER_DATA_POINT, { [NUMBER_DATA_POINT.exemplars]: exemplar });
const metric = layout([], {
  [METRIC.gauge]: numbers,
  [METRIC.sum]: numbers,
  [METRIC.histogram]: dataOf(HISTOGRAM_DATA_POINT, { [HISTOGRAM_DATA_POINT.exemplars]: exemplar }),
  [METRIC.exponentialHistogram]: dataOf(EXPONENTIAL_HISTOGRAM_DATA_POINT, {
    [EXPONENTIAL_HISTOGRAM_DATA_POINT.exemplars]: exemplar,
  }),
  [METRIC.summary]: dataOf(SUMMARY_DATA_POINT, {}),
});
const layouts: Record<OtlpSignal, Layout> = {
  traces: layout([], {
    [TRACES_DATA.resourceSpans]: layout([], { [RESOURCE_SPANS.scopeSpans]: layout([], { [SCOPE_SPANS.spans]: span }) }),
  }),
  logs: layout([], {
    [LOGS_DATA.resourceLogs]: layout([], {
      [RESOURCE_LOGS.scopeLogs]: layout([], { [SCOPE_LOGS.logRecords]: logRecord }),
    }),
  }),
  metrics: layout([], {
    [METRICS_DATA.resourceMetrics]: layout([], {
      [RESOURCE_METRICS.scopeMetrics]: layout([], { [SCOPE_METRICS.metrics]: metric }),
    }),
  }),
};

/** All kinds of data hold their points in the same field. */
function dataOf(
  point: { readonly startTimeUnixNano: number; readonly timeUnixNano: number },
  inner: Record<number, Layout>,
): Layout {
  return layout([], { [SUM.dataPoints]: layout([point.startTimeUnixNano, point.timeUnixNano], inner, true) });
}

/** Walks requests. One instance keeps running totals; it is not reentrant. */
export class RequestScan {
  /** Records (spans, log records or metric points) of the last request. */
  items = 0;
  /** Earliest and latest time of the last request, Unix ns as doubles (exact to 256 ns); 0 when it holds no time. */
  earliestNs = 0;
  latestNs = 0;
  readonly #traces: TraceCounter | undefined;
  readonly #reader = new WireReader(new Uint8Array(0));
  #addLow = 0;
  #addHigh = 0;

  constructor(traces?: TraceCounter) {
    this.#traces = traces;
  }

  /**
   * Counts one request.
   * @throws WireError
   */
  scan(signal: OtlpSignal, request: Uint8Array): void {
    this.#start(request, 0, 0);
    this.#walk(layouts[signal], request.length);
  }

  /**
   * Counts one request and adds `offsetNs` to every time in it, in place. Times that are 0 (unset) stay 0.
   * @throws WireError
   */
  shift(signal: OtlpSignal, request: Uint8Array, offsetNs: bigint): void {
    const bits = BigInt.asUintN(64, offsetNs);
    this.#start(request, Number(bits & 0xffffffffn), Number(bits >> 32n));
    this.#walk(layouts[signal], request.length);
  }

  #start(request: Uint8Array, addLow: number, addHigh: number): void {
    this.#reader.bytes = request;
    this.#reader.pos = 0;
    this.#reader.end = request.length;
    this.#addLow = addLow;
    this.#addHigh = addHigh;
    this.items = 0;
    this.earliestNs = 0;
    this.latestNs = 0;
  }

  // HOT
  #walk(shape: Layout, to: number): void {
    const reader = this.#reader;
    const outer = reader.end;
    reader.end = to;
    if (shape.counted) this.items++;
    while (reader.next()) {
      const tag = reader.fieldTag;
      const inner = shape.inner.get(tag);
      if (inner !== undefined) {
        reader.pos = reader.from;
        this.#walk(inner, reader.to);
      } else if (shape.times.has(tag)) this.#time(reader.from);
      else if (tag === shape.traceId && reader.to - reader.from === 16) this.#traces?.add(reader.bytes, reader.from);
    }
    reader.end = outer;
  }

  // HOT
  #time(at: number): void {
    const b = this.#reader.bytes;
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
}
