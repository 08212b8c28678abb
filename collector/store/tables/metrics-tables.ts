// Encodes the Prometheus model: series (labels once), samples and exemplars by series id.
import { SERIES_TABLE } from '#proto/tables/series.ts';
import { SAMPLES_TABLE } from '#proto/tables/samples.ts';
import { EXEMPLARS_TABLE } from '#proto/tables/exemplars.ts';
import { UInt32Column, type FixedWidthColumn } from '../columns/fixed-columns.ts';
import { LOOK_EVERY_BYTES } from '../block-limits.ts';
import { BlockTable } from './block-table.ts';
import { appendTextMap } from './map-rows.ts';

export interface SeriesRow {
  name: string;
  /** First 8 bytes of SHA-256 over name and sorted labels, big-endian words. */
  idHi: number;
  idLo: number;
  labels: ReadonlyMap<string, string>;
  kind: string;
  unit: string;
  help: string;
  firstSeenMs: number;
  lastSeenMs: number;
}

export class SeriesTable extends BlockTable<typeof SERIES_TABLE> {
  readonly #name = this.columns.name;
  readonly #id = this.columns.id;
  readonly #labels = this.columns.labels;
  readonly #kind = this.columns.kind;
  readonly #unit = this.columns.unit;
  readonly #help = this.columns.help;
  readonly #firstSeen = this.columns.first_seen;
  readonly #lastSeen = this.columns.last_seen;

  constructor() {
    super(SERIES_TABLE);
  }

  append(row: SeriesRow): void {
    this.#name.appendText(row.name);
    this.#id.appendHalves(row.idHi, row.idLo);
    appendTextMap(this.#labels, row.labels);
    this.#kind.appendText(row.kind);
    this.#unit.appendText(row.unit);
    this.#help.appendText(row.help);
    this.#firstSeen.append(row.firstSeenMs);
    this.#lastSeen.append(row.lastSeenMs);
    this.endRow(LOOK_EVERY_BYTES); // a label can be as long as a request
  }
}

/** Prometheus' stale marker: a NaN with these bits (prometheus model/value/value.go). */
const STALE_HI = 0x7ff00000;
const STALE_LO = 2;

export class SamplesTable extends BlockTable<typeof SAMPLES_TABLE> {
  readonly #id = this.columns.id;
  readonly #ts = this.columns.ts;
  readonly #value = this.columns.value;
  readonly #start = this.columns.start;
  readonly #writer = this.columns.writer;

  constructor() {
    super(SAMPLES_TABLE);
  }

  /** @param startMs creation time of a counter, 0 when unknown. */
  append(idHi: number, idLo: number, tsMs: number, value: number, startMs: number): void {
    this.#value.append(value);
    this.#appendRest(idHi, idLo, tsMs, startMs);
  }

  /** The series ends at `tsMs`. */
  appendStale(idHi: number, idLo: number, tsMs: number, startMs: number): void {
    this.#value.appendBits(STALE_HI, STALE_LO);
    this.#appendRest(idHi, idLo, tsMs, startMs);
  }

  /** HOT. A value by its bits, which a NaN keeps. */
  appendBits(idHi: number, idLo: number, tsMs: number, valueHi: number, valueLo: number, startMs: number): void {
    this.#value.appendBits(valueHi, valueLo);
    this.#appendRest(idHi, idLo, tsMs, startMs);
  }

  #appendRest(idHi: number, idLo: number, tsMs: number, startMs: number): void {
    this.#id.appendHalves(idHi, idLo);
    this.#ts.append(tsMs);
    this.#start.append(startMs);
    this.endRow();
  }

  protected override audited(): { readonly writer: UInt32Column; readonly of: FixedWidthColumn } {
    return { writer: this.#writer, of: this.#id };
  }
}

export interface ExemplarRow {
  idHi: number;
  idLo: number;
  tsMs: number;
  value: number;
  /** 16 and 8 bytes. */
  traceId: Uint8Array;
  spanId: Uint8Array;
  labels: ReadonlyMap<string, string>;
}

export class ExemplarsTable extends BlockTable<typeof EXEMPLARS_TABLE> {
  readonly #id = this.columns.id;
  readonly #ts = this.columns.ts;
  readonly #value = this.columns.value;
  readonly #traceId = this.columns.trace_id;
  readonly #spanId = this.columns.span_id;
  readonly #labels = this.columns.labels;

  constructor() {
    super(EXEMPLARS_TABLE);
  }

  append(row: ExemplarRow): void {
    this.#id.appendHalves(row.idHi, row.idLo);
    this.#ts.append(row.tsMs);
    this.#value.append(row.value);
    this.#traceId.appendWhole(row.traceId);
    this.#spanId.appendWhole(row.spanId);
    appendTextMap(this.#labels, row.labels);
    this.endRow();
  }
}
