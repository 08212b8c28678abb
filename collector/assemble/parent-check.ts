// How many parents a trace still misses. Asked once when a trace falls quiet and at its decision, not kept up to date per span.

import type { SpanTable } from '#collector/model/span-table.ts';

/** Largest set kept between calls (entries); a larger trace gets one of its own. */
const KEPT_ENTRIES = 1 << 18;

export class ParentCheck {
  readonly #seed: number;
  /** Open addressing: row + 1 for a span's own id, -(row + 1) for the parent id of a row that was not found. */
  #set = new Int32Array(1024);
  #mask = 1023;

  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  /** HOT: per span of a quiet trace. Distinct parent ids in rows[0, count) that no span of them has. */
  missing(spans: SpanTable, rows: Int32Array, count: number): number {
    if (count === 1) {
      const row = rows[0]!;
      const hi = spans.parentHi[row]!;
      const lo = spans.parentLo[row]!;
      return (hi | lo) === 0 || (hi === spans.spanIdHi[row] && lo === spans.spanIdLo[row]) ? 0 : 1;
    }
    this.#reset(count);
    const set = this.#set;
    const mask = this.#mask;
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      const hi = spans.spanIdHi[row]!;
      const lo = spans.spanIdLo[row]!;
      let at = this.#bucket(hi, lo);
      for (let entry = set[at]!; entry !== 0; entry = set[at]!) {
        if (spans.spanIdHi[entry - 1] === hi && spans.spanIdLo[entry - 1] === lo) break;
        at = (at + 1) & mask;
      }
      set[at] = row + 1;
    }
    let missing = 0;
    let lastHi = 0;
    let lastLo = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      const hi = spans.parentHi[row]!;
      const lo = spans.parentLo[row]!;
      if ((hi | lo) === 0 || (hi === lastHi && lo === lastLo)) continue;
      lastHi = hi;
      lastLo = lo;
      if (this.#isNew(spans, row, hi, lo)) missing++;
    }
    return missing;
  }

  /** HOT: notes a parent that is not there; false when it is there or was noted before. */
  #isNew(spans: SpanTable, row: number, hi: number, lo: number): boolean {
    const set = this.#set;
    let at = this.#bucket(hi, lo);
    for (;;) {
      const entry = set[at]!;
      if (entry === 0) break;
      if (entry > 0) {
        if (spans.spanIdHi[entry - 1] === hi && spans.spanIdLo[entry - 1] === lo) return false;
      } else if (spans.parentHi[-entry - 1] === hi && spans.parentLo[-entry - 1] === lo) return false;
      at = (at + 1) & this.#mask;
    }
    set[at] = -(row + 1);
    return true;
  }

  #bucket(hi: number, lo: number): number {
    let hash = Math.imul(hi ^ this.#seed, 0x9e3779b1);
    hash = Math.imul((hash ^ (hash >>> 15)) + (lo | 0), 0x85ebca77);
    return (hash ^ (hash >>> 16)) & this.#mask;
  }

  /** An empty set, at most half full with the ids and the parents of `count` spans. */
  #reset(count: number): void {
    let size = 64;
    while (size < count * 4) size *= 2;
    if (size > this.#set.length || (this.#set.length > KEPT_ENTRIES && size <= KEPT_ENTRIES))
      this.#set = new Int32Array(size);
    else this.#set.fill(0, 0, size);
    this.#mask = size - 1;
  }
}
