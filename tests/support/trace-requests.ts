// Builds small trace requests byte by byte, for tests that need spans of a given shape and nothing else.

export interface SpanShape {
  /** 1…2^32: the trace and span ids made of it. */
  trace: number;
  span: number;
  /** Span number of the parent; none = a root. */
  parent?: number;
  startNs?: bigint;
  endNs?: bigint;
  name?: string;
  kind?: number;
  status?: number;
  /** Bytes of an attribute that fills the span up. */
  padding?: number;
}

/** The trace id of a trace number: four words, no two alike. */
export function traceIdWords(trace: number): [number, number, number, number] {
  return [Math.imul(trace, 0x9e3779b1) >>> 0, 0x5eed, Math.imul(trace, 0x85ebca6b) >>> 0, trace];
}

/** An ExportTraceServiceRequest with one resource and one scope around the spans. */
export function traceRequest(spans: readonly SpanShape[], service = 'shop'): Buffer {
  const attribute = field(
    1,
    Buffer.concat([field(1, Buffer.from('service.name')), field(2, field(1, Buffer.from(service)))]),
  );
  const scopeSpans = Buffer.concat([
    field(1, field(1, Buffer.from('tests'))),
    ...spans.map((span) => field(2, spanMessage(span))),
  ]);
  return field(1, Buffer.concat([field(1, attribute), field(2, scopeSpans)]));
}

export function spanMessage(span: SpanShape): Buffer {
  const traceId = Buffer.alloc(16);
  traceIdWords(span.trace).forEach((word, at) => traceId.writeUInt32BE(word, at * 4));
  const times = Buffer.alloc(18);
  times[0] = 0x39;
  times.writeBigUInt64LE(span.startNs ?? 1_700_000_000_000_000_000n, 1);
  times[9] = 0x41;
  times.writeBigUInt64LE(span.endNs ?? 1_700_000_000_001_000_000n, 10);
  const parts = [field(1, traceId), field(2, spanId(span.span)), field(5, Buffer.from(span.name ?? 'work')), times];
  if (span.parent !== undefined) parts.push(field(4, spanId(span.parent)));
  if (span.kind !== undefined) parts.push(Buffer.from([0x30, span.kind]));
  if (span.status !== undefined) parts.push(field(15, Buffer.from([0x18, span.status])));
  if (span.padding !== undefined)
    parts.push(
      field(9, Buffer.concat([field(1, Buffer.from('padding')), field(2, field(1, Buffer.alloc(span.padding, 'x')))])),
    );
  return Buffer.concat(parts);
}

/** A length-delimited field. */
export function field(number: number, payload: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(payload.length), payload]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

function spanId(span: number): Buffer {
  const id = Buffer.alloc(8);
  id.writeUInt32BE(0x51a70000, 0);
  id.writeUInt32BE(span, 4);
  return id;
}
