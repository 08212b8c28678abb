// The three parallel columns of attributes (keys, types, values) filled straight from KeyValue messages.
import { KEY_VALUE } from '#proto/otlp/fields.ts';
import type { NamedColumns } from '../block.ts';
import { arrayOf } from '../columns/array-columns.ts';
import { DictionaryColumn } from '../columns/dictionary-column.ts';
import { AnyValueColumns } from './any-value-columns.ts';
import { readVarint, skipField, varintEnd } from './wire.ts';

// Constants of this module: the tags that hot code compares.
const { key: KEY, value: VALUE } = KEY_VALUE;

export class AttributesColumns {
  readonly #keys = new DictionaryColumn();
  readonly #values = new AnyValueColumns();
  readonly #keyRows = arrayOf(this.#keys);
  readonly #typeRows = arrayOf(this.#values.types);
  readonly #textRows = arrayOf(this.#values.texts);
  readonly columns: NamedColumns = {
    attr_keys: this.#keyRows,
    attr_types: this.#typeRows,
    attr_values: this.#textRows,
  };

  /** HOT. Closes the row: the attributes appended since the last row are in it. */
  endRow(): void {
    this.#keyRows.endRow();
    this.#typeRows.endRow();
    this.#textRows.endRow();
  }

  /** HOT. One KeyValue message in bytes[start, end). */
  append(bytes: Buffer, start: number, end: number): void {
    let keyStart = 0;
    let keyEnd = 0;
    let valueStart = 0;
    let valueEnd = 0;
    let at = start;
    while (at < end) {
      let tag = bytes[at++]!;
      if (tag >= 128) {
        tag = readVarint(bytes, at - 1);
        at = varintEnd;
      }
      if (tag === KEY || tag === VALUE) {
        let length = bytes[at++]!;
        if (length >= 128) {
          length = readVarint(bytes, at - 1);
          at = varintEnd;
        }
        if (tag === KEY) {
          keyStart = at;
          keyEnd = at + length;
        } else {
          valueStart = at;
          valueEnd = at + length;
        }
        at += length;
      } else {
        at = skipField(bytes, at, tag);
      }
    }
    this.#keys.append(bytes, keyStart, keyEnd);
    this.#values.append(bytes, valueStart, valueEnd);
  }
}
