// Finds the node of a 64-bit span id within one trace: open addressing over node numbers, reused from trace to trace.
import { wordsHash } from '#proto/model/hash.ts';

/** Smallest table: covers a typical trace without growing. */
const MIN_BUCKETS = 256;

export class SpanIdIndex {
  #buckets = new Int32Array(MIN_BUCKETS);
  #mask = MIN_BUCKETS - 1;
  #idHi: Uint32Array = new Uint32Array(0);
  #idLo: Uint32Array = new Uint32Array(0);

  /** Empties the index for at most `nodes` nodes whose ids stand in the two columns. */
  reset(nodes: number, idHi: Uint32Array, idLo: Uint32Array): void {
    let size = 16;
    while (size < nodes * 2) size *= 2;
    if (size > this.#buckets.length) this.#buckets = new Int32Array(size);
    this.#mask = size - 1;
    this.#buckets.fill(-1, 0, size);
    this.#idHi = idHi;
    this.#idLo = idLo;
  }

  /** HOT: node with this id, -1 when there is none. */
  find(hi: number, lo: number): number {
    const buckets = this.#buckets;
    for (let bucket = wordsHash(hi, lo, 0) & this.#mask; ; bucket = (bucket + 1) & this.#mask) {
      const node = buckets[bucket]!;
      if (node < 0 || (this.#idHi[node] === hi && this.#idLo[node] === lo)) return node;
    }
  }

  /** HOT: enters a node by its id in the columns; gives the node that already has it instead, or -1 when entered. */
  insert(node: number): number {
    const hi = this.#idHi[node]!;
    const lo = this.#idLo[node]!;
    const buckets = this.#buckets;
    for (let bucket = wordsHash(hi, lo, 0) & this.#mask; ; bucket = (bucket + 1) & this.#mask) {
      const held = buckets[bucket]!;
      if (held < 0) {
        buckets[bucket] = node;
        return -1;
      }
      if (this.#idHi[held] === hi && this.#idLo[held] === lo) return held;
    }
  }

  /** Lets another node of the same id stand for it. */
  replace(held: number, node: number): void {
    const hi = this.#idHi[held]!;
    const lo = this.#idLo[held]!;
    for (let bucket = wordsHash(hi, lo, 0) & this.#mask; ; bucket = (bucket + 1) & this.#mask) {
      const found = this.#buckets[bucket]!;
      if (found < 0) return;
      if (found === held) {
        this.#buckets[bucket] = node;
        return;
      }
    }
  }
}
