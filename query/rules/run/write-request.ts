// Samples of rules as a remote write 2.0 request, not compressed (https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/).
import { BUCKET_SPAN, HISTOGRAM, REQUEST_V2, SAMPLE, TIME_SERIES_V2 } from '#proto/prometheus/fields.ts';
import { fieldNumber } from '#proto/wire/wire-type.ts';
import { WireWriter } from '#proto/wire/writer.ts';
import type { Buckets } from '#query/promql/histogram/buckets.ts';
import type { FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import type { LabelSet } from '#query/promql/labels.ts';
import type { RuleSample } from '#query/rules/model.ts';

const STALE_HI = 0x7ff00000;
const STALE_LO = 0x00000002;
const TWO_32 = 2 ** 32;
/** By the number of ResetHint. */
const HINTS = ['unknown', 'reset', 'not_reset', 'gauge'] as const;

/** The symbols of one request: every text once, the empty one first. */
class Symbols {
  readonly #numbers = new Map<string, number>([['', 0]]);

  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  write(writer: WireWriter): void {
    for (const text of this.#numbers.keys()) writer.textField(fieldNumber(REQUEST_V2.symbols), text);
  }
}

export function writeRequest(samples: readonly RuleSample[]): Uint8Array {
  const symbols = new Symbols();
  const series = new WireWriter();
  for (const sample of samples) {
    const open = series.open(fieldNumber(REQUEST_V2.timeseries));
    writeLabels(series, sample.labels, symbols);
    writePoint(series, sample);
    series.close(open);
  }
  const writer = new WireWriter(series.length * 2);
  symbols.write(writer);
  writer.raw(series.finish());
  return writer.finish();
}

function writeLabels(writer: WireWriter, labels: LabelSet, symbols: Symbols): void {
  const open = writer.open(fieldNumber(TIME_SERIES_V2.labelsRefs));
  for (const [name, value] of labels.entries()) {
    writer.varint32(symbols.numberOf(name));
    writer.varint32(symbols.numberOf(value));
  }
  writer.close(open);
}

function writePoint(writer: WireWriter, { timeMs, value }: RuleSample): void {
  if (typeof value === 'object') {
    const open = writer.open(fieldNumber(TIME_SERIES_V2.histograms));
    writeHistogram(writer, value, timeMs);
    writer.close(open);
    return;
  }
  const open = writer.open(fieldNumber(TIME_SERIES_V2.samples));
  writer.varint32(SAMPLE.value);
  if (value === 'stale') writer.fixed64(STALE_HI, STALE_LO);
  else writer.double(value);
  int64(writer, SAMPLE.timestamp, timeMs);
  writer.close(open);
}

function writeHistogram(writer: WireWriter, of: FloatHistogram, timeMs: number): void {
  double(writer, HISTOGRAM.countFloat, of.count);
  double(writer, HISTOGRAM.sum, of.sum);
  writer.varint32(HISTOGRAM.schema);
  writer.varint32(zigzag(of.schema));
  double(writer, HISTOGRAM.zeroThreshold, of.zeroThreshold);
  double(writer, HISTOGRAM.zeroCountFloat, of.zeroCount);
  writeSide(writer, of.negative, HISTOGRAM.negativeSpans, HISTOGRAM.negativeCounts);
  writeSide(writer, of.positive, HISTOGRAM.positiveSpans, HISTOGRAM.positiveCounts);
  writer.varint32(HISTOGRAM.resetHint);
  writer.varint32(HINTS.indexOf(of.hint));
  int64(writer, HISTOGRAM.timestamp, timeMs);
  doubles(writer, HISTOGRAM.customValues, of.customValues);
}

/** Neighbouring buckets are one span: the first offset is an index, later ones are gaps. */
function writeSide(writer: WireWriter, { indexes, counts }: Buckets, spansTag: number, countsTag: number): void {
  let end = 0;
  for (let from = 0; from < indexes.length;) {
    let to = from + 1;
    while (to < indexes.length && indexes[to] === indexes[to - 1]! + 1) to++;
    const open = writer.open(fieldNumber(spansTag));
    writer.varint32(BUCKET_SPAN.offset);
    writer.varint32(zigzag(indexes[from]! - end));
    writer.varint32(BUCKET_SPAN.length);
    writer.varint32(to - from);
    writer.close(open);
    end = indexes[to - 1]! + 1;
    from = to;
  }
  doubles(writer, countsTag, counts);
}

function doubles(writer: WireWriter, tag: number, values: readonly number[]): void {
  if (values.length === 0) return;
  const open = writer.open(fieldNumber(tag));
  for (const value of values) writer.double(value);
  writer.close(open);
}

function double(writer: WireWriter, tag: number, value: number): void {
  writer.varint32(tag);
  writer.double(value);
}

function int64(writer: WireWriter, tag: number, value: number): void {
  writer.varint32(tag);
  writer.varint64(Math.floor(value / TWO_32) >>> 0, value >>> 0);
}

/** Of an sint32, unsigned. */
function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}
