// Every buffered span as one row of typed arrays: where its bytes lie, and the few fields that every stage reads.
// Rows are handed out in ascending order, round and round: spans that came together lie together, whatever rows between them were released, and
// that is a third of the speed. Capacity is fixed at start (untouched pages cost no memory).
import { nanosOf } from '#proto/model/unix-nano.ts';

/** Bits of {@link SpanTable.marks}: what the one-pass index saw in a span, so that later stages need not look for it. */
export const MARK_LINKS = 1;
export const MARK_TRACE_STATE = 2;
export const MARK_DB = 4; // some attribute key starts with `db.`
export const MARK_MESSAGING = 8; // some attribute key starts with `messaging.`
export const MARK_PEER = 16; // peer.service, server.address, net.peer.name and their kind
export const MARK_EVENTS = 32;
export const MARK_LATE = 64; // came after its trace was decided
export const MARK_BAD_PARENT = 128; // a parent id of a wrong length: read as no parent, worth a `bad_parent_id` warning
/** W3C sampled flag, where the span carries its flags (field 16 is not 0): one of the two, else neither. */
export const MARK_SAMPLED = 256;
export const MARK_UNSAMPLED = 512;
export const MARK_BATCH = 1024; // the first span of its trace from one ResourceSpans of one request

export const MARK_SUSPECT = 2048; // of a span that is being received: it may be a copy of one in the buffer
/** Copies of a span that came while it was buffered are counted in the upper four bits of its marks, up to 15. */
const COPIES_SHIFT = 12;
const MOST_COPIES = 15;

export const NO_ROW = -1;
/** {@link SpanTable.next} of a free row that was in use before. */
const FREE = -2;
/** Rows in use are as many as this part of those ever touched before new ones are touched: free ones are then found in a few steps. */
const DENSE = 0.75;

export class SpanTable {
  readonly capacity: number;
  /** Rows in use. */
  used = 0;
  /** First row of the last {@link takeRun}. */
  runFrom = 0;
  /** Next row of the same trace in arrival order, {@link NO_ROW} at the end; undefined for a free row. */
  readonly next: Int32Array;
  /** The Span message (without its tag and length) is `slabs.bytes(slab[row])`, from offset[row], length[row] bytes. */
  readonly slab: Uint16Array;
  readonly offset: Uint32Array;
  readonly length: Uint32Array;
  /** Slots of {@link ResourceTable} and of the scope table. */
  readonly resource: Uint32Array;
  readonly scope: Uint32Array;
  /** Ids as big-endian 32-bit words (hi = first four bytes). parent 0/0 = no parent. */
  readonly spanIdHi: Uint32Array;
  readonly spanIdLo: Uint32Array;
  readonly parentHi: Uint32Array;
  readonly parentLo: Uint32Array;
  /** Unix times in ns, as unsigned 64-bit halves (value = hi * 2^32 + lo); below 2^63 always. */
  readonly startHi: Uint32Array;
  readonly startLo: Uint32Array;
  readonly endHi: Uint32Array;
  readonly endLo: Uint32Array;
  /** Interned span name (id in the intern table of names). */
  readonly name: Uint32Array;
  /** OTLP SpanKind 0…5 (unknown kinds are 0) and StatusCode 0 unset, 1 ok, 2 error (unknown codes are 0). */
  readonly kind: Uint8Array;
  readonly status: Uint8Array;
  readonly marks: Uint16Array;
  /** With the low half of its id as good as the span, within its trace: collector/assemble/span-print.ts. */
  readonly print: Int32Array;
  /** Where the search for a free row goes on; rows from #touched on have never been in use. */
  #cursor = 0;
  #touched = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.next = new Int32Array(capacity);
    this.slab = new Uint16Array(capacity);
    this.offset = new Uint32Array(capacity);
    this.length = new Uint32Array(capacity);
    this.resource = new Uint32Array(capacity);
    this.scope = new Uint32Array(capacity);
    this.spanIdHi = new Uint32Array(capacity);
    this.spanIdLo = new Uint32Array(capacity);
    this.parentHi = new Uint32Array(capacity);
    this.parentLo = new Uint32Array(capacity);
    this.startHi = new Uint32Array(capacity);
    this.startLo = new Uint32Array(capacity);
    this.endHi = new Uint32Array(capacity);
    this.endLo = new Uint32Array(capacity);
    this.name = new Uint32Array(capacity);
    this.kind = new Uint8Array(capacity);
    this.status = new Uint8Array(capacity);
    this.marks = new Uint16Array(capacity);
    this.print = new Int32Array(capacity);
  }

  /** HOT: per span. A free row, or {@link NO_ROW} when the table is full. */
  allocate(): number {
    const { next } = this;
    let row = this.#cursor;
    while (row < this.#touched && next[row] !== FREE) row++;
    if (row === this.#touched) row = this.#beyond();
    if (row === NO_ROW) return NO_ROW;
    this.#cursor = row + 1;
    next[row] = NO_ROW;
    this.used++;
    return row;
  }

  /**
   * Takes free rows that lie one behind the other, as {@link allocate} would hand them out: at most so many.
   * @returns how many; 0 where there are not `least` of them. The first is {@link runFrom}.
   */
  takeRun(least: number, most: number): number {
    const { next } = this;
    let from = this.#cursor;
    while (from < this.#touched && next[from] !== FREE) from++;
    let to = from;
    const end = Math.min(this.#touched, from + most);
    while (to < end && next[to] === FREE) to++;
    if (to === this.#touched && this.used + to - from >= to * DENSE) to = Math.min(this.capacity, from + most);
    if (to - from < least) return 0;
    this.#touched = Math.max(this.#touched, to);
    this.#cursor = to;
    next.fill(NO_ROW, from, to);
    this.used += to - from;
    this.runFrom = from;
    return to - from;
  }

  /** The end of the rows touched so far: one more of them, or from the start again. */
  #beyond(): number {
    const isDense = this.used >= this.#touched * DENSE;
    if (this.#touched < this.capacity && isDense) return this.#touched++;
    if (this.used >= this.#touched) return NO_ROW;
    let row = 0;
    while (this.next[row] !== FREE) row++;
    return row;
  }

  /** HOT: per span. Gives a row back. */
  release(row: number): void {
    this.next[row] = FREE;
    this.used--;
  }

  /** A copy of the span came. */
  countCopy(row: number): void {
    if (this.copies(row) < MOST_COPIES) this.marks[row]! += 1 << COPIES_SHIFT;
  }

  /** Copies of a span that came; 15 = that many or more. */
  copies(row: number): number {
    return this.marks[row]! >>> COPIES_SHIFT;
  }

  /** Sets a mark for the name of each span: these slots are in use. */
  markNames(inUse: Uint8Array): void {
    for (let row = 0; row < this.#touched; row++) if (this.next[row] !== FREE) inUse[this.name[row]!] = 1;
  }

  /** End minus start in ns; negative when the span ends before it starts. */
  durationNs(row: number): number {
    return nanosOf(this.endHi[row]! - this.startHi[row]!, this.endLo[row]! - this.startLo[row]!);
  }
}
