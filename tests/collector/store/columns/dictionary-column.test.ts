// The dictionary column read back as ClickHouse reads it: rows are what was appended, values stand once.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DictionaryColumn } from '#collector/store/columns/dictionary-column.ts';

/** Rows and number of keys of the column's Native data. */
function read(column: DictionaryColumn): { rows: string[]; keys: number } {
  const out = Buffer.alloc(column.byteLength());
  const at = column.writePrefix(out, 0);
  expect(column.write(out, at)).toBe(out.length);
  if (column.rows === 0) return { rows: [], keys: 0 };
  const count = Number(out.readBigUInt64LE(16));
  const keys: string[] = [];
  let position = 24;
  for (let i = 0; i < count; i++) {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = out[position++]!;
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    keys.push(out.toString('latin1', position, position + length));
    position += length;
  }
  const rows = Number(out.readBigUInt64LE(position));
  return { rows: Array.from({ length: rows }, (_, i) => keys[out.readUInt32LE(position + 8 + i * 4)]!), keys: count };
}

function append(column: DictionaryColumn, text: string): void {
  const bytes = Buffer.from(text, 'latin1');
  column.append(bytes, 0, bytes.length);
}

describe('the dictionary column', () => {
  it('gives back any rows, in this block and the next', () => {
    const column = new DictionaryColumn();
    fc.assert(
      fc.property(
        fc.array(
          fc.string({
            unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
            maxLength: 200,
          }),
        ),
        (texts) => {
          for (const text of texts) append(column, text);
          expect(read(column).rows).toEqual(texts);
          column.reset();
        },
      ),
      { seed: 31 },
    );
  });

  it('holds each of many values once', () => {
    const column = new DictionaryColumn();
    const texts = Array.from({ length: 60_000 }, (_, i) => `name ${i % 20_000}`);
    for (const text of texts) append(column, text);
    const { rows, keys } = read(column);
    expect(rows).toEqual(texts);
    expect(keys).toBe(20_001);
  });
});
