// Room for the bounds of many host pairs in few large arrays: an array of its own costs a pair as much as what stands in it.

const PAIRS_PER_CHUNK = 64;

/** Cells of one pair: `chunk` from `base` on. */
export interface PairCells {
  readonly chunk: Float64Array;
  readonly base: number;
}

export class PairCellPool {
  readonly #length: number;
  readonly #free: PairCells[] = [];

  /** @param length doubles per pair */
  constructor(length: number) {
    this.#length = length;
  }

  /** Cells with anything in them. */
  acquire(): PairCells {
    if (this.#free.length === 0) {
      const chunk = new Float64Array(PAIRS_PER_CHUNK * this.#length);
      for (let i = PAIRS_PER_CHUNK - 1; i >= 0; i--) this.#free.push({ chunk, base: i * this.#length });
    }
    return this.#free.pop()!;
  }

  /** Cells that nobody uses any more. */
  release(cells: PairCells): void {
    this.#free.push(cells);
  }
}
