// Remote write requests, 1.0 and 2.0, out of series as they are recorded: written field by field from the published protocol.
import { compressSync } from 'snappy';
import { WireWriter } from '#proto/wire/writer.ts';
import type { RecordedHistogram, RecordedSeries } from './recorded-series.ts';

const STALE = 0x7ff00000_00000002n;
const HINTS = ['unknown', 'reset', 'not_reset', 'gauge'];
const TYPES = ['unknown', 'counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset'];

interface Metadata {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}
interface WrittenExemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timeMs: number;
}
export interface WrittenSeries extends RecordedSeries {
  readonly exemplars?: readonly WrittenExemplar[];
  readonly metadata?: Metadata;
  /** Of all samples, 2.0 only. */
  readonly startMs?: number;
  /** Integer histograms as floats. */
  readonly asFloats?: boolean;
}

function int64(writer: WireWriter, field: number, value: number): void {
  writer.tag(field, 0);
  const bits = BigInt.asUintN(64, BigInt(value));
  writer.varint64(Number(bits >> 32n), Number(bits & 0xffffffffn));
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function double(writer: WireWriter, field: number, text: string): void {
  writer.tag(field, 1);
  doubleValue(writer, text);
}

function doubleValue(writer: WireWriter, text: string): void {
  if (text === 'stale') writer.fixed64(Number(STALE >> 32n), Number(STALE & 0xffffffffn));
  else writer.double(text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text));
}

function packed(writer: WireWriter, field: number, write: (writer: WireWriter) => void): void {
  const inner = new WireWriter();
  write(inner);
  if (inner.length === 0) return;
  writer.bytesField(field, inner.finish());
}

function side(
  writer: WireWriter,
  [spansField, deltasField, countsField]: readonly [number, number, number],
  spans: readonly (readonly [number, number])[],
  counts: readonly string[],
  isInt: boolean,
): void {
  for (const [offset, length] of spans) {
    const span = writer.open(spansField);
    int64(writer, 1, zigzag(offset));
    int64(writer, 2, length);
    writer.close(span);
  }
  packed(writer, isInt ? deltasField : countsField, (inner) => {
    let before = 0;
    for (const count of counts) {
      if (!isInt) doubleValue(inner, count);
      else {
        const bits = BigInt(zigzag(Number(count) - before));
        inner.varint64(Number(bits >> 32n), Number(bits & 0xffffffffn));
        before = Number(count);
      }
    }
  });
}

function histogramFields(
  writer: WireWriter,
  timeMs: number,
  histogram: RecordedHistogram | 'stale',
  { asFloats = false, startMs = 0 }: Pick<WrittenSeries, 'asFloats' | 'startMs'>,
): void {
  int64(writer, 15, timeMs);
  if (startMs > 0) int64(writer, 17, startMs);
  if (histogram === 'stale') {
    double(writer, 3, 'stale');
    return;
  }
  const { positive_buckets: positive = [], negative_buckets: negative = [] } = histogram;
  const numbers = [histogram.count, histogram.zero_count ?? '0', ...positive, ...negative];
  const isInt = !asFloats && numbers.every((text) => Number.isSafeInteger(Number(text)));
  if (isInt) {
    int64(writer, 1, Number(histogram.count));
    int64(writer, 6, Number(histogram.zero_count ?? '0'));
  } else {
    double(writer, 2, histogram.count);
    double(writer, 7, histogram.zero_count ?? '0');
  }
  double(writer, 3, histogram.sum);
  int64(writer, 4, zigzag(histogram.schema));
  double(writer, 5, histogram.zero_threshold ?? '0');
  side(writer, [8, 9, 10], histogram.negative_spans ?? [], negative, isInt);
  side(writer, [11, 12, 13], histogram.positive_spans ?? [], positive, isInt);
  int64(writer, 14, Math.max(0, HINTS.indexOf(histogram.hint ?? 'unknown')));
  packed(writer, 16, (inner) => {
    for (const bound of histogram.custom_values ?? []) inner.double(bound);
  });
}

/** prometheus.WriteRequest, not compressed. */
export function writeRequestV1(series: readonly WrittenSeries[]): Uint8Array {
  const writer = new WireWriter();
  const label = (name: string, value: string): void => {
    const open = writer.open(1);
    writer.textField(1, name);
    writer.textField(2, value);
    writer.close(open);
  };
  const sortedLabels = (labels: Readonly<Record<string, string>>): [string, string][] =>
    Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const one of series) {
    const open = writer.open(1);
    for (const [name, value] of sortedLabels(one.labels)) label(name, value);
    for (const [timeMs, value] of one.samples ?? []) {
      const sample = writer.open(2);
      double(writer, 1, value);
      int64(writer, 2, timeMs);
      writer.close(sample);
    }
    for (const exemplar of one.exemplars ?? []) {
      const exemplarOpen = writer.open(3);
      for (const [name, value] of Object.entries(exemplar.labels)) label(name, value);
      double(writer, 2, String(exemplar.value));
      int64(writer, 3, exemplar.timeMs);
      writer.close(exemplarOpen);
    }
    for (const [timeMs, histogram] of one.histograms ?? []) {
      const histogramOpen = writer.open(4);
      histogramFields(writer, timeMs, histogram, { ...one, startMs: 0 });
      writer.close(histogramOpen);
    }
    writer.close(open);
  }
  for (const { labels, metadata } of series) {
    if (metadata === undefined) continue;
    const open = writer.open(3);
    int64(writer, 1, Math.max(0, TYPES.indexOf(metadata.type)));
    writer.textField(2, labels['__name__'] ?? '');
    writer.textField(4, metadata.help);
    writer.textField(5, metadata.unit);
    writer.close(open);
  }
  return Uint8Array.from(writer.finish());
}

/** io.prometheus.write.v2.Request, not compressed. */
export function writeRequestV2(series: readonly WrittenSeries[]): Uint8Array {
  const symbols = new Map<string, number>([['', 0]]);
  const ref = (text: string): number => {
    const known = symbols.get(text);
    if (known !== undefined) return known;
    symbols.set(text, symbols.size);
    return symbols.size - 1;
  };
  const body = new WireWriter();
  const refs = (field: number, labels: Readonly<Record<string, string>>): void =>
    packed(body, field, (inner) => {
      for (const [name, value] of Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))) {
        inner.varint32(ref(name));
        inner.varint32(ref(value));
      }
    });
  for (const one of series) {
    const open = body.open(5);
    refs(1, one.labels);
    for (const [timeMs, value] of one.samples ?? []) {
      const sample = body.open(2);
      double(body, 1, value);
      int64(body, 2, timeMs);
      if (one.startMs !== undefined) int64(body, 3, one.startMs);
      body.close(sample);
    }
    for (const [timeMs, histogram] of one.histograms ?? []) {
      const histogramOpen = body.open(3);
      histogramFields(body, timeMs, histogram, one);
      body.close(histogramOpen);
    }
    for (const exemplar of one.exemplars ?? []) {
      const exemplarOpen = body.open(4);
      refs(1, exemplar.labels);
      double(body, 2, String(exemplar.value));
      int64(body, 3, exemplar.timeMs);
      body.close(exemplarOpen);
    }
    if (one.metadata !== undefined) {
      const metadata = body.open(5);
      int64(body, 1, Math.max(0, TYPES.indexOf(one.metadata.type)));
      int64(body, 3, ref(one.metadata.help));
      int64(body, 4, ref(one.metadata.unit));
      body.close(metadata);
    }
    body.close(open);
  }
  const head = new WireWriter();
  for (const symbol of symbols.keys()) head.textField(4, symbol);
  return Buffer.concat([head.finish(), body.finish()]);
}

const WRITE_TYPES = {
  1: 'application/x-protobuf;proto=prometheus.WriteRequest',
  2: 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
} as const;

/** Sends one request; the address is a receiver's or query's. */
export async function remoteWrite(
  address: string,
  version: 1 | 2,
  series: readonly WrittenSeries[],
): Promise<Response> {
  const body = version === 1 ? writeRequestV1(series) : writeRequestV2(series);
  return fetch(`http://${address}/api/v1/write`, {
    method: 'POST',
    body: compressSync(Buffer.from(body)),
    headers: {
      'content-type': WRITE_TYPES[version],
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': version === 1 ? '0.1.0' : '2.0.0',
    },
  });
}
