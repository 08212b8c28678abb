// Puts the spans of a request into their traces: a row each, behind the others of its trace, as long as the span was not received before.
import { TWO_32 } from '#proto/model/halves.ts';
import type { OwnedSpanMemory } from '#collector/model/span-memory.ts';
import { MARK_BATCH, MARK_LATE, MARK_SUSPECT, NO_ROW } from '#collector/model/span-table.ts';
import type { SpanFate } from './span-fate.ts';
import type { BufferedSpans } from './buffered-spans.ts';
import { copySpan, copySpans } from './copy-span.ts';
import type { RequestIndex } from './request-index.ts';
import type { SpanColumns } from './span-columns.ts';
import type { SpanLedger } from './span-ledger.ts';
import { CHECKED, HAS_PAST, HAS_ROOT, IS_BACK, IS_LATE, type TraceTable } from './trace-table.ts';

/** Rows that lie one behind the other are filled together where they are at least so many. */
const LEAST_RUN = 96;

/** Who acts on what a span changes. */
export interface LinkHost {
  /** A root, or a span after a check that found parents missing. */
  readonly wake: (trace: number, isRoot: boolean, nowMs: number) => void;
  /** The trace has all the spans or bytes that it may have: it MUST be decided. @param nextSpan its number */
  readonly atLimit: (trace: number, nextSpan: number) => void;
}

export class SpanLinker {
  readonly #memory: OwnedSpanMemory;
  readonly #table: TraceTable;
  readonly #fate: SpanFate;
  readonly #buffered: BufferedSpans;
  readonly #ledger: SpanLedger;
  readonly #host: LinkHost;
  /** ResourceSpans linked so far. */
  #batch = 0;

  constructor(
    memory: OwnedSpanMemory,
    table: TraceTable,
    fate: SpanFate,
    buffered: BufferedSpans,
    ledger: SpanLedger,
    host: LinkHost,
  ) {
    this.#memory = memory;
    this.#table = table;
    this.#fate = fate;
    this.#buffered = buffered;
    this.#ledger = ledger;
    this.#host = host;
  }

  /**
   * HOT: puts the spans of a stored body into their traces, but for copies.
   * @param place of the body, see SlabPool.store @param live how many spans have a target @param firstSpan number of the first span of the request
   */
  link(index: RequestIndex, body: Buffer, place: number, live: number, firstSpan: number, nowMs: number): void {
    const { columns, count: n } = index;
    const { spans, slabs } = this.#memory;
    const table = this.#table;
    const fate = this.#fate;
    const buffered = this.#buffered;
    const ledger = this.#ledger;
    const {
      targets,
      options: { spansPerTrace, bytesPerTrace },
    } = fate;
    const slab = Math.floor(place / TWO_32);
    const base = place % TWO_32;
    let hasDecided = false;
    /** Spans before this one have rows, span i the row i + ahead; where rows do not lie so, spans before retryAt get them one by one. */
    let runEnd = 0;
    let ahead = 0;
    let retryAt = live === n ? 0 : n;
    let resource = 0;
    let scope = 0;
    /** Spans of this resource and scope that are not counted there yet; they must be before the next decision. */
    let held = 0;
    for (let i = 0; i < n; i++) {
      if (i >= runEnd && i >= retryAt) {
        const run = spans.takeRun(LEAST_RUN, n - i);
        if (run > 0) {
          copySpans(spans, columns, i, run, slab, base);
          runEnd = i + run;
          ahead = spans.runFrom - i;
        } else retryAt = i + LEAST_RUN;
      }
      let trace = targets[i]!;
      if ((columns.marks[i]! & MARK_BATCH) !== 0) this.#batch = (this.#batch + 1) >>> 0;
      if (trace < 0) continue;
      const length = columns.length[i]!;
      if (hasDecided) {
        // If its trace reached a limit a moment ago, this span is late.
        if (!table.is(trace, columns.id0[i]!, columns.id1[i]!, columns.id2[i]!, columns.id3[i]!))
          trace = fate.traceOf(columns, i, body, nowMs);
        if (trace >= 0) fate.suspect(trace, columns, i);
      }
      if (trace < 0) {
        fate.dropLate(trace, columns, i, body, nowMs);
        slabs.release(slab, length);
        if (i < runEnd) spans.release(i + ahead);
        continue;
      }
      const flags = table.flags[trace]!;
      if (
        ((columns.marks[i]! & MARK_SUSPECT) !== 0 || (flags & (IS_LATE | HAS_PAST)) !== 0) &&
        this.#isCopy(trace, columns, i)
      ) {
        slabs.release(slab, length);
        if (i < runEnd) spans.release(i + ahead);
        continue;
      }
      const isLate = (flags & (IS_LATE | IS_BACK)) === IS_LATE;
      let marks = isLate ? MARK_LATE : 0;
      if (table.batch[trace] !== this.#batch) {
        table.batch[trace] = this.#batch;
        marks |= MARK_BATCH;
      }
      let row = i + ahead;
      if (i < runEnd) spans.marks[row] = columns.marks[i]! | marks;
      else {
        row = spans.allocate();
        copySpan(spans, row, columns, i, slab, base);
        spans.marks[row]! |= marks;
      }
      if (columns.resource[i] !== resource || columns.scope[i] !== scope) {
        this.#retain(resource, scope, held);
        resource = columns.resource[i]!;
        scope = columns.scope[i]!;
        held = 0;
      }
      held++;
      if (isLate) ledger.late++;
      const last = table.lastRow[trace]!;
      if (last === NO_ROW) table.firstRow[trace] = row;
      else spans.next[last] = row;
      table.lastRow[trace] = row;
      table.lastSeenMs[trace] = nowMs;
      const count = table.count[trace]! + 1;
      table.count[trace] = count;
      if (buffered.isLarge(count)) buffered.enter(trace, row);
      const bytes = table.bytes[trace]! + length;
      table.bytes[trace] = bytes;
      ledger.pending++;
      const isRoot = (columns.parentHi[i]! | columns.parentLo[i]!) === 0 && (flags & HAS_ROOT) === 0;
      if (isRoot || (flags & CHECKED) !== 0) this.#host.wake(trace, isRoot, nowMs);
      if (count >= spansPerTrace || bytes >= bytesPerTrace) {
        this.#retain(resource, scope, held);
        held = 0;
        hasDecided = true;
        this.#host.atLimit(trace, firstSpan + index.rowOf(i) + 1);
      }
    }
    this.#retain(resource, scope, held);
  }

  /** So many spans more are of this resource and scope. */
  #retain(resource: number, scope: number, spans: number): void {
    if (spans === 0) return;
    this.#memory.resources.retain(resource, spans);
    this.#memory.scopes.retain(scope, spans);
  }

  /** Whether a span was received before: then it is left out, and while its trace is buffered, the row says how often. */
  #isCopy(trace: number, columns: SpanColumns, i: number): boolean {
    const fate = this.#fate;
    const isSuspect = (columns.marks[i]! & MARK_SUSPECT) !== 0;
    columns.marks[i]! &= ~MARK_SUSPECT;
    const same = isSuspect ? this.#buffered.find(trace, columns, i) : NO_ROW;
    if (same !== NO_ROW) {
      this.#table.copies[trace]!++;
      this.#memory.spans.countCopy(same);
    } else if (!fate.wasDecided(this.#table.flags[trace]!, columns, i)) return false;
    fate.drop(i, same === NO_ROW);
    return true;
  }
}
