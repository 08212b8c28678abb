// Makes traces by hand for tests: plain spans in, OTLP bytes and span rows out.
import type { TraceView } from '#collector/model/trace.ts';
import { TraceFile } from '#deploy/cli/show/trace-file.ts';

/** Times in ns relative to {@link baseNs}; ids are 16 hex digits (shorter ones are padded on the left). */
export interface PlainSpan {
  id: string;
  parent?: string;
  service?: string;
  host?: string;
  name?: string;
  /** OTLP SpanKind 0…5. */
  kind?: number;
  status?: number;
  start: number | bigint;
  end: number | bigint;
  attributes?: Record<string, string>;
  /** W3C and OTLP flags; 0 is not written. */
  flags?: number;
  traceState?: string;
  links?: { trace: string; span: string; traceState?: string }[];
}

const BASE_NS = 1_700_000_000_000_000_000n;

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  while (rest > 127) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  out.push(rest);
  return out;
}

function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
}

function fixed64(number: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return Buffer.concat([Buffer.from(varint(number * 8 + 1)), bytes]);
}

function attribute(number: number, key: string, value: string): Buffer {
  return field(number, Buffer.concat([field(1, Buffer.from(key)), field(2, field(1, Buffer.from(value)))]));
}

/** Bytes of an id given in hex: padded to `bytes` unless it is longer or marked by a leading `!` (taken as it stands). */
function id(text: string, bytes: number): Buffer {
  return text.startsWith('!') ? Buffer.from(text.slice(1), 'hex') : Buffer.from(text.padStart(bytes * 2, '0'), 'hex');
}

/** The ExportTraceServiceRequest of one trace: a ResourceSpans per span. @param baseNs Unix ns of relative time 0 */
export function traceRequest(traceId: string, spans: readonly PlainSpan[], baseNs: bigint = BASE_NS): Buffer {
  const groups = spans.map((span) => {
    const resource = [attribute(1, 'service.name', span.service ?? 's')];
    if (span.host !== undefined) resource.push(attribute(1, 'host.name', span.host));
    const parts = [field(1, id(traceId, 16)), field(2, id(span.id, 8))];
    if (span.traceState !== undefined) parts.push(field(3, Buffer.from(span.traceState)));
    if (span.parent !== undefined) parts.push(field(4, id(span.parent, 8)));
    parts.push(field(5, Buffer.from(span.name ?? span.id)), Buffer.from([6 * 8, span.kind ?? 1]));
    parts.push(fixed64(7, baseNs + BigInt(span.start)), fixed64(8, baseNs + BigInt(span.end)));
    for (const [key, value] of Object.entries(span.attributes ?? {})) parts.push(attribute(9, key, value));
    for (const link of span.links ?? [])
      parts.push(
        field(
          13,
          Buffer.concat([
            field(1, id(link.trace, 16)),
            field(2, id(link.span, 8)),
            ...(link.traceState === undefined ? [] : [field(3, Buffer.from(link.traceState))]),
          ]),
        ),
      );
    if (span.status !== undefined) parts.push(field(15, Buffer.from([3 * 8, span.status])));
    if (span.flags !== undefined) parts.push(Buffer.from([0x85, 1, span.flags & 255, (span.flags >> 8) & 255, 0, 0]));
    const scopeSpans = field(2, field(2, Buffer.concat(parts)));
    return field(1, Buffer.concat([field(1, Buffer.concat(resource)), scopeSpans]));
  });
  return Buffer.concat(groups);
}

/** Small traces share one file, renewed now and then: a slab for each would be slower than what is tested. */
const SHARED_CAPACITY = 65_536;
const SMALL = 64;
let shared = new TraceFile(SHARED_CAPACITY);
let made = 0;

/** One trace in memory. */
export function buildTrace(spans: readonly PlainSpan[], baseNs: bigint = BASE_NS): TraceView {
  if (shared.memory.spans.used + spans.length > SHARED_CAPACITY) shared = new TraceFile(SHARED_CAPACITY);
  const file = spans.length > SMALL ? new TraceFile(spans.length) : shared;
  const traceId = (++made).toString(16).padStart(32, '0');
  file.add(traceRequest(traceId, spans, baseNs));
  const view = file.view(traceId);
  if (view === undefined) throw new Error('a trace needs spans');
  return view;
}
