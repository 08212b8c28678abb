// Blocks of an answer, gathered to whole columns: each block uses the memory of the one before.
import type { NativeBlock } from '../native-blocks.ts';

/** Bytes that a column begins with; it doubles when it is full. */
const FIRST_BYTES = 64 * 1024;

export class GatheredColumns {
  rows = 0;
  readonly #columns: { cells: Uint8Array<ArrayBuffer>; used: number }[];

  /** @param count of columns, each of cells of one size */
  constructor(count: number) {
    this.#columns = Array.from({ length: count }, () => ({ cells: new Uint8Array(FIRST_BYTES), used: 0 }));
  }

  add({ rows, columns }: NativeBlock): void {
    this.rows += rows;
    for (const [i, column] of this.#columns.entries()) {
      const added = columns[i]!;
      const used = column.used + added.byteLength;
      if (used > column.cells.byteLength) {
        const larger = new Uint8Array(Math.max(used, column.cells.byteLength * 2));
        larger.set(column.cells.subarray(0, column.used));
        column.cells = larger;
      }
      column.cells.set(added, column.used);
      column.used = used;
    }
  }

  /** The cells of all blocks: memory of exactly their size. */
  cells(column: number): ArrayBuffer {
    const { cells, used } = this.#columns[column]!;
    return cells.buffer.slice(0, used);
  }
}
