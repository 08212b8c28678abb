// Undecided traces in the order in which their first spans came: for limits by number, where the oldest goes first.
import { IS_HELD, IS_LATE, NO_TRACE, type TraceTable } from './trace-table.ts';

const LEAST_CAPACITY = 1024;

export class OldestTraces {
  /** A ring of slots with the time of their first span: a slot that means another trace by now has another time, or is as old. */
  #slots = new Int32Array(LEAST_CAPACITY);
  #seenMs = new Float64Array(LEAST_CAPACITY);
  #first = 0;
  #count = 0;

  /** Of all undecided traces of a table. */
  static of(table: TraceTable): OldestTraces {
    const order = new OldestTraces();
    const slots = Array.from({ length: table.highWater }, (_, slot) => slot).filter((slot) => table.count[slot] !== 0);
    slots.sort((a, b) => table.firstSeenMs[a]! - table.firstSeenMs[b]!);
    for (const slot of slots) order.push(table, slot);
    return order;
  }

  /** HOT: per trace. */
  push(table: TraceTable, slot: number): void {
    if (this.#count === this.#slots.length) this.#makeRoom(table);
    const at = (this.#first + this.#count++) & (this.#slots.length - 1);
    this.#slots[at] = slot;
    this.#seenMs[at] = table.firstSeenMs[slot]!;
  }

  /** Takes out the oldest trace that still waits, {@link NO_TRACE} when there is none. */
  takeOldest(table: TraceTable): number {
    while (this.#count > 0) {
      const at = this.#first;
      this.#first = (at + 1) & (this.#slots.length - 1);
      this.#count--;
      if (this.#waits(table, at)) return this.#slots[at]!;
    }
    return NO_TRACE;
  }

  #waits(table: TraceTable, at: number): boolean {
    const slot = this.#slots[at]!;
    if (table.firstSeenMs[slot] !== this.#seenMs[at] || (table.flags[slot]! & (IS_HELD | IS_LATE)) !== 0) return false;
    // A free slot has no id; a trace whose first span is not linked yet has no count.
    return (table.id0[slot]! | table.id1[slot]! | table.id2[slot]! | table.id3[slot]!) !== 0;
  }

  /** Leaves out what was decided since; twice the size when that is little. */
  #makeRoom(table: TraceTable): void {
    const [slots, seenMs, first, count] = [this.#slots, this.#seenMs, this.#first, this.#count];
    const kept: number[] = [];
    for (let i = 0; i < count; i++) {
      const at = (first + i) & (slots.length - 1);
      if (this.#waits(table, at)) kept.push(at);
    }
    const capacity = kept.length > slots.length / 2 ? slots.length * 2 : slots.length;
    this.#slots = new Int32Array(capacity);
    this.#seenMs = new Float64Array(capacity);
    for (const [i, at] of kept.entries()) {
      this.#slots[i] = slots[at]!;
      this.#seenMs[i] = seenMs[at]!;
    }
    this.#first = 0;
    this.#count = kept.length;
  }
}
