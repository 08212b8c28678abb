// A request of remote write, 1.0 or 2.0, to series, samples, histograms and exemplars. Good parts are taken, bad ones are named. Samples stay columns;
// labels of series that came before are not read again.
import {
  EXEMPLAR,
  EXEMPLAR_V2,
  LABEL,
  METADATA_V2,
  METRIC_TYPES,
  REQUEST_V2,
  SAMPLE,
  TIME_SERIES,
  TIME_SERIES_V2,
  WRITE_REQUEST,
} from '#proto/prometheus/fields.ts';
import { WireReader } from '#proto/wire/reader.ts';
import { WireError } from '#proto/wire/wire-error.ts';
import type { HistogramRow } from '#collector/store/tables/histograms-table.ts';
import type { ExemplarRow, SeriesRow } from '../rows.ts';
import { seriesIdOf } from '../series-ids.ts';
import { exemplarRow } from './exemplar-row.ts';
import { familyOf, MetricFamilies, NO_FACTS, type Facts } from './families.ts';
import { keyHash, KnownSeriesTable, type KnownSeries } from './known-series.ts';
import { readHistogram } from './read-histogram.ts';
import { readLabels, textOf } from './read-labels.ts';
import { SampleList } from './sample-list.ts';

export type RemoteWriteVersion = 1 | 2;

/** Times are stored as ms that a DateTime64 shows from 1970 until the year 2262. */
const MAX_TIME_MS = 9_223_372_036_854;
/** A series in use is written again this often, so that retention never takes it. */
const REWRITE_MS = 10 * 60_000;
/** Queries look for series up to an hour behind the newest sample that their row names. */
const LAST_SEEN_LAG_MS = 30 * 60_000;
/** Of a request, in the answer to its sender. */
const MAX_PROBLEMS = 5;
/** UTF-8 never has this byte: it ends the texts of a key. */
const END_OF_TEXT = 0xff;
const FIRST_KEY_BYTES = 4096;
/** All labels of a series. A request of 2.0 may name one long text a million times. */
const MAX_KEY_BYTES = 4 * 1024 * 1024;

/** Of one request. Its lists are those of the next request, too: use them before. */
export interface RemoteWriteRows {
  readonly samples: SampleList;
  readonly histograms: HistogramRow[];
  readonly exemplars: ExemplarRow[];
  readonly series: SeriesRow[];
  /** Samples and histograms of the request, those refused included. */
  points: number;
  readonly refused: { samples: number; histograms: number; exemplars: number };
  /** Why parts were refused, metadata included. */
  readonly problems: string[];
}

/** Remembers series that were sent; one for the process. */
export class RemoteWriteTranslator {
  readonly #known = new KnownSeriesTable();
  readonly #families = new MetricFamilies();
  readonly #samples = new SampleList();
  #rows: RemoteWriteRows = emptyRows(this.#samples);
  #nowMs = 0;
  /** Of a 2.0 request: symbol i is bytes[symbols[2i], symbols[2i+1]). */
  #symbols: number[] = [];
  #key = new Uint8Array(FIRST_KEY_BYTES);
  #keyLength = 0;

  /** @returns the rows, or as text why nothing of the request is taken */
  translate(body: Uint8Array, version: RemoteWriteVersion, nowMs: number): RemoteWriteRows | string {
    this.#samples.clear();
    this.#rows = emptyRows(this.#samples);
    this.#nowMs = nowMs;
    try {
      if (version === 1) this.#requestV1(body);
      else this.#requestV2(body);
    } catch (error) {
      if (error instanceof WireError) return `not a valid remote write request: ${error.short}`;
      throw error;
    }
    return this.#rows;
  }

  #requestV1(body: Uint8Array): void {
    const reader = new WireReader(body);
    while (reader.next()) {
      if (reader.fieldTag === WRITE_REQUEST.timeseries) this.#seriesV1(body, reader.from, reader.to);
      else if (reader.fieldTag === WRITE_REQUEST.metadata) {
        const problem = this.#families.read(body, reader.from, reader.to);
        if (problem !== undefined) this.#problem(problem);
      }
    }
  }

  /** HOT: per series. Labels stand together at the beginning of it, as every sender writes them; elsewhere they are read each time. */
  #seriesV1(body: Uint8Array, from: number, to: number): void {
    const reader = new WireReader(body, from, to);
    let labelsTo = from;
    let isTogether = true;
    for (let fieldFrom = from; reader.next(); fieldFrom = reader.pos) {
      if (reader.fieldTag !== TIME_SERIES.labels) continue;
      isTogether &&= fieldFrom === labelsTo;
      labelsTo = reader.to;
    }
    const hash = keyHash(body, from, labelsTo, 1);
    const known = isTogether ? this.#known.find(hash, body, from, labelsTo) : undefined;
    const series =
      known ?? this.#readSeries(this.#pairsV1(body, from, to), new Uint8Array(body.subarray(from, labelsTo)));
    if (typeof series !== 'string' && known === undefined && isTogether) this.#known.add(hash, series);
    this.#points(body, from, to, TIME_SERIES, series);
  }

  #pairsV1(body: Uint8Array, from: number, to: number): (string | undefined)[] {
    const pairs: (string | undefined)[] = [];
    const reader = new WireReader(body, from, to);
    while (reader.next()) {
      if (reader.fieldTag !== TIME_SERIES.labels) continue;
      let [name, value]: (string | undefined)[] = ['', ''];
      const label = new WireReader(body, reader.from, reader.to);
      while (label.next()) {
        if (label.fieldTag === LABEL.name) name = textOf(body, label.from, label.to);
        else if (label.fieldTag === LABEL.value) value = textOf(body, label.from, label.to);
      }
      pairs.push(name, value);
    }
    return pairs;
  }

  #requestV2(body: Uint8Array): void {
    const reader = new WireReader(body);
    this.#symbols = [];
    // Symbols may stand behind the series that use them.
    while (reader.next()) if (reader.fieldTag === REQUEST_V2.symbols) this.#symbols.push(reader.from, reader.to);
    if (this.#symbols.length > 0 && this.#symbols[0] !== this.#symbols[1])
      throw new WireError('the first symbol is not the empty text', this.#symbols[0]!);
    reader.pos = 0;
    while (reader.next()) if (reader.fieldTag === REQUEST_V2.timeseries) this.#seriesV2(body, reader.from, reader.to);
  }

  /** HOT: per series. */
  #seriesV2(body: Uint8Array, from: number, to: number): void {
    const reader = new WireReader(body, from, to);
    let facts: Facts | undefined;
    this.#keyLength = 0;
    let refs = 0;
    let isKey = true;
    while (reader.next()) {
      if (reader.fieldTag === TIME_SERIES_V2.labelsRef) {
        isKey &&= this.#appendSymbol(body, reader.lo);
        refs++;
      } else if (reader.fieldTag === TIME_SERIES_V2.labelsRefs) {
        const packed = new WireReader(body, reader.from, reader.to);
        while (packed.pos < packed.end) {
          const ref = packed.varint32();
          isKey &&= this.#appendSymbol(body, ref);
          refs++;
        }
      } else if (reader.fieldTag === TIME_SERIES_V2.metadata) facts = this.#factsV2(body, reader.from, reader.to);
    }
    const key = this.#key;
    const hash = keyHash(key, 0, this.#keyLength, 2);
    const known = isKey ? this.#known.find(hash, key, 0, this.#keyLength) : undefined;
    const series =
      known ??
      (isKey && refs % 2 === 0
        ? this.#readSeries(this.#pairsOfKey(), key.slice(0, this.#keyLength))
        : `labels that refer to symbols that are not there or not UTF-8, or that have more than ${MAX_KEY_BYTES} bytes`);
    if (typeof series !== 'string') {
      if (known === undefined) this.#known.add(hash, series);
      if (facts !== undefined) this.#note(series, facts);
    }
    this.#points(body, from, to, TIME_SERIES_V2, series);
  }

  /** HOT: per label. False: there is no such symbol, or it has a byte that UTF-8 has not. */
  #appendSymbol(body: Uint8Array, ref: number): boolean {
    const from = this.#symbols[2 * ref];
    const to = this.#symbols[2 * ref + 1];
    if (from === undefined || to === undefined) return false;
    let at = this.#keyLength;
    if (at + (to - from) >= MAX_KEY_BYTES) return false;
    if (at + (to - from) + 1 > this.#key.length) {
      const larger = new Uint8Array(2 * (at + (to - from) + 1));
      larger.set(this.#key);
      this.#key = larger;
    }
    const key = this.#key;
    for (let i = from; i < to; i++) {
      const byte = body[i]!;
      if (byte === END_OF_TEXT) return false;
      key[at++] = byte;
    }
    key[at++] = END_OF_TEXT;
    this.#keyLength = at;
    return true;
  }

  #pairsOfKey(): (string | undefined)[] {
    const pairs: (string | undefined)[] = [];
    for (let from = 0; from < this.#keyLength;) {
      const to = this.#key.indexOf(END_OF_TEXT, from);
      pairs.push(textOf(this.#key, from, to));
      from = to + 1;
    }
    return pairs;
  }

  #factsV2(body: Uint8Array, from: number, to: number): Facts {
    const reader = new WireReader(body, from, to);
    let [kind, help, unit] = ['', 0, 0];
    while (reader.next()) {
      if (reader.fieldTag === METADATA_V2.type) kind = METRIC_TYPES[reader.lo] ?? '';
      else if (reader.fieldTag === METADATA_V2.helpRef) help = reader.lo;
      else if (reader.fieldTag === METADATA_V2.unitRef) unit = reader.lo;
    }
    const text = (ref: number): string =>
      textOf(body, this.#symbols[2 * ref] ?? 0, this.#symbols[2 * ref + 1] ?? 0) ?? '';
    return { kind, help: text(help), unit: text(unit) };
  }

  #readSeries(pairs: readonly (string | undefined)[], key: Uint8Array): KnownSeries | string {
    const read = readLabels(pairs);
    if (typeof read === 'string') return read;
    const { idHi, idLo } = seriesIdOf(read.name, read.labels);
    const family = familyOf(read.name);
    return { key, idHi, idLo, ...read, family, ...NO_FACTS, firstMs: Infinity, lastMs: -Infinity, writtenMs: 0 };
  }

  /** HOT: the samples, histograms and exemplars of one series. */
  #points(
    body: Uint8Array,
    from: number,
    to: number,
    tags: typeof TIME_SERIES | typeof TIME_SERIES_V2,
    series: KnownSeries | string,
  ): void {
    const reader = new WireReader(body, from, to);
    const sample = new WireReader(body, from, from);
    let [firstMs, lastMs] = [Infinity, -Infinity];
    while (reader.next()) {
      let timeMs: number | undefined;
      if (reader.fieldTag === tags.samples) {
        sample.pos = reader.from;
        sample.end = reader.to;
        timeMs = this.#sample(sample, series);
      } else if (reader.fieldTag === tags.histograms) timeMs = this.#histogram(body, reader.from, reader.to, series);
      else if (reader.fieldTag === tags.exemplars && typeof series !== 'string')
        this.#exemplar(body, reader.from, reader.to, tags === TIME_SERIES ? 1 : 2, series);
      else if (reader.fieldTag === tags.exemplars) this.#rows.refused.exemplars++;
      if (timeMs === undefined) continue;
      if (timeMs < firstMs) firstMs = timeMs;
      if (timeMs > lastMs) lastMs = timeMs;
    }
    if (typeof series !== 'string' && firstMs <= lastMs) this.#seen(series, firstMs, lastMs);
  }

  /** HOT: per sample. Its time, ms; undefined when it is refused. */
  #sample(reader: WireReader, series: KnownSeries | string): number | undefined {
    let [valueHi, valueLo, timeMs, startMs] = [0, 0, 0, 0];
    while (reader.next()) {
      if (reader.fieldTag === SAMPLE.value) {
        valueHi = reader.hi;
        valueLo = reader.lo;
      } else if (reader.fieldTag === SAMPLE.timestamp) timeMs = reader.signedNumber();
      else if (reader.fieldTag === SAMPLE.startTimestamp) startMs = reader.signedNumber();
    }
    this.#rows.points++;
    if (!this.#isTaken(series, timeMs, startMs)) {
      this.#rows.refused.samples++;
      return undefined;
    }
    this.#samples.add(series.idHi, series.idLo, timeMs, valueHi, valueLo, startMs);
    return timeMs;
  }

  #histogram(body: Uint8Array, from: number, to: number, series: KnownSeries | string): number | undefined {
    const read = readHistogram(body, from, to);
    this.#rows.points++;
    if (typeof read === 'string') {
      this.#rows.refused.histograms++;
      this.#problem(`${typeof series === 'string' ? 'a series' : series.name}: ${read}`);
      return undefined;
    }
    if (!this.#isTaken(series, read.timeMs, read.startMs)) {
      this.#rows.refused.histograms++;
      return undefined;
    }
    this.#rows.histograms.push({ ...read, idHi: series.idHi, idLo: series.idLo });
    return read.timeMs;
  }

  #isTaken(series: KnownSeries | string, timeMs: number, startMs: number): series is KnownSeries {
    if (typeof series === 'string') this.#problem(series);
    else if (timeMs < 0 || timeMs > MAX_TIME_MS || startMs < 0 || startMs > MAX_TIME_MS)
      this.#problem(`${series.name}: time ${timeMs} ms is out of bounds: what is stored lies between 1970 and 2262`);
    else return true;
    return false;
  }

  #exemplar(body: Uint8Array, from: number, to: number, version: RemoteWriteVersion, series: KnownSeries): void {
    const tags = version === 1 ? EXEMPLAR : EXEMPLAR_V2;
    const reader = new WireReader(body, from, to);
    const refs: number[] = [];
    let [value, timeMs] = [0, 0];
    while (reader.next()) {
      if (reader.fieldTag === tags.value) value = reader.asDouble();
      else if (reader.fieldTag === tags.timestamp) timeMs = reader.signedNumber();
      else if (version === 2 && reader.fieldTag === EXEMPLAR_V2.labelsRef) refs.push(reader.lo);
      else if (version === 2 && reader.fieldTag === EXEMPLAR_V2.labelsRefs) {
        const packed = new WireReader(body, reader.from, reader.to);
        while (packed.pos < packed.end) refs.push(packed.varint32());
      }
    }
    const texts =
      version === 1
        ? this.#pairsV1(body, from, to)
        : refs.map((ref) => textOf(body, this.#symbols[2 * ref] ?? 0, this.#symbols[2 * ref + 1] ?? 0));
    const row = exemplarRow(series, texts, value, timeMs);
    if (typeof row === 'string') {
      this.#rows.refused.exemplars++;
      this.#problem(`an exemplar of ${series.name}: ${row}`);
    } else this.#rows.exemplars.push(row);
  }

  /** A series has samples in that time: its row is written when it is new, says something else, or was written long ago. */
  #seen(series: KnownSeries, firstMs: number, lastMs: number): void {
    const facts = this.#families.of(series.name, series.family);
    if (facts !== undefined) this.#note(series, facts);
    const isOld = this.#nowMs - series.writtenMs >= REWRITE_MS;
    if (!isOld && firstMs >= series.firstMs && lastMs <= series.lastMs + LAST_SEEN_LAG_MS) return;
    series.firstMs = Math.min(series.firstMs, firstMs);
    series.lastMs = Math.max(series.lastMs, lastMs);
    series.writtenMs = this.#nowMs;
    const { name, idHi, idLo, labels, kind, unit, help } = series;
    this.#rows.series.push({
      name,
      idHi,
      idLo,
      labels,
      kind,
      unit,
      help,
      firstSeenMs: series.firstMs,
      lastSeenMs: series.lastMs,
    });
  }

  #note(series: KnownSeries, { kind, help, unit }: Facts): void {
    if (series.kind === kind && series.help === help && series.unit === unit) return;
    series.kind = kind;
    series.help = help;
    series.unit = unit;
    series.writtenMs = 0;
  }

  #problem(problem: string): void {
    const { problems } = this.#rows;
    if (problems.length < MAX_PROBLEMS && !problems.includes(problem)) problems.push(problem);
  }
}

function emptyRows(samples: SampleList): RemoteWriteRows {
  return {
    samples,
    histograms: [],
    exemplars: [],
    series: [],
    points: 0,
    refused: { samples: 0, histograms: 0, exemplars: 0 },
    problems: [],
  };
}
