// Moves the few spans that linger in otherwise empty slabs, so that one slow trace does not hold 16 MiB of finished ones.

import { TWO_32 } from '#proto/model/halves.ts';
import { SLAB_BYTES } from '#collector/model/slab-pool.ts';
import type { SpanMemory } from '#collector/model/trace.ts';
import type { TraceTable } from './trace-table.ts';

/** A few slabs are always partly empty: the one being filled, and those whose traces are just being decided. */
const TOLERATED_BYTES = 4 * SLAB_BYTES;

export class SlabCompaction {
  #cursor = -1;
  /** Spans moved since the start. */
  moved = 0;

  /** Whether more than half of the slabs' memory holds nothing (after a full pass it cannot be so). */
  isNeeded(memory: SpanMemory): boolean {
    return this.#cursor >= 0 || memory.slabs.heldBytes > 2 * memory.slabs.liveBytes + TOLERATED_BYTES;
  }

  /** Goes on with a pass over the open traces, for about `budget` spans. Returns what is left of the budget. */
  run(table: TraceTable, memory: SpanMemory, budget: number): number {
    if (this.#cursor < 0) this.#cursor = 0;
    const { spans, slabs } = memory;
    let left = budget;
    while (left > 0) {
      if (this.#cursor >= table.highWater) {
        this.#cursor = -1;
        break;
      }
      const trace = this.#cursor++;
      const count = table.count[trace]!;
      left -= 1 + count;
      let row = table.firstRow[trace]!;
      for (let i = 0; i < count; i++, row = spans.next[row]!) {
        const slab = spans.slab[row]!;
        if (!slabs.isSparse(slab)) continue;
        const offset = spans.offset[row]!;
        const length = spans.length[row]!;
        const place = slabs.store(slabs.bytes(slab).subarray(offset, offset + length), 1, length);
        slabs.release(slab, length);
        spans.slab[row] = Math.floor(place / TWO_32);
        spans.offset[row] = place % TWO_32;
        this.moved++;
      }
    }
    return left;
  }
}
