// How full the buffer is: bytes, rows and traces against their bounds.
import type { OwnedSpanMemory } from '#collector/model/span-memory.ts';
import type { BufferedSpans } from './buffered-spans.ts';
import { SPAN_OVERHEAD_BYTES, TRACE_OVERHEAD_BYTES } from './memory-relief.ts';
import type { TraceTable } from './trace-table.ts';

export class BufferFill {
  readonly #memory: OwnedSpanMemory;
  readonly #table: TraceTable;
  readonly #buffered: BufferedSpans;

  constructor(memory: OwnedSpanMemory, table: TraceTable, buffered: BufferedSpans) {
    this.#buffered = buffered;
    this.#memory = memory;
    this.#table = table;
  }

  /** Bytes that count against the bound: spans, rows, traces, resources, indices of large traces. */
  get liveBytes(): number {
    const { slabs, spans, resources, scopes } = this.#memory;
    const overhead = spans.used * SPAN_OVERHEAD_BYTES + this.#table.size * TRACE_OVERHEAD_BYTES;
    return slabs.liveBytes + overhead + resources.heldBytes + scopes.heldBytes + this.#buffered.heldBytes;
  }

  /** Part in use of what is fuller: bytes, rows or traces. About 1 is full. */
  pressure(maxBytes: number): number {
    return Math.max(this.liveBytes / maxBytes, this.rows, this.#table.size / this.#table.capacity);
  }

  /** Part of the rows in use. */
  get rows(): number {
    const { spans } = this.#memory;
    return spans.used / spans.capacity;
  }

  /** Whether bytes or rows are beyond that part of their bound. @param heldBytes @param heldSpans what is about to be let go and does not count */
  isOver(part: number, maxBytes: number, heldBytes = 0, heldSpans = 0): boolean {
    const { spans } = this.#memory;
    return this.liveBytes - heldBytes > maxBytes * part || spans.used - heldSpans > spans.capacity * part;
  }

  /** Whether n more spans, each perhaps a trace of its own, do not fit. */
  lacksRoom(n: number, maxBytes: number): boolean {
    const { spans } = this.#memory;
    const table = this.#table;
    return spans.capacity - spans.used < n || table.capacity - table.size < n || this.liveBytes > maxBytes;
  }
}
