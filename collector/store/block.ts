// Puts named columns together as one block in ClickHouse's Native format: the body of one insert.
import type { Column } from './columns/column.ts';
import { varintLength, writeVarint } from './columns/column.ts';

export type NamedColumns = Readonly<Record<string, Column>>;

/** A finished block, not tied to the columns any more. */
export interface Block {
  table: string;
  columns: readonly string[];
  rows: number;
  /** One Native block; the column names in it are those of `columns`. */
  bytes: Buffer;
  /** What an audit of the store asks for; undefined for tables that are not audited. */
  audit?: AuditMark | undefined;
}

/** What all rows of a block have in common in the store, and a sum over them. */
export interface AuditMark {
  /** `stored_at` of its rows, Unix s. */
  readonly storedAt: number;
  /** Sum over the rows of 20 bits of a number, or twice 20 bits of an id: the same rows have the same sum. */
  readonly digest: number;
}

/** Encodes the columns' rows and leaves the columns as they are. Throws when a column lacks rows: a bug of the encoder. */
export function encodeBlock(table: string, columns: NamedColumns, rows: number): Block {
  const names = Object.keys(columns);
  let size = varintLength(names.length) + varintLength(rows);
  for (const name of names) {
    const column = columns[name]!;
    if (column.rows !== rows) throw new Error(`column ${table}.${name} has ${column.rows} rows, the block has ${rows}`);
    size += textSize(name) + textSize(column.type) + column.byteLength();
  }
  const bytes = Buffer.allocUnsafeSlow(size);
  let at = writeVarint(bytes, 0, names.length);
  at = writeVarint(bytes, at, rows);
  for (const name of names) {
    const column = columns[name]!;
    at = writeText(bytes, at, name);
    at = writeText(bytes, at, column.type);
    at = column.writePrefix(bytes, at);
    at = column.write(bytes, at);
  }
  if (at !== size) throw new Error(`block of ${table} took ${at} bytes instead of ${size}`);
  return { table, columns: names, rows, bytes };
}

function textSize(text: string): number {
  const length = Buffer.byteLength(text);
  return varintLength(length) + length;
}

function writeText(out: Buffer, at: number, text: string): number {
  const start = writeVarint(out, at, Buffer.byteLength(text));
  return start + out.write(text, start);
}
