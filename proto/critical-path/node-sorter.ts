// Sorts node numbers by a time column, ties by a second one and then by span id: a stable merge sort on typed arrays that is linear on sorted input.

/** Runs this short are sorted by insertion. */
const RUN = 12;

export class NodeSorter {
  #scratch = new Int32Array(64);

  /**
   * HOT: sorts order[0, count) by key ascending (NaN is not allowed), equal keys by tie ascending, then by id, then by rank. Spans arrive nearly sorted, so merges of
   * runs that already lie in order are skipped.
   */
  sort(
    order: Int32Array,
    count: number,
    key: Float64Array,
    tie: Float64Array,
    idHi: Uint32Array,
    idLo: Uint32Array,
    rank: Int32Array,
  ): void {
    for (let from = 0; from < count; from += RUN) {
      const to = from + RUN < count ? from + RUN : count;
      for (let i = from + 1; i < to; i++) {
        const node = order[i]!;
        const value = key[node]!;
        let j = i - 1;
        while (j >= from) {
          const other = order[j]!;
          const otherValue = key[other]!;
          if (otherValue < value || (otherValue === value && !isBefore(node, other, tie, idHi, idLo, rank))) break;
          order[j + 1] = other;
          j--;
        }
        order[j + 1] = node;
      }
    }
    if (count <= RUN) return;
    if (this.#scratch.length < count) this.#scratch = new Int32Array(count * 2);
    const scratch = this.#scratch;
    for (let width = RUN; width < count; width *= 2) {
      for (let from = 0; from + width < count; from += 2 * width) {
        const middle = from + width;
        const to = middle + width < count ? middle + width : count;
        const lastLeft = order[middle - 1]!;
        const firstRight = order[middle]!;
        if (
          key[lastLeft]! < key[firstRight]! ||
          (key[firstRight] === key[lastLeft] && !isBefore(firstRight, lastLeft, tie, idHi, idLo, rank))
        )
          continue;
        for (let i = from; i < middle; i++) scratch[i] = order[i]!;
        let left = from;
        let right = middle;
        let out = from;
        while (left < middle && right < to) {
          const a = scratch[left]!;
          const b = order[right]!;
          const x = key[a]!;
          const y = key[b]!;
          if (y < x || (y === x && isBefore(b, a, tie, idHi, idLo, rank))) {
            order[out++] = b;
            right++;
          } else {
            order[out++] = a;
            left++;
          }
        }
        while (left < middle) order[out++] = scratch[left++]!;
      }
    }
  }
}

/** HOT: whether a goes before b, both at the same time. */
export function isBefore(
  a: number,
  b: number,
  tie: Float64Array,
  idHi: Uint32Array,
  idLo: Uint32Array,
  rank: Int32Array,
): boolean {
  if (tie[a] !== tie[b]) return tie[a]! < tie[b]!;
  const x = idHi[a]!;
  const y = idHi[b]!;
  if (x !== y) return x < y;
  return idLo[a] === idLo[b] ? rank[a]! < rank[b]! : idLo[a]! < idLo[b]!;
}
