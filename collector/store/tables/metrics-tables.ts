// Encodes the Prometheus model: series (labels once), samples and exemplars by series id.
import { mapOf } from '../columns/array-columns.ts';
import {
  FixedStringColumn,
  Float64Column,
  Int64Column,
  UInt32Column,
  type FixedWidthColumn,
} from '../columns/fixed-columns.ts';
import { StringColumn } from '../columns/string-column.ts';
import { LOOK_EVERY_BYTES } from '../block-limits.ts';
import { BlockTable } from './block-table.ts';
import { appendTextMap } from './map-rows.ts';

export type SeriesRow = {
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
};

export class SeriesTable extends BlockTable {
  readonly #name = new StringColumn();
  readonly #id = new Int64Column('UInt64');
  readonly #labels = mapOf(new StringColumn(), new StringColumn());
  readonly #kind = new StringColumn();
  readonly #unit = new StringColumn();
  readonly #help = new StringColumn();
  readonly #firstSeen = new Int64Column('DateTime64(3)');
  readonly #lastSeen = new Int64Column('DateTime64(3)');
  readonly #storedAt = new UInt32Column('DateTime');
  protected readonly columns = {
    name: this.#name,
    id: this.#id,
    labels: this.#labels,
    kind: this.#kind,
    unit: this.#unit,
    help: this.#help,
    first_seen: this.#firstSeen,
    last_seen: this.#lastSeen,
    stored_at: this.#storedAt,
  };

  constructor() {
    super('series');
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

  protected override storedAt(): UInt32Column {
    return this.#storedAt;
  }
}

/** Prometheus' stale marker: a NaN with these bits (prometheus model/value/value.go). */
const STALE_HI = 0x7ff00000;
const STALE_LO = 2;

export class SamplesTable extends BlockTable {
  readonly #id = new Int64Column('UInt64');
  readonly #ts = new Int64Column('DateTime64(3)');
  readonly #value = new Float64Column();
  readonly #start = new Int64Column('DateTime64(3)');
  readonly #storedAt = new UInt32Column('DateTime');
  readonly #writer = new UInt32Column();
  protected readonly columns = {
    id: this.#id,
    ts: this.#ts,
    value: this.#value,
    start: this.#start,
    stored_at: this.#storedAt,
    writer: this.#writer,
  };

  constructor() {
    super('samples');
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

  #appendRest(idHi: number, idLo: number, tsMs: number, startMs: number): void {
    this.#id.appendHalves(idHi, idLo);
    this.#ts.append(tsMs);
    this.#start.append(startMs);
    this.endRow();
  }

  protected override storedAt(): UInt32Column {
    return this.#storedAt;
  }

  protected override audited(): { readonly writer: UInt32Column; readonly of: FixedWidthColumn } {
    return { writer: this.#writer, of: this.#id };
  }
}

export type ExemplarRow = {
  idHi: number;
  idLo: number;
  tsMs: number;
  value: number;
  /** 16 and 8 bytes. */
  traceId: Uint8Array;
  spanId: Uint8Array;
  labels: ReadonlyMap<string, string>;
};

export class ExemplarsTable extends BlockTable {
  readonly #id = new Int64Column('UInt64');
  readonly #ts = new Int64Column('DateTime64(3)');
  readonly #value = new Float64Column();
  readonly #traceId = new FixedStringColumn(16);
  readonly #spanId = new FixedStringColumn(8);
  readonly #labels = mapOf(new StringColumn(), new StringColumn());
  readonly #storedAt = new UInt32Column('DateTime');
  protected readonly columns = {
    id: this.#id,
    ts: this.#ts,
    value: this.#value,
    trace_id: this.#traceId,
    span_id: this.#spanId,
    labels: this.#labels,
    stored_at: this.#storedAt,
  };

  constructor() {
    super('exemplars');
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

  protected override storedAt(): UInt32Column {
    return this.#storedAt;
  }
}
