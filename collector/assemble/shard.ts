// One shard of the pipeline: takes indexed requests, holds their spans until their trace is whole (or has waited long enough),
// hands each trace to the decision, and lets go of it. Pure: the clock comes in, nothing runs on its own.
import type { OwnedSpanMemory } from '#collector/model/span-memory.ts';
import type { Decision, TraceView, Trigger } from '#collector/model/trace.ts';
import { OldestTraces } from './oldest-traces.ts';
import { SpanFate } from './span-fate.ts';
import { AssembledTrace } from './assembled-trace.ts';
import { BufferFill } from './buffer-fill.ts';
import { BufferedSpans } from './buffered-spans.ts';
import { DeadlineWheel } from './deadline-wheel.ts';
import { DecisionLag } from './decision-lag.ts';
import { dueMs } from './due-time.ts';
import { EarlyDecisions, VISIT_COST } from './early-decisions.ts';
import { HeldTraces, type DecisionHold } from './held-traces.ts';
import { SPAN_OVERHEAD_BYTES, TRACE_OVERHEAD_BYTES } from './memory-relief.ts';
import { ParentCheck } from './parent-check.ts';
import { releaseRows } from './release-rows.ts';
import type { RequestIndex } from './request-index.ts';
import type { ShardCallbacks, ShardOptions } from './shard-options.ts';
import { RECEIVED, RESCUED, type SpanArrival } from './span-arrival.ts';
import { SlabCompaction } from './slab-compaction.ts';
import { INTERNAL_ERROR, SpanLedger } from './span-ledger.ts';
import { SpanLinker } from './span-linker.ts';
import { CHECKED, HAS_PAST, HAS_ROOT, IS_BACK, IS_HELD, IS_LATE, NO_TRACE, TraceTable } from './trace-table.ts';
import { waitingTrace, type WaitingTrace } from './waiting-trace.ts';

/** Part of maxBytes that held traces may take before their window ends early. */
const MOST_HELD = 0.25;
/** Spans a single accept decides early beyond twice its own: a few milliseconds. */
const RELIEF_SLICE_SPANS = 4096;

export class TraceShard {
  readonly ledger = new SpanLedger();
  readonly lag = new DecisionLag();
  readonly memory: OwnedSpanMemory;
  #options: ShardOptions;
  readonly #callbacks: ShardCallbacks;
  readonly #table: TraceTable;
  readonly #wheel: DeadlineWheel;
  readonly #view: AssembledTrace;
  readonly #parents: ParentCheck;
  readonly #fate: SpanFate;
  readonly #buffered: BufferedSpans;
  readonly #linker: SpanLinker;
  readonly #fill: BufferFill;
  readonly #compaction = new SlabCompaction();
  readonly #held = new HeldTraces();
  readonly #early: EarlyDecisions;
  /** Traces decided so far. */
  #decided = 0;
  /** Number of the next span to be received: a decision covers those of its trace below it. */
  nextSpan = 0;
  #drainCursor = 0;
  /** Collector clock at the input at hand, ms. */
  #nowMs = 0;

  constructor(memory: OwnedSpanMemory, options: ShardOptions, callbacks: ShardCallbacks) {
    this.memory = memory;
    this.#options = options;
    this.#callbacks = callbacks;
    this.#table = new TraceTable(options.traceCapacity, options.seed);
    this.#wheel = new DeadlineWheel(options.traceCapacity);
    this.#view = new AssembledTrace(memory);
    this.#parents = new ParentCheck(options.seed);
    this.#buffered = new BufferedSpans(memory, this.#table, options.seed);
    this.#fill = new BufferFill(memory, this.#table, this.#buffered);
    const parts = { memory, options, callbacks, ledger: this.ledger };
    this.#fate = new SpanFate({ ...parts, table: this.#table, wheel: this.#wheel, buffered: this.#buffered });
    this.#linker = new SpanLinker(memory, this.#table, this.#fate, this.#buffered, this.ledger, {
      wake: (trace, isRoot, nowMs) => this.#wake(trace, isRoot, nowMs),
      atLimit: (trace, nextSpan) => {
        this.nextSpan = nextSpan;
        this.#decide(trace, 'span_limit');
      },
    });
    this.#early = new EarlyDecisions(this.#table, this.#held, this.#fill, {
      options: () => this.#options,
      decide: (trace) => this.#decide(trace, 'memory'),
      closeHeld: () => this.#held.close(this.#callbacks.hold, this.#viewHeld),
      release: (budget) => this.#release(budget),
      decideHeld: () => this.decideHeld(),
    });
    if (options.maxTraces !== undefined) this.#fate.order = new OldestTraces();
  }

  /** Traces in the buffer. */
  get traces(): number {
    return this.#table.size;
  }

  /** A trace that waits for its decision. Ids are the big-endian words of the trace id. */
  waiting(id0: number, id1: number, id2: number, id3: number): WaitingTrace | undefined {
    return waitingTrace(this.#table, id0, id1, id2, id3);
  }

  /** Spans of a trace turn out to have been decided: what comes is compared with them also where others are in the buffer by now. Ids as signed words. */
  hasPast(id0: number, id1: number, id2: number, id3: number): void {
    const trace = this.#table.find(id0, id1, id2, id3);
    if (trace !== NO_TRACE) this.#table.flags[trace]! |= HAS_PAST;
  }

  /** Collector clock, ms, when the first span of the oldest trace in the buffer came; undefined while it is empty. One pass over the table. */
  oldestMs(): number | undefined {
    const { count, firstSeenMs, highWater } = this.#table;
    let oldest = Infinity;
    for (let trace = 0; trace < highWater; trace++)
      if (count[trace]! > 0 && firstSeenMs[trace]! < oldest) oldest = firstSeenMs[trace]!;
    return oldest === Infinity ? undefined : oldest;
  }

  /** Spans of the last request that were received before; {@link isCopy} says which. */
  get copies(): number {
    return this.#fate.copies;
  }

  /** Spans of the last request whose traces were turned away before, and would not be now; {@link isTurnedAway} says which. */
  get turnedAway(): number {
    return this.#fate.turnedAway;
  }

  isTurnedAway(span: number): boolean {
    return this.#fate.isTurnedAway(span);
  }

  /** @param span a row of the last request, as long as its index is untouched */
  isCopy(span: number): boolean {
    return this.#fate.isCopy(span);
  }

  /** … of one that was decided by then. */
  isCopyOfDecided(span: number): boolean {
    return this.#fate.isCopyOfDecided(span);
  }

  /** Bytes that count against maxBytes: spans, rows, traces, resources. */
  get liveBytes(): number {
    return this.#fill.liveBytes;
  }

  /** How long the earliest of the traces that are due has been waiting for its decision, ms; about 0 = none is behind. */
  behindMs(nowMs: number): number {
    return this.#wheel.behindMs(nowMs);
  }

  /** Part of the buffer in use: bytes, rows or traces, whichever is fuller. About 1 is full. */
  get pressure(): number {
    return this.#fill.pressure(this.#options.maxBytes);
  }

  /** Changes waits and limits for traces already buffered, too; capacity and seed stay. One pass over the table, no trace is decided here. */
  reconfigure(options: ShardOptions, nowMs: number): void {
    this.#options = options;
    const table = this.#table;
    this.#fate.options = options;
    if (options.maxTraces === undefined) this.#fate.order = undefined;
    else this.#fate.order ??= OldestTraces.of(table);
    for (let trace = 0; trace < table.highWater; trace++) {
      if (table.count[trace] !== 0) this.#wheel.advance(trace, dueMs(this.#table, trace, this.#options), nowMs);
    }
  }

  /** Ends the window and decides all held traces now. */
  decideHeld(): void {
    while (this.#held.size > 0) {
      this.#held.close(this.#callbacks.hold, this.#viewHeld);
      this.#release(Infinity);
    }
  }

  /**
   * Takes the spans of an indexed request. Never refuses: when there is no room, traces are decided early.
   * @param index the index of exactly this body, untouched since
   * @param nowMs collector clock, ms; never goes back
   */
  accept(index: RequestIndex, body: Buffer, nowMs: number, arrival: SpanArrival = RECEIVED): void {
    const ledger = this.ledger;
    const n = index.count;
    ledger.received += n + index.rejectedCount;
    if (index.rejectedCount > 0)
      for (let i = 0; i < index.rejected.length; i++) ledger.rejected[i]! += index.rejected[i]!;
    this.#fate.begin(arrival);
    this.#advanceTo(nowMs);
    if (n === 0) return;
    const nextSpan = this.nextSpan + index.whole;
    this.#early.makeRoom(n, nowMs);
    const fate = this.#fate;
    const live = fate.aim(index, body, nowMs);
    if (live === 0) {
      this.nextSpan = nextSpan;
      return;
    }
    this.#linker.link(index, body, this.memory.slabs.store(body, live, fate.liveBytes), live, this.nextSpan, nowMs);
    this.nextSpan = nextSpan;
    if (fate.order !== undefined) this.#evict(fate.order);
    if (this.#early.isFull) this.#early.run(nowMs, n * 2 + RELIEF_SLICE_SPANS);
  }

  /** {@link accept} for a dropped trace that comes back with all its spans: it is decided anew, on `rescue`, after the wait of late spans. */
  bringBack(index: RequestIndex, body: Buffer, nowMs: number): void {
    this.accept(index, body, nowMs, RESCUED);
  }

  /**
   * {@link accept} for spans that an earlier life has counted: what became of those that were sampled out or dropped on arrival is in its ledger.
   * Returns how many were buffered again; only they count here.
   * @param leastHi see {@link SpanArrival}
   */
  acceptCounted(index: RequestIndex, body: Buffer, nowMs: number, leastHi: number): number {
    const { ledger } = this;
    const received = ledger.received;
    const before = ledger.accounted();
    this.accept(index, body, nowMs, { origin: 'counted', leastHi });
    const buffered = ledger.accounted() - before;
    ledger.received = received + buffered;
    return buffered;
  }

  /**
   * Decides what is due.
   * @param budget about how many spans to work on (10,000 take some milliseconds, more where traces are kept)
   * @returns whether more is due now: call again after other work had its turn
   */
  tick(nowMs: number, budget: number): boolean {
    let left = budget;
    this.#advanceTo(nowMs);
    if (this.#callbacks.hold !== undefined) left = this.#tickHeld(this.#callbacks.hold, nowMs, left);
    if (this.#early.isRunning || this.#early.isFull) left = this.#early.run(nowMs, left);
    if (this.#compaction.isNeeded(this.memory)) left = this.#compact(left);
    while (left > 0) {
      const trace = this.#wheel.pop(nowMs);
      if (trace < 0) return this.#early.isRunning || this.#held.closed > 0;
      left -= VISIT_COST + this.#table.count[trace]!;
      const due = dueMs(this.#table, trace, this.#options);
      const before = this.#decided;
      this.#visit(trace, nowMs);
      if (this.#decided !== before) this.lag.note(nowMs - due);
    }
    return true;
  }

  /** Compaction takes half of the budget, or decisions would wait for its end. Returns what is left. */
  #compact(budget: number): number {
    const its = Math.max(1, budget / 2);
    return budget - its + Math.max(0, this.#compaction.run(this.#table, this.memory, its));
  }

  /** Decides everything that is buffered, for about `budget` spans. Returns whether there is more. */
  drain(budget: number): boolean {
    let left = budget;
    while (left > 0 && this.#table.size > 0) {
      if (this.#held.size === this.#table.size) {
        this.#held.close(this.#callbacks.hold, this.#viewHeld);
        left = this.#release(left);
        continue;
      }
      if (this.#drainCursor >= this.#table.highWater) this.#drainCursor = 0;
      const trace = this.#drainCursor++;
      left -= 1 + this.#table.count[trace]!;
      if (this.#table.count[trace] !== 0) this.#decide(trace, 'shutdown');
    }
    return this.#table.size > 0;
  }

  #advanceTo(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#callbacks.decidedSpans?.advanceTo(nowMs);
  }

  /** A root, or a span after a check that found parents missing: the trace may be complete sooner than thought. */
  #wake(trace: number, isRoot: boolean, nowMs: number): void {
    const table = this.#table;
    table.flags[trace]! &= ~CHECKED;
    if (isRoot) {
      table.flags[trace]! |= HAS_ROOT;
      table.rootSeenMs[trace] = nowMs;
    }
    this.#wheel.advance(trace, dueMs(this.#table, trace, this.#options), nowMs);
  }

  /** Decides the oldest early, where there are more traces than allowed. */
  #evict(order: OldestTraces): void {
    const { maxTraces = Infinity } = this.#options;
    while (this.#table.size - this.#held.size > maxTraces) {
      const oldest = order.takeOldest(this.#table);
      if (oldest === NO_TRACE) return;
      this.#decide(oldest, 'memory');
    }
  }

  /** Its slot came up: decide it, or put it back for later. */
  #visit(trace: number, nowMs: number): void {
    const table = this.#table;
    const wheel = this.#wheel;
    if (!wheel.isDue(dueMs(this.#table, trace, this.#options), nowMs))
      return wheel.add(trace, dueMs(this.#table, trace, this.#options), nowMs);
    const { quietMs, afterRootMs, maxMs } = this.#options;
    const flags = table.flags[trace]!;
    if ((flags & IS_LATE) !== 0) return this.#decide(trace, 'late');
    const latest = table.firstSeenMs[trace]! + maxMs;
    if ((flags & HAS_ROOT) !== 0) {
      if ((flags & CHECKED) === 0 && wheel.isDue(table.lastSeenMs[trace]! + quietMs, nowMs)) {
        this.#view.gather(table, trace);
        if (this.#parents.missing(this.memory.spans, this.#view.rows, this.#view.count) === 0)
          return this.#decide(trace, 'complete');
        table.flags[trace] = flags | CHECKED;
      }
      const afterRoot = table.rootSeenMs[trace]! + afterRootMs;
      if (afterRoot <= latest && wheel.isDue(afterRoot, nowMs)) return this.#decide(trace, 'after_root');
    }
    if (wheel.isDue(latest, nowMs)) return this.#decide(trace, 'timeout');
    return wheel.add(trace, dueMs(this.#table, trace, this.#options), nowMs);
  }

  /** Has the trace decided, and lets go of it unless it is held. Late spans follow the decision that was made, whatever ends their wait. */
  #decide(trace: number, why: Trigger): void {
    const table = this.#table;
    if ((table.flags[trace]! & IS_HELD) !== 0) return;
    const view = this.#view;
    const trigger =
      (table.flags[trace]! & IS_LATE) === 0 ? why : (table.flags[trace]! & IS_BACK) === 0 ? 'late' : 'rescue';
    view.gather(table, trace);
    const missing = trigger === 'complete' ? 0 : this.#parents.missing(this.memory.spans, view.rows, view.count);
    view.describe(table, trace, missing, trigger, this.#nowMs);
    this.#wheel.remove(trace);
    this.#ask(trace, this.#callbacks.onTrace);
  }

  /** The trace in view is decided and let go of, or held. */
  #ask(trace: number, decide: (trace: TraceView) => Decision | undefined): void {
    const { ledger } = this;
    const { count } = this.#view;
    try {
      const decision = decide(this.#view);
      if (decision === undefined) {
        this.#table.flags[trace]! |= IS_HELD;
        this.#held.push(
          trace,
          this.#view.trigger,
          count,
          this.#table.bytes[trace]! + count * SPAN_OVERHEAD_BYTES + TRACE_OVERHEAD_BYTES,
        );
        return;
      }
      if (decision.keep) ledger.kept += count;
      else ledger.sampleOut(decision.rule, count);
    } catch (error) {
      ledger.dropped[INTERNAL_ERROR]! += count;
      this.#callbacks.onFailure(error);
    }
    this.#callbacks.decidedSpans?.remember(this.#view);
    this.#buffered.close(trace);
    this.#table.remove(trace);
    this.#decided++;
    ledger.pending -= count;
    releaseRows(this.memory, this.#view.rows, count);
  }

  /** Ends the window when it is time, or takes too much memory; decides traces of the closed one. */
  #tickHeld(hold: DecisionHold, nowMs: number, budget: number): number {
    const isDue = hold.isDue(nowMs);
    const ready = hold.ready?.() ?? 0;
    if (ready > 0) this.#held.release(ready);
    else if (isDue || this.#held.bytes > this.#options.maxBytes * MOST_HELD) this.#held.close(hold, this.#viewHeld);
    return this.#release(budget);
  }

  /** Decides traces of the closed window, for about `budget` spans. Returns what is left of it. */
  #release(budget: number): number {
    const { hold } = this.#callbacks;
    if (hold === undefined) return budget;
    let left = budget;
    while (left > 0 && this.#held.closed > 0) {
      const { trace, trigger, count } = this.#held.next();
      left -= VISIT_COST + this.#viewHeld(trace, trigger, count).count;
      this.#ask(trace, hold.release);
    }
    return left;
  }

  /** Brings a held trace into view, with what came since it was held. */
  readonly #viewHeld = (trace: number, trigger: Trigger, count: number): TraceView => {
    const view = this.#view;
    view.gather(this.#table, trace);
    const isWhole = trigger === 'complete' && count === view.count;
    view.describe(
      this.#table,
      trace,
      isWhole ? 0 : this.#parents.missing(this.memory.spans, view.rows, view.count),
      trigger,
      this.#nowMs,
    );
    return view;
  };
}
