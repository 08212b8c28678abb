// The three parallel columns of attributes (keys, types, values) filled straight from KeyValue messages.
import { WireWalk } from '#proto/wire/walk.ts';
import { KEY_VALUE } from '#proto/otlp/fields.ts';
import type { NamedColumns } from '../block.ts';
import { arrayOf } from '../columns/array-columns.ts';
import { DictionaryColumn } from '../columns/dictionary-column.ts';
import { AnyValueColumns } from './any-value-columns.ts';

// Constants of this module: the tags that hot code compares.
const { key: KEY, value: VALUE } = KEY_VALUE;

export class AttributesColumns {
  readonly #pair = new WireWalk();
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
    // Nearly every pair is a short key and a short value behind it. AttributeReader, which decides, says why this stands twice.
    const keyBytes = bytes[start + 1]!;
    const behindKey = start + 2 + keyBytes;
    const valueBytes = bytes[behindKey + 1]!;
    const isShort = keyBytes < 0x80 && valueBytes < 0x80 && behindKey + 2 + valueBytes === end;
    if (isShort && bytes[start] === KEY && bytes[behindKey] === VALUE) {
      keyStart = start + 2;
      keyEnd = behindKey;
      valueStart = behindKey + 2;
      valueEnd = end;
    } else {
      const pair = this.#pair;
      pair.open(bytes, start, end);
      while (pair.next()) {
        if (pair.tag === KEY) {
          keyStart = pair.from;
          keyEnd = pair.to;
        } else if (pair.tag === VALUE) {
          valueStart = pair.from;
          valueEnd = pair.to;
        }
      }
    }
    this.#keys.append(bytes, keyStart, keyEnd);
    this.#values.append(bytes, valueStart, valueEnd);
  }
}
