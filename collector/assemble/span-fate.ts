// Finds for each span of a request the trace it belongs to: one in the buffer, a new one, or none, because its trace was decided before or is turned
// away, or because the span itself was received before.
import type { OwnedSpanMemory } from '#collector/model/span-memory.ts';
import { MARK_SUSPECT } from '#collector/model/span-table.ts';
import type { OldestTraces } from './oldest-traces.ts';
import type { BufferedSpans } from './buffered-spans.ts';
import type { DeadlineWheel } from './deadline-wheel.ts';
import { DECIDED_DROPPED, UNDECIDED, type PastDecision } from './decision-lookup.ts';
import type { RequestIndex } from './request-index.ts';
import type { ShardCallbacks, ShardOptions } from './shard-options.ts';
import type { SpanArrival } from './span-arrival.ts';
import type { SpanColumns } from './span-columns.ts';
import { BUFFER_FULL, DUPLICATE_SPAN, type SpanLedger } from './span-ledger.ts';
import { HAS_PAST, IS_BACK, IS_LATE, NO_TRACE, type TraceTable } from './trace-table.ts';

/** Target of spans whose trace is not kept. */
const SAMPLED_OUT = -2;
/** … as it was turned away at its first span, and would not be now. */
const TURNED_AWAY = -3;
/** Target of spans that were received before, and are decided, or wait for the decision. */
const COPY = -4;
const COPY_OF_UNDECIDED = -5;

/** Of the shard that it is a part of. */
interface SpanFateParts {
  readonly memory: OwnedSpanMemory;
  readonly table: TraceTable;
  readonly wheel: DeadlineWheel;
  readonly buffered: BufferedSpans;
  readonly ledger: SpanLedger;
  readonly options: ShardOptions;
  readonly callbacks: ShardCallbacks;
}

export class SpanFate {
  /** Per span of the request: slot of its trace, or below 0. */
  targets = new Int32Array(4096);
  options: ShardOptions;
  /** Only where traces are limited by number. */
  order: OldestTraces | undefined;
  /** Of the request at hand: see {@link SpanArrival}. */
  #isRescued = false;
  #isCounted = false;
  #leastHi = 0;
  /** Spans of the last request that were received before. */
  copies = 0;
  /** … of traces that were turned away before, and would not be now. */
  turnedAway = 0;
  /** Bytes of those that have a trace. */
  liveBytes = 0;
  /** Spans may be remembered of traces whose decision is not. */
  #asksForForgotten = false;
  /** Of the trace that spans are of: filled when it was looked up, or turned away. */
  readonly #past: PastDecision = { rule: 0, seenSeconds: 0 };
  readonly #memory: OwnedSpanMemory;
  readonly #table: TraceTable;
  readonly #wheel: DeadlineWheel;
  readonly #buffered: BufferedSpans;
  readonly #ledger: SpanLedger;
  readonly #callbacks: ShardCallbacks;

  constructor({ memory, table, wheel, buffered, ledger, options, callbacks }: SpanFateParts) {
    this.#memory = memory;
    this.#table = table;
    this.#wheel = wheel;
    this.#buffered = buffered;
    this.#ledger = ledger;
    this.options = options;
    this.#callbacks = callbacks;
  }

  /** A request arrives; what is known of the one before is forgotten. */
  begin({ origin, leastHi }: SpanArrival): void {
    this.#isRescued = origin === 'rescued';
    this.#isCounted = origin === 'counted';
    this.#leastHi = leastHi ?? this.#callbacks.arrival?.leastHi ?? 0;
    this.copies = 0;
    this.turnedAway = 0;
  }

  /** HOT: finds the trace of each span, or what became of it. Returns how many spans have one, their bytes are {@link liveBytes}. */
  aim(index: RequestIndex, body: Buffer, nowMs: number): number {
    const { id0, id1, id2, id3, length, spanIdLo, marks, print } = index.columns;
    const n = index.count;
    if (n > this.targets.length) this.targets = new Int32Array(n * 2);
    const { decidedSpans, decisions } = this.#callbacks;
    this.#asksForForgotten = decidedSpans !== undefined && decidedSpans.reachesBeyond(decisions);
    const { targets } = this;
    const room = this.#memory.spans.capacity - this.#memory.spans.used;
    let live = 0;
    let liveBytes = 0;
    let target = NO_TRACE;
    for (let i = 0; i < n; i++) {
      if (live >= room) {
        targets[i] = NO_TRACE;
        this.dropLate(NO_TRACE, index.columns, i, body, nowMs);
        continue;
      }
      const same =
        i > 0 && id3[i] === id3[i - 1] && id2[i] === id2[i - 1] && id1[i] === id1[i - 1] && id0[i] === id0[i - 1];
      // That one span of a trace is a copy says nothing of the next.
      if (!same || target === COPY) target = this.traceOf(index.columns, i, body, nowMs);
      targets[i] = target;
      if (target >= 0) {
        live++;
        liveBytes += length[i]!;
        if (this.#buffered.mayHave(target, spanIdLo[i]!, print[i]!)) marks[i]! |= MARK_SUSPECT;
      } else this.dropLate(target, index.columns, i, body, nowMs);
    }
    this.liveBytes = liveBytes;
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
    const isRescued = this.#isRescued;
    const { arrival, decisions, decidedSpans } = this.#callbacks;
    const past = decisions.lookup(id0, id1, id2, id3, this.#past);
    if (past === DECIDED_DROPPED && !isRescued)
      return this.#isTurnedAway(columns, span, body) ? TURNED_AWAY : SAMPLED_OUT;
    const hasPast =
      !isRescued &&
      decidedSpans !== undefined &&
      (past !== UNDECIDED || this.#asksForForgotten) &&
      decidedSpans.knowsTrace(id0, id1, id2, id3);
    if (hasPast && decidedSpans.has(columns, span)) return COPY;
    const leastHi = past !== UNDECIDED || isRescued ? 0 : this.#leastHi;
    if (leastHi > 0 && arrival!.sheds(columns, span, body, leastHi, nowMs)) {
      this.#past.rule = arrival!.rule;
      if (!hasPast) decidedSpans?.openNew(id0, id1, id2, id3);
      return SAMPLED_OUT;
    }
    const trace = table.add(id0, id1, id2, id3, nowMs);
    if (trace === NO_TRACE) return NO_TRACE;
    table.leastHi[trace] = leastHi;
    this.#buffered.open(trace);
    const { maxMs, lateMs, quietMs } = this.options;
    const isLate = past !== UNDECIDED || isRescued;
    if (isLate) table.flags[trace] = isRescued && past <= DECIDED_DROPPED ? IS_LATE | IS_BACK : IS_LATE;
    else if (this.order !== undefined) this.order.push(table, trace);
    if (hasPast) table.flags[trace]! |= HAS_PAST;
    this.#wheel.add(trace, nowMs + (isLate ? (lateMs ?? quietMs) : maxMs), nowMs);
    return trace;
  }

  /** Of a trace that was dropped. */
  #isTurnedAway(columns: SpanColumns, span: number, body: Buffer): boolean {
    const { arrival } = this.#callbacks;
    return (
      arrival !== undefined &&
      this.#past.rule === arrival.rule &&
      !arrival.turnsAway(columns, span, body, this.#leastHi)
    );
  }

  /** A decision in this request may have given the slot to another part of the trace since the span was aimed at it: the span is compared with those there. */
  suspect(trace: number, columns: SpanColumns, span: number): void {
    this.#buffered.mayHave(trace, columns.spanIdLo[span]!, columns.print[span]!);
    columns.marks[span]! |= MARK_SUSPECT;
  }

  /** HOT: per span of a late trace. Whether it was decided with an earlier part of the trace. */
  wasDecided(flags: number, columns: SpanColumns, span: number): boolean {
    const { decidedSpans } = this.#callbacks;
    return (
      decidedSpans !== undefined &&
      (flags & (IS_LATE | HAS_PAST)) !== 0 &&
      !this.#isRescued &&
      decidedSpans.has(columns, span)
    );
  }

  /** HOT: per span without a trace in the buffer, whose trace was looked up just before. */
  dropLate(target: number, columns: SpanColumns, span: number, body: Buffer, nowMs: number): void {
    const ledger = this.#ledger;
    const { arrival, decidedSpans, onLateDropped } = this.#callbacks;
    const isSampledOut = target === SAMPLED_OUT || target === TURNED_AWAY;
    if (target === COPY || (isSampledOut && decidedSpans !== undefined && decidedSpans.receive(columns, span))) {
      this.drop(span, true);
      return;
    }
    if (target === TURNED_AWAY) this.turnedAway++;
    if (!isSampledOut) {
      if (!this.#isCounted) ledger.dropped[BUFFER_FULL]!++;
      return;
    }
    if (!this.#isCounted) ledger.sampleOut(this.#past.rule, 1);
    // Of a trace that was turned away no span is late: there was nothing to be late for.
    if (arrival !== undefined && this.#past.rule === arrival.rule) return;
    ledger.late++;
    ledger.lateDropped++;
    onLateDropped?.(columns, span, body, this.#past, nowMs);
  }

  /** The span was received before. @param isDecided that one is decided */
  drop(span: number, isDecided: boolean): void {
    this.targets[span] = isDecided ? COPY : COPY_OF_UNDECIDED;
    this.copies++;
    if (!this.#isCounted) this.#ledger.dropped[DUPLICATE_SPAN]!++;
  }

  /** Whether the span of the last request is of a trace that was turned away before, and would not be now. */
  isTurnedAway(span: number): boolean {
    return this.targets[span] === TURNED_AWAY;
  }

  /** Whether the span of the last request was received before. */
  isCopy(span: number): boolean {
    return this.targets[span]! <= COPY;
  }

  /** … and that one was decided then. */
  isCopyOfDecided(span: number): boolean {
    return this.targets[span] === COPY;
  }
}
