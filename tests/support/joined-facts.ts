// What joins several traces, beside one shard or one finder of edges, for tests of what is counted in the end.
import { EdgeFacts } from '#collector/derive/edges/edge-facts.ts';
import { EdgeFinder } from '#collector/derive/edges/edge-finder.ts';
import { TraceCalls } from '#collector/derive/edges/trace-calls.ts';
import type { RequestRows } from '#collector/derive/edges/edge-spans.ts';
import type { EdgeCounters, EdgeRow } from '#collector/derive/global/edge-counters.ts';
import { GlobalFacts, type FactsOfShard } from '#collector/derive/global/global-facts.ts';
import { NamesToSend } from '#collector/derive/global/shard-numbers.ts';
import type { WaitingCallees } from '#collector/derive/global/waiting-callees.ts';
import { PropagationWatch } from '#collector/derive/propagation/propagation-watch.ts';
import type { Decision, SpanMemory, TraceView } from '#collector/model/trace.ts';
import type { TraceDag } from '#collector/reconstruct/dag.ts';

const DROPPED: Decision = { keep: false, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 0 };

/** Of one shard. */
export class JoinedFacts {
  readonly global: GlobalFacts;
  readonly #shard: FactsOfShard;
  #names: NamesToSend | undefined;

  constructor(boundsMs: readonly number[] = [1, 10], senders = 100_000) {
    this.global = new GlobalFacts({ red: { capacity: 16, boundsMs }, senders });
    this.#shard = this.global.ofShard();
  }

  /** Call it before facts come. */
  nameBy(names: NamesToSend): void {
    this.#names = names;
  }

  addEdgeFacts(facts: Float64Array): void {
    this.#addNames();
    this.#shard.addEdgeFacts(facts);
  }

  /** What the watch has counted, added to what is known. @param nowMs of calls without an answer, too */
  addPropagation(watch: PropagationWatch, nowMs: number): void {
    watch.unanswered.countExpired(nowMs);
    this.#addNames();
    this.#shard.addPart({ red: undefined, propagation: watch.counters.flush(), repairs: [], clocks: undefined });
  }

  #addNames(): void {
    const names = this.#names?.flush();
    if (names !== undefined) this.#shard.addNames(names);
  }
}

/** A finder of edges, a watch of propagation, and what joins their facts. */
export class ServiceEdges {
  readonly joined: JoinedFacts;
  readonly watch: PropagationWatch;
  readonly #calls = new TraceCalls();
  readonly #finder: EdgeFinder;
  readonly #facts: EdgeFacts;

  constructor(options: {
    readonly memory: SpanMemory;
    readonly boundsMs: readonly number[];
    readonly producers: number;
    readonly lateMs?: number;
  }) {
    const { memory, boundsMs, producers, lateMs = 0 } = options;
    this.joined = new JoinedFacts(boundsMs, producers);
    this.#facts = new EdgeFacts((facts) => this.joined.addEdgeFacts(facts));
    this.#finder = new EdgeFinder(memory, this.#facts);
    this.joined.nameBy(new NamesToSend(memory.services, this.#finder.peers));
    this.watch = new PropagationWatch({ memory, peers: this.#finder.peers, facts: this.#facts, lateMs });
  }

  get counters(): EdgeCounters {
    return this.joined.global.graph.counters;
  }

  get waiting(): WaitingCallees {
    return this.joined.global.graph.waiting;
  }

  observe(view: TraceView, dag: TraceDag): void {
    this.#finder.observe({ view, dag, calls: this.#calls, decision: DROPPED });
    this.#facts.flush();
  }

  lateDropped(columns: RequestRows, row: number, body: Buffer): void {
    this.#finder.lateDropped(columns, row, body);
    this.#facts.flush();
  }

  flush(nowMs: number): EdgeRow[] {
    return this.joined.global.graph.flush(nowMs);
  }

  /** Of the trace observed last. */
  watchPropagation(view: TraceView, dag: TraceDag, kept: boolean): void {
    this.watch.observe({ view, dag, calls: this.#calls, decision: { ...DROPPED, keep: kept } });
    this.#facts.flush();
  }
}
