// Rows of counters under a key of three integers: open addressing, growing up to a fixed number of rows.

const FIRST_ROWS = 256;

export class CounterTable {
  size = 0;
  /** Keys of row r: three integers at 3 * r. */
  keys = new Int32Array(FIRST_ROWS * 3);
  /** Counters of row r: `stride` doubles at stride * r. */
  cells: Float64Array;
  readonly stride: number;
  readonly maxRows: number;
  #buckets = new Int32Array(FIRST_ROWS * 2).fill(-1);

  constructor(stride: number, maxRows: number) {
    this.stride = stride;
    this.maxRows = maxRows;
    this.cells = new Float64Array(FIRST_ROWS * stride);
  }

  /** HOT: row of a key, made with zero counters when it is new; -1 when it is new and the table is full. */
  row(a: number, b: number, c: number): number {
    const mask = this.#buckets.length - 1;
    let bucket = hash(a, b, c) & mask;
    for (;;) {
      const row = this.#buckets[bucket]!;
      if (row < 0) break;
      if (this.keys[row * 3] === a && this.keys[row * 3 + 1] === b && this.keys[row * 3 + 2] === c) return row;
      bucket = (bucket + 1) & mask;
    }
    if (this.size === this.maxRows) return -1;
    const row = this.size++;
    if (row * 3 === this.keys.length) {
      this.#grow();
      bucket = this.#freeBucket(a, b, c);
    }
    this.keys[row * 3] = a;
    this.keys[row * 3 + 1] = b;
    this.keys[row * 3 + 2] = c;
    this.#buckets[bucket] = row;
    return row;
  }

  /** Forgets all rows. */
  clear(): void {
    this.#buckets.fill(-1);
    this.cells.fill(0, 0, this.size * this.stride);
    this.size = 0;
  }

  #freeBucket(a: number, b: number, c: number): number {
    const mask = this.#buckets.length - 1;
    let bucket = hash(a, b, c) & mask;
    while (this.#buckets[bucket]! >= 0) bucket = (bucket + 1) & mask;
    return bucket;
  }

  #grow(): void {
    const rows = this.keys.length / 3;
    const keys = new Int32Array(rows * 6);
    keys.set(this.keys);
    const cells = new Float64Array(rows * 2 * this.stride);
    cells.set(this.cells);
    this.keys = keys;
    this.cells = cells;
    this.#buckets = new Int32Array(rows * 4).fill(-1);
    for (let row = 0; row < rows; row++) this.#buckets[this.#freeBucket(keys[row * 3]!, keys[row * 3 + 1]!, keys[row * 3 + 2]!)] = row;
  }
}

/** HOT */
function hash(a: number, b: number, c: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b ^ 0x7f4a7c15, 0xc2b2ae35) ^ Math.imul(c ^ 0x165667b1, 0x27d4eb2f);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return h ^ (h >>> 13);
}
