// Rows of counters under a key of three integers: open addressing, growing up to a fixed number of rows. A row can be given back.
import { wordsHash } from '#proto/model/hash.ts';

const FIRST_ROWS = 256;

export class CounterTable {
  /** Rows from here on were never used since the last {@link clear}; below, {@link isFree} says which are free. */
  size = 0;
  /** Rows in use. */
  held = 0;
  /** Keys of row r: three integers at 3 * r. */
  keys = new Int32Array(FIRST_ROWS * 3);
  /** Counters of row r: `stride` doubles at stride * r. */
  cells: Float64Array;
  readonly stride: number;
  readonly maxRows: number;
  #buckets = new Int32Array(FIRST_ROWS * 2).fill(-1);
  #free = new Uint8Array(FIRST_ROWS);
  readonly #freeRows: number[] = [];

  constructor(stride: number, maxRows: number) {
    this.stride = stride;
    this.maxRows = maxRows;
    this.cells = new Float64Array(FIRST_ROWS * stride);
  }

  /** HOT: row of a key, made with zero counters when it is new; -1 when it is new and the table is full. */
  row(a: number, b: number, c: number): number {
    const mask = this.#buckets.length - 1;
    let bucket = wordsHash(a, b, c) & mask;
    for (;;) {
      const row = this.#buckets[bucket]!;
      if (row < 0) break;
      if (this.keys[row * 3] === a && this.keys[row * 3 + 1] === b && this.keys[row * 3 + 2] === c) return row;
      bucket = (bucket + 1) & mask;
    }
    if (this.held === this.maxRows) return -1;
    this.held++;
    const again = this.#freeRows.pop();
    const row = again ?? this.size++;
    if (row * 3 === this.keys.length) {
      this.#grow();
      bucket = this.#freeBucket(a, b, c);
    }
    this.#free[row] = 0;
    this.keys[row * 3] = a;
    this.keys[row * 3 + 1] = b;
    this.keys[row * 3 + 2] = c;
    this.#buckets[bucket] = row;
    return row;
  }

  /** Row of a key, -1 when it has none. */
  find(a: number, b: number, c: number): number {
    const mask = this.#buckets.length - 1;
    for (let bucket = wordsHash(a, b, c) & mask; ; bucket = (bucket + 1) & mask) {
      const row = this.#buckets[bucket]!;
      if (row < 0 || (this.keys[row * 3] === a && this.keys[row * 3 + 1] === b && this.keys[row * 3 + 2] === c))
        return row;
    }
  }

  isFree(row: number): boolean {
    return this.#free[row] === 1;
  }

  /** Forgets a row in use: another key gets its number. */
  remove(row: number): void {
    this.#removeFromBuckets(row);
    this.cells.fill(0, row * this.stride, (row + 1) * this.stride);
    this.#free[row] = 1;
    this.#freeRows.push(row);
    this.held--;
  }

  /** Forgets all rows. */
  clear(): void {
    this.#buckets.fill(-1);
    this.cells.fill(0, 0, this.size * this.stride);
    this.#free.fill(0, 0, this.size);
    this.#freeRows.length = 0;
    this.size = 0;
    this.held = 0;
  }

  /** Entries behind the gap move up where that brings them nearer to their place, so that no search stops too early. */
  #removeFromBuckets(row: number): void {
    const buckets = this.#buckets;
    const mask = buckets.length - 1;
    let gap = this.#homeOf(row);
    while (buckets[gap] !== row) gap = (gap + 1) & mask;
    for (let at = (gap + 1) & mask; buckets[at]! >= 0; at = (at + 1) & mask) {
      const home = this.#homeOf(buckets[at]!);
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      buckets[gap] = buckets[at]!;
      gap = at;
    }
    buckets[gap] = -1;
  }

  #homeOf(row: number): number {
    return (
      wordsHash(this.keys[row * 3]!, this.keys[row * 3 + 1]!, this.keys[row * 3 + 2]!) & (this.#buckets.length - 1)
    );
  }

  #freeBucket(a: number, b: number, c: number): number {
    const mask = this.#buckets.length - 1;
    let bucket = wordsHash(a, b, c) & mask;
    while (this.#buckets[bucket]! >= 0) bucket = (bucket + 1) & mask;
    return bucket;
  }

  #grow(): void {
    const rows = this.keys.length / 3;
    const keys = new Int32Array(rows * 6);
    keys.set(this.keys);
    const cells = new Float64Array(rows * 2 * this.stride);
    cells.set(this.cells);
    const free = new Uint8Array(rows * 2);
    free.set(this.#free);
    this.keys = keys;
    this.cells = cells;
    this.#free = free;
    this.#buckets = new Int32Array(rows * 4).fill(-1);
    for (let row = 0; row < rows; row++)
      this.#buckets[this.#freeBucket(keys[row * 3]!, keys[row * 3 + 1]!, keys[row * 3 + 2]!)] = row;
  }
}
