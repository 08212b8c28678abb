// Spans as ClickHouse sends them in RowBinary, read off the chunks of an answer without an object for each.
// https://clickhouse.com/docs/interfaces/formats/RowBinary

/** Columns of a row, in this order: what a trace is put together from, and nothing else. Corrected times stand for the raw ones. */
export const SPAN_ROW = `trace_id, span_id, parent_span_id, kind, status_code,
  if(start_ns = 0, 0, greatest(0, start_ns + skew_ns)) AS from_ns,
  if(start_ns + duration_ns = 0, 0, greatest(0, start_ns + skew_ns + duration_ns)) AS to_ns,
  toUnixTimestamp64Nano(start) AS start_ns,
  toUInt8(statement_at > 0) AS has_statement,
  CAST(service, 'String') AS service_text,
  CAST(name, 'String') AS name_text,
  substring(attr_values[arrayFirstIndex((key, type) -> key IN ('db.query.text', 'db.statement', 'db.query.summary') AND type = 1, attr_keys, attr_types) AS statement_at], 1, 2048) AS statement`;

/** Bytes before the texts: ids 16, 8, 8, kind, status, three times of 8, one flag. */
const FIXED_BYTES = 16 + 8 + 8 + 1 + 1 + 24 + 1;
const MAX_VARINT_BYTES = 5;

/** One row, as places in `bytes`; valid during the call. */
export interface SpanRow {
  readonly bytes: Buffer;
  /** Where the fixed part begins; see the offsets below. */
  readonly at: number;
  readonly serviceFrom: number;
  readonly serviceTo: number;
  readonly nameFrom: number;
  readonly nameTo: number;
  readonly statementFrom: number;
  readonly statementTo: number;
}

export const SPAN_ID_AT = 16;
export const PARENT_ID_AT = 24;
export const KIND_AT = 32;
export const STATUS_AT = 33;
export const FROM_AT = 34;
export const TO_AT = 42;
export const RAW_START_AT = 50;
export const HAS_STATEMENT_AT = 58;

const NO_BYTES: Buffer = Buffer.alloc(0);

export class SpanRowReader {
  /** The row is used again for the next. */
  readonly #each: (row: SpanRow) => void;
  readonly #row = {
    bytes: NO_BYTES,
    at: 0,
    serviceFrom: 0,
    serviceTo: 0,
    nameFrom: 0,
    nameTo: 0,
    statementFrom: 0,
    statementTo: 0,
  };
  #rest = NO_BYTES;
  /** Of the text last read. */
  #from = 0;
  #to = 0;

  constructor(each: (row: SpanRow) => void) {
    this.#each = each;
  }

  add(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (let next = this.#read(bytes, at); next >= 0; next = this.#read(bytes, at)) at = next;
    this.#rest = Buffer.from(bytes.subarray(at));
  }

  /** @throws Error where the answer ended in the middle of a row */
  end(): void {
    if (this.#rest.length > 0) throw new Error('the answer of ClickHouse was cut short');
  }

  /** Where the next row begins; -1 where this one is not whole yet. */
  #read(bytes: Buffer, at: number): number {
    if (at + FIXED_BYTES >= bytes.length) return -1;
    const row = this.#row;
    if (!this.#text(bytes, at + FIXED_BYTES)) return -1;
    row.serviceFrom = this.#from;
    row.serviceTo = this.#to;
    if (!this.#text(bytes, this.#to)) return -1;
    row.nameFrom = this.#from;
    row.nameTo = this.#to;
    if (!this.#text(bytes, this.#to)) return -1;
    row.statementFrom = this.#from;
    row.statementTo = this.#to;
    row.bytes = bytes;
    row.at = at;
    this.#each(row);
    return this.#to;
  }

  /** A text: its length as a varint, then its bytes. */
  #text(bytes: Buffer, at: number): boolean {
    let length = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = bytes[at + i];
      if (byte === undefined) return false;
      length += (byte & 0x7f) * 2 ** (7 * i);
      if (byte >= 0x80) continue;
      this.#from = at + i + 1;
      this.#to = this.#from + length;
      return this.#to <= bytes.length;
    }
    throw new Error('an answer of ClickHouse holds a text that is longer than any');
  }
}
