// Columns of arrays: cumulative lengths, then the elements of all rows as one inner column. A Map is an array of
// (key, value), an array of tuples has one inner column per member.
import type { Column } from './column.ts';
import { Int64Column } from './fixed-columns.ts';

/** Appending: append elements to the inner columns first, then `endRow()`. */
export class ArrayColumn<Inner extends readonly Column[]> implements Column {
  readonly type: string;
  readonly inner: Inner;
  readonly #offsets = new Int64Column('UInt64');

  constructor(type: string, inner: Inner) {
    this.type = type;
    this.inner = inner;
  }

  get rows(): number {
    return this.#offsets.rows;
  }

  /** HOT. Closes the row: everything appended to the inner columns since the last row is in it. */
  endRow(): void {
    const end = this.inner[0]!.rows;
    this.#offsets.appendHalves(0, end); // element counts of a block stay far below 2^32
  }

  byteLength(): number {
    let sum = this.#offsets.byteLength();
    for (const column of this.inner) sum += column.byteLength();
    return sum;
  }

  writePrefix(out: Buffer, at: number): number {
    let end = at;
    for (const column of this.inner) end = column.writePrefix(out, end);
    return end;
  }

  write(out: Buffer, at: number): number {
    let end = this.#offsets.write(out, at);
    for (const column of this.inner) end = column.write(out, end);
    return end;
  }

  reset(): void {
    this.#offsets.reset();
    for (const column of this.inner) column.reset();
  }
}
