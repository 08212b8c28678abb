// The spans of one request as columns, filled by the request index and reused for the next request.

/** Why one span of a well-formed request is refused; the rest of the request is taken. */
export const REJECTIONS = ['bad_trace_id', 'bad_span_id', 'time_out_of_range'] as const;
export type Rejection = (typeof REJECTIONS)[number];
export const BAD_TRACE_ID = 0;
export const BAD_SPAN_ID = 1;
export const TIME_OUT_OF_RANGE = 2;

/** Rows kept between requests; a larger request gets larger columns, which are let go afterwards. */
const KEPT_ROWS = 65_536;

export class SpanColumns {
  capacity = 0;
  /** The Span message lies at body[offset, offset + length). */
  offset!: Int32Array;
  length!: Int32Array;
  /** Trace id, span id and parent id as big-endian words (their bits; `>>> 0` for the unsigned value). Parent 0/0 = none. */
  id0!: Int32Array;
  id1!: Int32Array;
  id2!: Int32Array;
  id3!: Int32Array;
  spanIdHi!: Int32Array;
  spanIdLo!: Int32Array;
  parentHi!: Int32Array;
  parentLo!: Int32Array;
  /** Unix ns in halves. */
  startHi!: Uint32Array;
  startLo!: Uint32Array;
  endHi!: Uint32Array;
  endLo!: Uint32Array;
  /** Interned name; resource and scope slots. */
  name!: Uint32Array;
  resource!: Uint32Array;
  scope!: Uint32Array;
  kind!: Uint8Array;
  status!: Uint8Array;
  marks!: Uint16Array;

  constructor() {
    this.#allocate(4096);
  }

  /** Room for one more than `rows`, the first `rows` kept. */
  grow(rows: number): void {
    const old = this.#all();
    this.#allocate(Math.max(4096, rows * 2));
    for (const [at, column] of this.#all().entries()) column.set(old[at]!);
  }

  /** Before the next request: lets columns go that only an outsized request needed. */
  shrink(): void {
    if (this.capacity > KEPT_ROWS) this.#allocate(KEPT_ROWS);
  }

  /** Moves a row to an earlier place. */
  move(from: number, to: number): void {
    if (from !== to) for (const column of this.#all()) column[to] = column[from]!;
  }

  #allocate(capacity: number): void {
    this.capacity = capacity;
    this.offset = new Int32Array(capacity);
    this.length = new Int32Array(capacity);
    this.id0 = new Int32Array(capacity);
    this.id1 = new Int32Array(capacity);
    this.id2 = new Int32Array(capacity);
    this.id3 = new Int32Array(capacity);
    this.spanIdHi = new Int32Array(capacity);
    this.spanIdLo = new Int32Array(capacity);
    this.parentHi = new Int32Array(capacity);
    this.parentLo = new Int32Array(capacity);
    this.startHi = new Uint32Array(capacity);
    this.startLo = new Uint32Array(capacity);
    this.endHi = new Uint32Array(capacity);
    this.endLo = new Uint32Array(capacity);
    this.name = new Uint32Array(capacity);
    this.resource = new Uint32Array(capacity);
    this.scope = new Uint32Array(capacity);
    this.kind = new Uint8Array(capacity);
    this.status = new Uint8Array(capacity);
    this.marks = new Uint16Array(capacity);
  }

  #all(): (Int32Array | Uint32Array | Uint16Array | Uint8Array)[] {
    return [
      this.offset, this.length, this.id0, this.id1, this.id2, this.id3, this.spanIdHi, this.spanIdLo, this.parentHi, this.parentLo,
      this.startHi, this.startLo, this.endHi, this.endLo, this.name, this.resource, this.scope, this.kind, this.status, this.marks,
    ];
  }
}
