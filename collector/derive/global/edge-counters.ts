// Accumulates calls between services per minute: increments for the edges table, and cumulative counters for the service graph series.
import { OVERFLOW_TEXT } from '../../model/intern-table.ts';
import { CounterTable } from '../counters/counter-table.ts';
import {
  CALL_CLIENT_SERVER,
  CALL_FAILED,
  callSlot,
  EDGE_INTERNAL,
  EDGE_KINDS,
  EDGE_RPC,
  KINDS_OF_MINUTE,
  type EdgeKind,
} from '../edges/call.ts';

/** `connection_type` of the service graph series, by edge kind. */
const CONNECTION_TYPES = ['', 'database', 'messaging_system', 'virtual_node', ''] as const;

/** Rows (minute, caller, callee, kind) between two flushes: beyond, all counts go to one named edge. */
const MAX_PENDING_ROWS = 65_536;
/** Rows (caller, callee, connection type) that have series, by default. */
const MAX_SERIES_ROWS = 20_000;
/** Part of them that is kept for the overflow edges of callers. */
const OVERFLOW_SHARE = 1 / 8;
/** `duration_buckets` key of the last bucket, as in the table of RED counters. */
const INFINITE_BOUND_US = 4_294_967_295;

const CALLS = 0;
const ERRORS = 1;
const CLIENT_SERVER = 2;
const DURATION_SUM = 3;
const LAG_COUNT = 4;
const LAG_SUM = 5;
const BUCKETS = 6;

/** Caller and callee as given by `nameOf`: services and virtual nodes share one number space. */
const OVERFLOW_NODE = -1;

/** Nodes as numbers. */
interface CountedEdge {
  readonly caller: number;
  readonly callee: number;
  readonly kind: number;
  readonly minute: number;
}

/** One row of proto/tables/edges.ts: increments since the last flush. */
export interface EdgeRow {
  /** Start of the minute, Unix s. */
  readonly minuteS: number;
  readonly caller: string;
  readonly callee: string;
  readonly kind: EdgeKind;
  /** One of the two is no service but a database, queue or other peer named by attributes. */
  readonly virtual: boolean;
  readonly storedAtMs: number;
  readonly calls: number;
  readonly errors: number;
  readonly clientServerCalls: number;
  readonly durationSumNs: number;
  /** Upper bound in µs ({@link INFINITE_BOUND_US} for the last) and calls of that bucket alone; empty buckets are left out. */
  readonly durationBuckets: readonly (readonly [number, number])[];
  readonly lagCount: number;
  readonly lagSumNs: number;
}

/** Cumulative counters of `traces_service_graph_request_total`, `…_request_failed_total`, `…_request_server_seconds`. */
export interface EdgeSeries {
  /** The same as long as the edge has series, then used again. */
  readonly row: number;
  readonly client: string;
  readonly server: string;
  readonly connectionType: string;
  readonly calls: number;
  readonly failed: number;
  readonly durationSumNs: number;
  /** Cumulative counts per bound in the order of `boundsUs`, +Inf last. */
  readonly buckets: readonly number[];
}

export class EdgeCounters {
  /** Calls whose edge found a table full; they are counted under an edge to `__overflow__`, or between two such nodes. */
  overflowed = 0;
  /** What every call added from now on counts for: above 1 for traces that stand for others, which overload turned away. */
  weight = 1;
  /** Bounds of the duration histograms, µs ascending, +Inf not named. */
  readonly boundsUs: readonly number[];
  readonly #boundsNs: Float64Array;
  readonly #pending: CounterTable;
  readonly #overflow: CounterTable;
  readonly #cumulative: CounterTable;
  readonly #seriesRows: number;
  /** Per row of the cumulative counters: when it last grew. */
  #activeMs = new Float64Array(256);
  /** Rows of the cumulative counters by caller; as bounded as they are. */
  readonly #rowsOf = new Map<number, number>();
  readonly #stride: number;
  readonly #nameOf: (node: number) => string;
  readonly #isVirtual: (node: number) => boolean;

  /**
   * @param boundsUs histogram bounds in µs, ascending
   * @param nameOf text of a node number
   * @param isVirtual whether a node is no service
   * @param seriesRows most edges with series; a caller gets no more of them than it leaves free for others
   */
  constructor(
    boundsUs: readonly number[],
    nameOf: (node: number) => string,
    isVirtual: (node: number) => boolean,
    seriesRows = MAX_SERIES_ROWS,
  ) {
    this.boundsUs = boundsUs;
    this.#boundsNs = Float64Array.from(boundsUs, (us) => us * 1000);
    this.#stride = BUCKETS + boundsUs.length + 1;
    this.#pending = new CounterTable(this.#stride, MAX_PENDING_ROWS);
    this.#overflow = new CounterTable(this.#stride, EDGE_KINDS.length * 2);
    this.#seriesRows = Math.max(2, seriesRows);
    this.#cumulative = new CounterTable(this.#stride, this.#seriesRows + CONNECTION_TYPES.length);
    this.#nameOf = nameOf;
    this.#isVirtual = isVirtual;
  }

  /**
   * HOT: counts one call. @param slot see {@link callSlot} @param durationNs of the callee's span (of the caller's where the callee has none)
   * @param facts CALL_… @param lagNs below 0: none
   */
  add(caller: number, callee: number, slot: number, durationNs: number, facts: number, lagNs: number): void {
    let table = this.#pending;
    let row = table.row(caller, callee, slot);
    if (row < 0) {
      this.overflowed++;
      table = this.#overflow;
      row = table.row(OVERFLOW_NODE, OVERFLOW_NODE, slot % KINDS_OF_MINUTE);
      if (row < 0) return;
    }
    const cells = table.cells;
    const at = row * this.#stride;
    const { weight } = this;
    cells[at + CALLS]! += weight;
    if ((facts & CALL_FAILED) !== 0) cells[at + ERRORS]! += weight;
    if ((facts & CALL_CLIENT_SERVER) !== 0) cells[at + CLIENT_SERVER]! += weight;
    cells[at + DURATION_SUM]! += durationNs * weight;
    if (lagNs >= 0) {
      cells[at + LAG_COUNT]! += weight;
      cells[at + LAG_SUM]! += lagNs * weight;
    }
    const bounds = this.#boundsNs;
    let bucket = 0;
    while (bucket < bounds.length && durationNs > bounds[bucket]!) bucket++;
    cells[at + BUCKETS + bucket]! += weight;
  }

  /** Adds the lag of a message to an edge whose call is counted elsewhere. */
  lag(caller: number, callee: number, kind: number, minute: number, lagNs: number): void {
    const row = this.#pending.row(caller, callee, callSlot(kind, minute));
    if (row < 0) return;
    this.#pending.cells[row * this.#stride + LAG_COUNT]! += this.weight;
    this.#pending.cells[row * this.#stride + LAG_SUM]! += lagNs * this.weight;
  }

  /** Increments since the last flush; they are added to the cumulative counters and forgotten. @param nowMs collector clock, becomes stored_at */
  flush(nowMs: number): EdgeRow[] {
    const rows: EdgeRow[] = [];
    const overflowMinute = Math.floor(nowMs / 60_000);
    for (const table of [this.#pending, this.#overflow]) {
      for (let row = 0; row < table.size; row++) {
        const caller = table.keys[row * 3]!;
        const callee = table.keys[row * 3 + 1]!;
        const slot = table.keys[row * 3 + 2]!;
        const kind = slot % KINDS_OF_MINUTE;
        const minute = table === this.#pending ? (slot - kind) / KINDS_OF_MINUTE : overflowMinute;
        rows.push(this.#row(table.cells, row * this.#stride, { caller, callee, kind, minute }, nowMs));
        this.#accumulate(table.cells, row * this.#stride, caller, callee, kind, nowMs);
      }
      table.clear();
    }
    return rows;
  }

  /** Cumulative counters as of the last flush. */
  *series(): Generator<EdgeSeries> {
    for (let row = 0; row < this.#cumulative.size; row++) if (!this.#cumulative.isFree(row)) yield this.#seriesOf(row);
  }

  /** Edges with series. */
  get seriesHeld(): number {
    return this.#cumulative.held;
  }

  /** Forgets the cumulative counters that have not grown for so long. @param ended called for each with its last counts */
  expire(nowMs: number, afterMs: number, ended: (series: EdgeSeries) => void): void {
    const { keys, size } = this.#cumulative;
    for (let row = 0; row < size; row++) {
      if (this.#cumulative.isFree(row) || nowMs - this.#activeMs[row]! < afterMs) continue;
      ended(this.#seriesOf(row));
      const caller = keys[row * 3]!;
      const rows = (this.#rowsOf.get(caller) ?? 1) - 1;
      if (rows === 0) this.#rowsOf.delete(caller);
      else this.#rowsOf.set(caller, rows);
      this.#cumulative.remove(row);
    }
  }

  #seriesOf(row: number): EdgeSeries {
    const { keys, cells } = this.#cumulative;
    const at = row * this.#stride;
    const buckets: number[] = [];
    let sum = 0;
    for (let i = 0; i <= this.boundsUs.length; i++) {
      sum += cells[at + BUCKETS + i]!;
      buckets.push(sum);
    }
    return {
      row,
      client: this.#text(keys[row * 3]!),
      server: this.#text(keys[row * 3 + 1]!),
      connectionType: CONNECTION_TYPES[keys[row * 3 + 2]!] ?? '',
      calls: cells[at + CALLS]!,
      failed: cells[at + ERRORS]!,
      durationSumNs: cells[at + DURATION_SUM]!,
      buckets,
    };
  }

  #row(cells: Float64Array, at: number, { caller, callee, kind, minute }: CountedEdge, nowMs: number): EdgeRow {
    const durationBuckets: [number, number][] = [];
    for (let i = 0; i <= this.boundsUs.length; i++) {
      const calls = cells[at + BUCKETS + i]!;
      if (calls > 0) durationBuckets.push([this.boundsUs[i] ?? INFINITE_BOUND_US, calls]);
    }
    return {
      minuteS: minute * 60,
      caller: this.#text(caller),
      callee: this.#text(callee),
      kind: EDGE_KINDS[kind] ?? 'rpc',
      virtual: caller !== OVERFLOW_NODE && (this.#isVirtual(caller) || this.#isVirtual(callee)),
      storedAtMs: nowMs,
      calls: cells[at + CALLS]!,
      errors: cells[at + ERRORS]!,
      clientServerCalls: cells[at + CLIENT_SERVER]!,
      durationSumNs: cells[at + DURATION_SUM]!,
      durationBuckets,
      lagCount: cells[at + LAG_COUNT]!,
      lagSumNs: cells[at + LAG_SUM]!,
    };
  }

  #accumulate(cells: Float64Array, at: number, caller: number, callee: number, kind: number, nowMs: number): void {
    const row = this.#seriesRow(caller, callee, kind === EDGE_INTERNAL ? EDGE_RPC : kind, cells[at + CALLS]!);
    const to = row * this.#stride;
    for (let i = 0; i < this.#stride; i++) this.#cumulative.cells[to + i]! += cells[at + i]!;
    if (row >= this.#activeMs.length) {
      const longer = new Float64Array(row * 2);
      longer.set(this.#activeMs);
      this.#activeMs = longer;
    }
    this.#activeMs[row] = nowMs;
  }

  /** Row of an edge, of its caller's overflow edge, or of the last overflow edge. rpc and internal edges share the empty connection type, so they share a series. */
  #seriesRow(caller: number, callee: number, type: number, calls: number): number {
    const table = this.#cumulative;
    const known = table.find(caller, callee, type);
    if (known >= 0) return known;
    const free = this.#seriesRows - table.held;
    const rows = this.#rowsOf.get(caller) ?? 0;
    if (callee !== OVERFLOW_NODE && rows >= free - this.#seriesRows * OVERFLOW_SHARE) {
      this.overflowed += calls;
      return this.#seriesRow(caller, OVERFLOW_NODE, type, 0);
    }
    if (free <= 0 && caller !== OVERFLOW_NODE) return this.#seriesRow(OVERFLOW_NODE, OVERFLOW_NODE, type, 0);
    this.#rowsOf.set(caller, rows + 1);
    return table.row(caller, callee, type); // the table has more rows than these by one of each type between two overflow nodes
  }

  #text(node: number): string {
    return node === OVERFLOW_NODE ? OVERFLOW_TEXT : this.#nameOf(node);
  }
}
