// The spans of one request as columns, filled by the request index and reused for the next request.

/** Why one span of a well-formed request is refused; the rest of the request is taken. */
export const REJECTIONS = ['bad_trace_id', 'bad_span_id', 'time_out_of_range'] as const;
export const BAD_TRACE_ID = 0;
export const BAD_SPAN_ID = 1;
export const TIME_OUT_OF_RANGE = 2;

/** Rows kept between requests; a larger request gets larger columns, which are let go afterwards. */
const KEPT_ROWS = 65_536;

const NO_BODY = Buffer.alloc(0);

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
  /** Of all that makes a span what it is: span-print.ts. */
  print!: Int32Array;
  /** The request that they are of. */
  body: Buffer = NO_BODY;

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

  /** Leaves these rows only, which ascend. */
  retain(rows: readonly number[]): void {
    const first = rows.findIndex((row, at) => row !== at);
    if (first < 0) return;
    for (const column of this.#all()) for (let at = first; at < rows.length; at++) column[at] = column[rows[at]!]!;
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
    this.print = new Int32Array(capacity);
  }

  #all(): (Int32Array | Uint32Array | Uint16Array | Uint8Array)[] {
    return [
      this.offset,
      this.length,
      this.id0,
      this.id1,
      this.id2,
      this.id3,
      this.spanIdHi,
      this.spanIdLo,
      this.parentHi,
      this.parentLo,
      this.startHi,
      this.startLo,
      this.endHi,
      this.endLo,
      this.name,
      this.resource,
      this.scope,
      this.kind,
      this.status,
      this.marks,
      this.print,
    ];
  }
}

/** HOT: whether two rows are of one trace. */
export function isSameTrace({ id0, id1, id2, id3 }: SpanColumns, row: number, other: number): boolean {
  return id3[row] === id3[other] && id2[row] === id2[other] && id1[row] === id1[other] && id0[row] === id0[other];
}

/** Rows [from, to) of what is counted of spans. They lie where the columns do. */
export function rowsOf(
  { resource, name, kind, status, startHi, startLo, endHi, endLo }: SpanColumns,
  from: number,
  to: number,
): Pick<SpanColumns, 'resource' | 'name' | 'kind' | 'status' | 'startHi' | 'startLo' | 'endHi' | 'endLo'> {
  return {
    resource: resource.subarray(from, to),
    name: name.subarray(from, to),
    kind: kind.subarray(from, to),
    status: status.subarray(from, to),
    startHi: startHi.subarray(from, to),
    startLo: startLo.subarray(from, to),
    endHi: endHi.subarray(from, to),
    endLo: endLo.subarray(from, to),
  };
}
