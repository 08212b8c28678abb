// The one view of a trace that is filled anew for each decision.

import { nanosOf } from '#proto/model/unix-nano.ts';
import { KIND_CONSUMER, KIND_SERVER, STATUS_ERROR } from '#proto/otlp/enums.ts';
import type { SpanMemory, TraceView, Trigger } from '#collector/model/trace.ts';
import type { TraceTable } from './trace-table.ts';

export class AssembledTrace implements TraceView {
  readonly memory: SpanMemory;
  id0 = 0;
  id1 = 0;
  id2 = 0;
  id3 = 0;
  rows = new Int32Array(1024);
  count = 0;
  payloadBytes = 0;
  startHi = 0;
  startLo = 0;
  durationNs = 0;
  errorCount = 0;
  rootPresent = false;
  missingParents = 0;
  rootRow = 0;
  trigger: Trigger = 'complete';
  firstSeenMs = 0;
  decidedMs = 0;
  leastHi = 0;
  copies = 0;

  constructor(memory: SpanMemory) {
    this.memory = memory;
  }

  /** HOT: takes the rows of a trace, in arrival order. Enough for the check of its parents. */
  gather(table: TraceTable, trace: number): void {
    const count = table.count[trace]!;
    if (count > this.rows.length) this.rows = new Int32Array(count * 2);
    const next = this.memory.spans.next;
    const rows = this.rows;
    let row = table.firstRow[trace]!;
    for (let i = 0; i < count; i++) {
      rows[i] = row;
      row = next[row]!;
    }
    this.count = count;
  }

  /** HOT: the rest, after {@link gather}. */
  describe(table: TraceTable, trace: number, missingParents: number, trigger: Trigger, nowMs: number): void {
    this.id0 = table.id0[trace]! >>> 0;
    this.id1 = table.id1[trace]! >>> 0;
    this.id2 = table.id2[trace]! >>> 0;
    this.id3 = table.id3[trace]! >>> 0;
    this.payloadBytes = table.bytes[trace]!;
    this.firstSeenMs = table.firstSeenMs[trace]!;
    this.decidedMs = nowMs;
    this.leastHi = table.leastHi[trace]!;
    this.copies = table.copies[trace]!;
    this.missingParents = missingParents;
    this.trigger = trigger;
    const spans = this.memory.spans;
    const rows = this.rows;
    let startHi = 0xffffffff;
    let startLo = 0;
    let endHi = 0;
    let endLo = 0;
    let errors = 0;
    let root = -1;
    let rootClass = -1;
    for (let i = 0; i < this.count; i++) {
      const row = rows[i]!;
      const hi = spans.startHi[row]!;
      const lo = spans.startLo[row]!;
      if (hi < startHi || (hi === startHi && lo < startLo)) {
        startHi = hi;
        startLo = lo;
      }
      const toHi = spans.endHi[row]!;
      const toLo = spans.endLo[row]!;
      if (toHi > endHi || (toHi === endHi && toLo > endLo)) {
        endHi = toHi;
        endLo = toLo;
      }
      if (spans.status[row] === STATUS_ERROR) errors++;
      // Which span stands for the trace: 2 = entry without parent, 1 = any without parent, 0 = any.
      let its = 0;
      if ((spans.parentHi[row]! | spans.parentLo[row]!) === 0) {
        const kind = spans.kind[row]!;
        its = kind === KIND_SERVER || kind === KIND_CONSUMER ? 2 : 1;
      }
      if (its < rootClass) continue;
      if (its > rootClass || this.#comesBefore(row, root)) root = row;
      rootClass = its;
    }
    this.startHi = startHi;
    this.startLo = startLo;
    this.durationNs = Math.max(0, nanosOf(endHi - startHi, endLo - startLo));
    this.errorCount = errors;
    this.rootPresent = rootClass > 0;
    this.rootRow = root;
  }

  /** Earlier start; where they are equal the smaller span id, so that arrival order never matters. */
  #comesBefore(row: number, other: number): boolean {
    const spans = this.memory.spans;
    if (spans.startHi[row] !== spans.startHi[other]) return spans.startHi[row]! < spans.startHi[other]!;
    if (spans.startLo[row] !== spans.startLo[other]) return spans.startLo[row]! < spans.startLo[other]!;
    if (spans.spanIdHi[row] !== spans.spanIdHi[other]) return spans.spanIdHi[row]! < spans.spanIdHi[other]!;
    return spans.spanIdLo[row]! < spans.spanIdLo[other]!;
  }
}
