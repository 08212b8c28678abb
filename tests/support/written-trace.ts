// One trace written as plain objects, encoded as OTLP by protobufjs and read back as rows: what rules are tested on.
import type { TraceView } from '#collector/model/trace.ts';
import { traceViewOf } from '#collector/simulate/trace-view-of.ts';
import { TraceFile } from '#deploy/cli/show/trace-file.ts';
import { otlpType } from './otlp-proto.ts';

/** AnyValue as protobufjs takes it: `{ intValue: 1 }`, `{ stringValue: 'a' }`… */
type WrittenValue = Readonly<Record<string, unknown>>;

export interface WrittenSpan {
  readonly service?: string;
  readonly resource?: Readonly<Record<string, WrittenValue>>;
  readonly name?: string;
  readonly kind?: number;
  readonly status?: number;
  readonly parent?: string;
  readonly traceState?: string;
  /** ns after the trace's origin. */
  readonly start?: number;
  readonly duration?: number;
  readonly attributes?: Readonly<Record<string, WrittenValue>>;
  readonly links?: number;
  readonly flags?: number;
  readonly events?: readonly string[];
}

const SOME_TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const ORIGIN_NS = 1_700_000_000_000_000_000n;
const SPAN_CAPACITY = 4096;

/** The request that holds these spans, one ResourceSpans each, span ids 1, 2, 3… in order. */
export function writtenRequest(spans: readonly WrittenSpan[], traceId = SOME_TRACE_ID, firstSpanId = 1): Buffer {
  const type = otlpType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');
  const resourceSpans = spans.map((span, i) => ({
    resource: {
      attributes: [
        ...(span.service === undefined ? [] : [{ key: 'service.name', value: { stringValue: span.service } }]),
        ...keyValues(span.resource),
      ],
    },
    scopeSpans: [
      {
        spans: [
          {
            traceId: Buffer.from(traceId, 'hex'),
            spanId: Buffer.from((firstSpanId + i).toString(16).padStart(16, '0'), 'hex'),
            ...(span.parent !== undefined && { parentSpanId: Buffer.from(span.parent.padStart(16, '0'), 'hex') }),
            ...(span.traceState !== undefined && { traceState: span.traceState }),
            name: span.name ?? 'work',
            kind: span.kind ?? 1,
            startTimeUnixNano: String(ORIGIN_NS + BigInt(span.start ?? 0)),
            endTimeUnixNano: String(ORIGIN_NS + BigInt((span.start ?? 0) + (span.duration ?? 1_000_000))),
            attributes: keyValues(span.attributes),
            links: Array.from({ length: span.links ?? 0 }, () => ({
              traceId: Buffer.alloc(16, 9),
              spanId: Buffer.alloc(8, 9),
            })),
            ...(span.flags !== undefined && { flags: span.flags }),
            events: (span.events ?? []).map((name) => ({ name, timeUnixNano: '1' })),
            ...(span.status !== undefined && { status: { code: span.status } }),
          },
        ],
      },
    ],
  }));
  return Buffer.from(type.encode(type.fromObject({ resourceSpans })).finish());
}

/** The whole trace as the rules see it. */
export function writtenTrace(spans: readonly WrittenSpan[], traceId = SOME_TRACE_ID): TraceView {
  const file = new TraceFile(SPAN_CAPACITY);
  file.add(writtenRequest(spans, traceId));
  const view = file.view(traceId);
  if (view === undefined) throw new Error('a written trace needs a span');
  return view;
}

/** The same trace with its rows in another order. */
export function reordered(view: TraceView, order: readonly number[]): TraceView {
  const hex = [view.id0, view.id1, view.id2, view.id3]
    .map((word) => (word >>> 0).toString(16).padStart(8, '0'))
    .join('');
  return traceViewOf(
    view.memory,
    hex,
    Int32Array.from(order, (i) => view.rows[i]!),
  );
}

function keyValues(attributes: Readonly<Record<string, WrittenValue>> | undefined) {
  return Object.entries(attributes ?? {}).map(([key, value]) => ({ key, value }));
}
