// Finds for each span of a request the trace it belongs to: one in the buffer, a new one, or none, because its trace was decided before or is turned away.
import type { OwnedSpanMemory } from '#collector/model/span-memory.ts';
import type { ArrivalOrder } from './arrival-order.ts';
import type { DeadlineWheel } from './deadline-wheel.ts';
import { DECIDED_DROPPED, UNDECIDED } from './late.ts';
import type { RequestIndex } from './request-index.ts';
import type { ShardCallbacks, ShardOptions } from './shard-options.ts';
import type { SpanColumns } from './span-columns.ts';
import { BUFFER_FULL, type SpanLedger } from './span-ledger.ts';
import { IS_BACK, IS_LATE, NO_TRACE, type TraceTable } from './trace-table.ts';

/** Target of spans whose trace is not kept. */
const SAMPLED_OUT = -2;

export class Arrivals {
  /** Per span of the request: slot of its trace, or below 0. */
  targets = new Int32Array(4096);
  options: ShardOptions;
  /** Only where traces are limited by number. */
  order: ArrivalOrder | undefined;
  /** What arrives is a dropped trace that comes back. */
  bringsBack = false;
  readonly #memory: OwnedSpanMemory;
  readonly #table: TraceTable;
  readonly #wheel: DeadlineWheel;
  readonly #ledger: SpanLedger;
  readonly #callbacks: ShardCallbacks;

  constructor(memory: OwnedSpanMemory, table: TraceTable, wheel: DeadlineWheel, ledger: SpanLedger, options: ShardOptions, callbacks: ShardCallbacks) {
    this.#memory = memory;
    this.#table = table;
    this.#wheel = wheel;
    this.#ledger = ledger;
    this.options = options;
    this.#callbacks = callbacks;
  }

  /** HOT: finds the trace of each span, or what became of it. Returns how many spans have one. */
  aim(index: RequestIndex, body: Buffer, nowMs: number): number {
    const { id0, id1, id2, id3 } = index.columns;
    const n = index.count;
    if (n > this.targets.length) this.targets = new Int32Array(n * 2);
    const { targets } = this;
    const room = this.#memory.spans.capacity - this.#memory.spans.used;
    let live = 0;
    let target = NO_TRACE;
    for (let i = 0; i < n; i++) {
      if (live >= room) {
        targets[i] = NO_TRACE;
        this.letGo(NO_TRACE, index.columns, i, body);
        continue;
      }
      const same = i > 0 && id3[i] === id3[i - 1] && id2[i] === id2[i - 1] && id1[i] === id1[i - 1] && id0[i] === id0[i - 1];
      if (!same) target = this.traceOf(index.columns, i, body, nowMs);
      targets[i] = target;
      if (target >= 0) live++;
      else this.letGo(target, index.columns, i, body);
    }
    return live;
  }

  /** HOT: per run of spans of one trace. */
  traceOf(columns: SpanColumns, span: number, body: Buffer, nowMs: number): number {
    const id0 = columns.id0[span]!;
    const id1 = columns.id1[span]!;
    const id2 = columns.id2[span]!;
    const id3 = columns.id3[span]!;
    const table = this.#table;
    const known = table.find(id0, id1, id2, id3);
    if (known !== NO_TRACE) return known;
    const { arrival, decisions } = this.#callbacks;
    const past = decisions.lookup(id0, id1, id2, id3);
    if (past === DECIDED_DROPPED && !this.bringsBack) return SAMPLED_OUT;
    const leastHi = arrival === undefined || past !== UNDECIDED || this.bringsBack ? 0 : arrival.leastHi;
    if (leastHi > 0 && arrival!.sheds(columns, span, body, nowMs)) return SAMPLED_OUT;
    const trace = table.add(id0, id1, id2, id3, nowMs);
    if (trace === NO_TRACE) return NO_TRACE;
    table.leastHi[trace] = leastHi;
    const { maxMs, lateMs, quietMs } = this.options;
    const isLate = past !== UNDECIDED || this.bringsBack;
    if (isLate) table.flags[trace] = this.bringsBack && past <= DECIDED_DROPPED ? IS_LATE | IS_BACK : IS_LATE;
    else if (this.order !== undefined) this.order.push(table, trace);
    this.#wheel.add(trace, nowMs + (isLate ? (lateMs ?? quietMs) : maxMs), nowMs);
    return trace;
  }

  /** HOT: per span without a trace in the buffer. The last look-up was for its trace. */
  letGo(target: number, columns: SpanColumns, span: number, body: Buffer): void {
    const ledger = this.#ledger;
    if (target !== SAMPLED_OUT) {
      ledger.dropped[BUFFER_FULL]!++;
      return;
    }
    const { arrival, decisions, onLetGo } = this.#callbacks;
    ledger.sampleOut(decisions.rule, 1);
    // Of a trace that was turned away no span is late: there was nothing to be late for.
    if (arrival !== undefined && decisions.rule === arrival.rule) return;
    ledger.late++;
    ledger.lateDropped++;
    onLetGo?.(columns, span, body);
  }
}
