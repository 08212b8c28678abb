// Spans from request to decision: index, shard, RED, rules, memory; what is kept goes on to the keeper. One per shard.
import { traceIdWords, type TraceId } from '#proto/model/ids.ts';
import { DecidedSpans } from '#collector/assemble/decided-spans.ts';
import type { RejectedIds } from '#collector/assemble/rejected-ids.ts';
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { TraceShard } from '#collector/assemble/shard.ts';
import type { ShardOptions } from '#collector/assemble/shard-options.ts';
import { DUPLICATE_SPAN } from '#collector/assemble/span-ledger.ts';
import type { WaitingTrace } from '#collector/assemble/waiting-trace.ts';
import type { PartThresholds, WindowPart } from '#collector/decide/budget/window-part.ts';
import type { RateAnswer, RatePart } from '#collector/decide/rates/rate-book.ts';
import { DecisionMemory } from '#collector/decide/memory/decision-memory.ts';
import { RuleNumbers } from '#collector/decide/rules/rule-numbers.ts';
import type { Decider } from '#collector/decide/decider.ts';
import type { TraceRebuilder } from '#collector/decide/trace-cursor.ts';
import { EdgeFacts } from '#collector/derive/edges/edge-facts.ts';
import { EdgeFinder } from '#collector/derive/edges/edge-finder.ts';
import { TraceCalls } from '#collector/derive/edges/trace-calls.ts';
import type { TraceInHand } from '#collector/derive/trace-in-hand.ts';
import { NamesToSend } from '#collector/derive/global/shard-numbers.ts';
import { PropagationWatch } from '#collector/derive/propagation/propagation-watch.ts';
import { RedTable, type RedOptions } from '#collector/derive/red/red-table.ts';
import { RepairCounters } from '#collector/derive/repairs/repair-counters.ts';
import { MARK_LINKS } from '#collector/model/span-table.ts';
import type { OwnedSpanMemory } from '#collector/model/span-memory.ts';
import type { Decision, TraceView } from '#collector/model/trace.ts';
import { OVERLOAD_RULE, TraceShedding } from '#collector/overload/trace-shedding.ts';
import type { IntakeAnswer, IntakeRequest } from '#collector/receive/intake.ts';
import type { ClockMethod } from '#collector/reconstruct/clock/clock-method.ts';
import { Reconstructor } from '#collector/reconstruct/reconstruct.ts';
import { copiedRows } from './copied-rows.ts';
import { beginDecision, recallDecision } from './begin-decision.ts';
import { rejectSpans } from './reject-spans.ts';
import { leaveDecided, type ReplayedRequest } from './replayed-request.ts';
import type { RescuerOptions } from '#collector/rescue/rescuer.ts';
import { ReportedSpans } from './reported-spans.ts';
import { DecidedCounts } from '#collector/self/decided-counts.ts';
import type { TraceLedger } from './span-counts.ts';
import { RESCUE_RULES, TraceRescue, rescueRule } from './trace-rescue.ts';
import type { TraceSink, TraceStart } from '#collector/rows/trace-sink.ts';
import { UnusedNames } from './unused-names.ts';
import type { DecidedTrace } from '#collector/wal/decided-traces.ts';

export interface TraceStageOptions {
  readonly shard: ShardOptions;
  readonly memory: OwnedSpanMemory;
  readonly decisionMemoryBytes: number;
  readonly red: RedOptions;
  readonly decider: Decider;
  readonly clocks: ClockMethod;
  /** Given what traces say about calls between services; its array is used again. */
  readonly onEdgeFacts?: (facts: Float64Array) => void;
  /** Given the ends of windows, which {@link TraceStage.setThresholds} answers; absent: the stage decides on them by itself. */
  readonly onWindow?: ((part: WindowPart) => void) | undefined;
  /** Given what was counted for rates in an interval, which {@link TraceStage.setRates} answers; absent: the stage is all there is. */
  readonly onRates?: ((part: RatePart) => void) | undefined;
  /** undefined: kept traces are counted and not stored. */
  readonly sink: TraceSink | undefined;
  readonly ledger: TraceLedger;
  /** T_min in force, high half; undefined: every trace is taken in. */
  readonly overload?: { readonly leastHi: number } | undefined;
  /** Second chances for dropped traces; undefined: none, late errors are only counted. */
  readonly rescue?: RescuerOptions | undefined;
  readonly onFailure: (error: unknown) => void;
}

/** What a stage needs of a request. */
export type StageRequest = Pick<IntakeRequest, 'body' | 'transport' | 'encoding'>;

export class TraceStage {
  readonly memory: OwnedSpanMemory;
  readonly shard: TraceShard;
  readonly red: RedTable;
  readonly edgeFacts: EdgeFacts;
  readonly #edges: EdgeFinder;
  readonly propagation: PropagationWatch;
  readonly repairs: RepairCounters;
  readonly decisions: DecisionMemory;
  /** Spans of decided traces, so that copies are known. */
  readonly decidedSpans: DecidedSpans;
  /** Turns traces away under overload. */
  readonly shedding: TraceShedding;
  readonly rescue: TraceRescue;
  readonly #index: RequestIndex;
  readonly #reconstructor: Reconstructor;
  readonly #options: TraceStageOptions;
  readonly #decision: Decision = { keep: false, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 0 };
  readonly #calls = new TraceCalls();
  /** Made for the first trace, and used again for all others. */
  #inHand: TraceInHand | undefined;
  /** A trace that rules ask about has just been observed. */
  readonly #rebuilder: TraceRebuilder = {
    rebuild: (view) => this.#reconstructor.finish(view),
    correctedNs: (view) => this.#reconstructor.correctedNs(view),
    reachNs: (view) => this.#reconstructor.reachNs(view),
  };
  #decider: Decider;
  readonly #numbers: RuleNumbers;
  readonly #reported: ReportedSpans;
  readonly decided = new DecidedCounts();
  readonly #names: UnusedNames;

  constructor(options: TraceStageOptions) {
    const { shard } = options;
    this.#options = options;
    this.#decider = options.decider;
    this.#numbers = new RuleNumbers(options.decider.names, [OVERLOAD_RULE, ...RESCUE_RULES]);
    this.memory = options.memory;
    this.#index = new RequestIndex(this.memory);
    this.#reconstructor = new Reconstructor(options.clocks);
    this.#prepare(options.decider);
    this.red = new RedTable(options.red);
    this.#names = new UnusedNames(this.memory, this.red);
    this.edgeFacts = new EdgeFacts((facts) => options.onEdgeFacts?.(facts));
    this.#edges = new EdgeFinder(this.memory, this.edgeFacts);
    this.propagation = new PropagationWatch({
      memory: this.memory,
      peers: this.#edges.peers,
      facts: this.edgeFacts,
      lateMs: shard.maxMs,
    });
    this.repairs = new RepairCounters((service) => this.memory.services.text(service));
    this.decisions = new DecisionMemory(options.decisionMemoryBytes, shard.seed);
    this.decidedSpans = new DecidedSpans(this.memory.spans, shard.seed);
    this.shedding = new TraceShedding(
      options.overload ?? { leastHi: 0 },
      this.decisions,
      this.#numbers.numberOf(OVERLOAD_RULE),
    );
    this.rescue = new TraceRescue(
      {
        memory: this.memory,
        decisions: this.decisions,
        index: this.#index,
        bringBack: (body, nowMs) => {
          options.ledger.receive(this.#index.count, 'rescue', 'native');
          this.shard.bringBack(this.#index, body, nowMs);
        },
        reweighed: (id, decision, start) =>
          options.sink?.reweighed?.(id, decision, this.ruleName(decision.rule), start),
        onFailure: options.onFailure,
      },
      options.rescue ?? { ring: undefined, triggers: [], seed: shard.seed },
    );
    this.#allowRescue(options.decider);
    this.shard = new TraceShard(this.memory, shard, {
      decisions: this.decisions,
      decidedSpans: this.decidedSpans,
      arrival: this.shedding,
      onTrace: (view) => this.#onTrace(view),
      hold: {
        isDue: (nowMs) => this.#decider.advanceTo(nowMs),
        ready: () => this.#decider.ready,
        close: (walk) => this.#decider.close(walk),
        release: (view) => this.#onRelease(view),
      },
      onLateDropped: (columns, span, body, past, nowMs) => {
        // Spans of a trace that was turned away at its first span do not count as late.
        if (past.rule === this.shedding.rule) return;
        this.#edges.lateDropped(columns, span, body);
        if ((columns.marks[span]! & MARK_LINKS) !== 0) options.sink?.linkedSpan?.(columns, span, body);
        this.rescue.lateDropped(columns, span, body, past, nowMs);
      },
      onFailure: options.onFailure,
    });
    this.#reported = new ReportedSpans(this.shard.ledger);
  }

  /** A new decider and its waits from the next decision on. The buffer stays, and what was decided keeps the name of the rule that decided it. */
  reconfigure(shard: ShardOptions, decider: Decider, nowMs: number): void {
    this.shard.decideHeld();
    this.syncLedger();
    decider.adopt(this.#decider);
    this.#prepare(decider);
    const map = this.#numbers.renew(decider.names);
    this.shedding.rule = this.#numbers.numberOf(OVERLOAD_RULE);
    this.decisions.renumberRules(map);
    this.shard.ledger.renumberRules(map);
    this.#reported.renumbered();
    this.#decider = decider;
    this.#allowRescue(decider);
    decider.advanceTo(nowMs);
    this.shard.reconfigure(shard, nowMs);
  }

  #prepare(decider: Decider): void {
    decider.rebuildWith(this.#rebuilder);
    if (this.#options.onWindow !== undefined) decider.handOutWindows?.(this.#options.onWindow);
    if (this.#options.onRates !== undefined) decider.handOutRates?.(this.#options.onRates);
  }

  /** A window may end now. */
  advanceTo(nowMs: number): void {
    this.#decider.advanceTo(nowMs);
  }

  setThresholds(thresholds: PartThresholds): void {
    this.#decider.setThresholds?.(thresholds);
  }

  /** See {@link Decider}. */
  flushRandomness(): Float64Array | undefined {
    return this.#decider.flushRandomness?.();
  }

  learnRandomness(traces: Float64Array): void {
    this.#decider.learnRandomness?.(traces);
  }

  setRates(answer: RateAnswer): void {
    this.#decider.setRates?.(answer);
  }

  /** Takes a whole request, or nothing of it. */
  accept(request: StageRequest, nowMs: number): IntakeAnswer & { readonly kind: 'accepted' | 'malformed' } {
    const index = this.#index;
    const { ledger } = this.#options;
    this.#names.forget(nowMs);
    const malformed = index.index(request.body);
    if (malformed !== undefined) {
      ledger.refuse('malformed');
      return { kind: 'malformed', message: malformed };
    }
    this.#decider.advanceTo(nowMs);
    ledger.receive(index.count + index.rejectedCount, request.transport, request.encoding);
    this.shard.accept(index, request.body, nowMs);
    this.#count(nowMs);
    return index.rejectedCount === 0 ? { kind: 'accepted', rejected: 0, message: '' } : rejectSpans(index, ledger);
  }

  /** Which spans of the request just accepted had been received before, or were of traces turned away before, for a log; undefined: none. */
  get copied(): Buffer | undefined {
    return copiedRows(this.shard, this.#index.whole);
  }

  /** Counts what the shard has just accepted, without the copies of what was received before. */
  #count(nowMs: number): void {
    const index = this.#index;
    if (this.shard.copies > 0) index.retain((row) => !this.shard.isCopy(row));
    this.red.add(index.columns, index.count, this.memory.resources, nowMs);
  }

  /** Takes a request of an earlier life again, from its write-ahead log: only spans that were in no decision then. Returns how many were buffered again of a counted one. */
  replay(request: StageRequest, replayed: ReplayedRequest, nowMs: number): number {
    const index = this.#index;
    this.#names.forget(nowMs);
    if (index.index(request.body) !== undefined) return 0; // it was accepted once: cannot be
    const { firstSpan, leastHi, countRed, isCounted } = replayed;
    const { count } = index;
    this.#decider.advanceTo(nowMs);
    const copies = leaveDecided(index, replayed, this, nowMs);
    const { ledger } = this.#options;
    if (!isCounted && request.transport !== 'wal') {
      ledger.receive(index.count + copies + index.rejectedCount, request.transport, request.encoding);
      this.shard.ledger.received += copies;
      this.shard.ledger.dropped[DUPLICATE_SPAN]! += copies;
      if (index.rejectedCount > 0) rejectSpans(index, ledger);
    } else {
      index.forgetRejected();
      if (!isCounted) ledger.receive(index.count, request.transport, 'native');
    }
    const { shard } = this;
    const before = shard.nextSpan;
    shard.nextSpan = Math.max(before, firstSpan);
    const buffered = isCounted ? shard.acceptCounted(index, request.body, nowMs, leastHi) : 0;
    if (!isCounted) shard.accept(index, request.body, nowMs, { origin: 'received', leastHi });
    if (countRed) this.#count(nowMs);
    shard.nextSpan = Math.max(before, firstSpan + count);
    return buffered;
  }

  /** Remembers a decision of an earlier life, so that late spans follow it. */
  restore(trace: DecidedTrace, nowMs: number): void {
    const { id0, id1, id2, id3 } = traceIdWords(trace.traceId);
    const named = this.#numbers.numberOf(trace.rule);
    const rule = named >= 0 ? named : this.#numbers.numberOf('');
    const { keep, thresholdHi, thresholdLo, startHi, startLo, writesTh } = trace;
    this.decisions.remember(
      { id0, id1, id2, id3, startHi, startLo, firstSeenMs: nowMs },
      { keep, rule, thresholdHi, thresholdLo, weight: 0, writesTh },
    );
  }

  /** Remembers spans of decided traces of an earlier life, as it carried them. */
  restoreSpans(carried: Buffer, nowMs: number): void {
    this.decidedSpans.advanceTo(nowMs);
    this.decidedSpans.restore(carried, (id0, id1, id2, id3) => this.shard.hasPast(id0, id1, id2, id3));
  }

  /** Names of services and virtual nodes that facts refer to by number. */
  get namesToSend(): NamesToSend {
    return new NamesToSend(this.memory.services, this.#edges.peers);
  }

  /** The trace, if it still waits for its decision. */
  waiting(traceId: TraceId): WaitingTrace | undefined {
    const { id0, id1, id2, id3 } = traceIdWords(traceId);
    return this.shard.waiting(id0, id1, id2, id3);
  }

  /** Trace ids of spans rejected lately. */
  get rejectedIds(): RejectedIds {
    return this.#index.rejectedIds;
  }

  /** Brings the ledger up to date with what the shard has counted since. */
  syncLedger(): void {
    const { ledger } = this.#options;
    if (this.shedding.traces > 0) this.decided.set(false, OVERLOAD_RULE, 'arrival', this.shedding.traces);
    this.#reported.report(ledger, (rule) => this.ruleName(rule));
  }

  #onTrace(view: TraceView): Decision | undefined {
    const decision = beginDecision(this.#decision);
    if (view.trigger === 'rescue') return this.#onRescued(view, decision);
    this.#reconstructor.observe(view);
    const lateOf = view.trigger === 'late' ? recallDecision(view, decision, this.decisions, this.#decider) : undefined;
    if (lateOf !== undefined) {
      this.rescue.late(view, decision);
      return this.#finish(view, decision, lateOf);
    }
    if (!this.#decider.decide(view, decision)) return undefined;
    this.rescue.noteDecision(view, decision, !decision.keep && this.#decider.isFinal?.(decision.rule) === true);
    return this.#finish(view, decision, undefined);
  }

  /** The window of the trace has ended. */
  #onRelease(view: TraceView): Decision {
    const decision = beginDecision(this.#decision);
    this.#decider.release(view, decision);
    this.rescue.noteDecision(view, decision, !decision.keep && this.#decider.isFinal?.(decision.rule) === true);
    this.#reconstructor.link(view);
    return this.#finish(view, decision, undefined);
  }

  #allowRescue({ allowsRescue = true }: Decider): void {
    this.rescue.rescuer.reactTo(allowsRescue ? (this.#options.rescue?.triggers ?? []) : []);
  }

  /** A dropped trace is back. What it tells of traffic, edges and clocks was learnt when it was dropped. */
  #onRescued(view: TraceView, decision: Decision): Decision {
    const rule = rescueRule(this.rescue.rescuer.decide(view, decision));
    decision.rule = this.#numbers.numberOf(rule);
    this.decisions.remember(view, decision);
    this.decided.add(decision.keep, rule, view.trigger);
    this.#reconstructor.link(view);
    this.#handOn(view, decision, rule, undefined);
    return decision;
  }

  #finish(view: TraceView, decision: Decision, lateOf: TraceStart | undefined): Decision {
    const dag = this.#reconstructor.linked(view);
    const hand = (this.#inHand ??= { view, decision, dag, calls: this.#calls });
    hand.view = view;
    hand.decision = decision;
    hand.dag = dag;
    this.#edges.observe(hand);
    this.propagation.observe(hand);
    const rule = this.ruleName(decision.rule);
    this.decided.add(decision.keep, rule, view.trigger);
    this.#handOn(view, decision, rule, lateOf);
    this.repairs.observe(view, dag, decision.keep);
    return decision;
  }

  #handOn(view: TraceView, decision: Decision, rule: string, lateOf: TraceStart | undefined): void {
    const { sink, ledger } = this.#options;
    if (sink === undefined) {
      if (decision.keep) ledger.drop(view.count, 'store_none');
      return;
    }
    if (decision.keep) {
      const rebuilt = this.#reconstructor.finish(view);
      ledger.drop(rebuilt.summary.duplicates, 'duplicate_span');
      sink.keep(view, rebuilt, decision, rule, lateOf);
      // What came back for others' sake does not bring back others in turn.
      if (view.trigger !== 'rescue' || decision.weight > 0) this.rescue.addLinks(view, rebuilt.links);
    } else if ((this.#calls.marks & MARK_LINKS) !== 0) {
      const { links, dag } = this.#reconstructor;
      links.collect(view, dag);
      sink.linked(view, links);
    }
    sink.decided(view, decision, rule);
  }

  /** '' (no rule matched) is named `no rule`: an empty label would be no label. */
  ruleName(rule: number): string {
    const name = this.#numbers.names[rule] ?? '';
    return name === '' ? 'no rule' : name;
  }
}
