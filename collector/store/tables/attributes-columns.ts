// The three parallel columns of attributes (keys, types, values) filled straight from KeyValue messages.
import { WireWalk } from '#proto/wire/walk.ts';
import { KEY_VALUE } from '#proto/otlp/fields.ts';
import type { ArrayColumn } from '../columns/array-columns.ts';
import type { DictionaryColumn } from '../columns/dictionary-column.ts';
import type { UInt8Column } from '../columns/fixed-columns.ts';
import type { StringColumn } from '../columns/string-column.ts';
import { AnyValueColumns } from './any-value-columns.ts';

// Constants of this module: the tags that hot code compares.
const { key: KEY, value: VALUE } = KEY_VALUE;

interface Columns {
  readonly attr_keys: ArrayColumn<readonly [DictionaryColumn]>;
  readonly attr_types: ArrayColumn<readonly [UInt8Column]>;
  readonly attr_values: ArrayColumn<readonly [StringColumn]>;
}

export class AttributesColumns {
  readonly #pair = new WireWalk();
  readonly #keyRows: Columns['attr_keys'];
  readonly #typeRows: Columns['attr_types'];
  readonly #textRows: Columns['attr_values'];
  readonly #keys: DictionaryColumn;
  readonly #values: AnyValueColumns;

  constructor({ attr_keys: keys, attr_types: types, attr_values: texts }: Columns) {
    this.#keyRows = keys;
    this.#typeRows = types;
    this.#textRows = texts;
    this.#keys = keys.inner[0];
    this.#values = new AnyValueColumns(types.inner[0], texts.inner[0]);
  }

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
