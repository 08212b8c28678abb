// Looks at every trace at its decision, kept or not, for places where trace context went wrong between two services.
import { KIND_CLIENT, KIND_CONSUMER, KIND_PRODUCER, KIND_SERVER, STATUS_ERROR } from '#proto/otlp/enums.ts';
import {
  MARK_DB,
  MARK_LINKS,
  MARK_MESSAGING,
  MARK_SAMPLED,
  MARK_TRACE_STATE,
  MARK_UNSAMPLED,
} from '../../model/span-table.ts';
import type { SpanMemory, TraceView } from '../../model/trace.ts';
import { NODE_DROPPED } from '../../reconstruct/dag.ts';
import type { TraceDag } from '../../reconstruct/dag.ts';
import type { EdgeFacts } from '../edges/edge-facts.ts';
import type { TraceCalls } from '../edges/trace-calls.ts';
import type { InternTable } from '../../model/intern-table.ts';
import type { TraceInHand } from '../trace-in-hand.ts';
import { ContextFields } from './context-fields.ts';
import { LEAKED, LOST, LOST_ON_RETRY, NO_HOST, NO_SERVICE, QUEUE_PARENT, SAMPLING_DIFFERS } from './causes.ts';
import { PropagationIncrements } from './propagation-increments.ts';
import { ServiceNames } from './service-names.ts';
import { UnansweredCalls } from './unanswered-calls.ts';

/** A request that begins this long after what it hangs on has ended belongs to something else: work after a response begins at once. */
const LEAK_GAP_NS = 1e9;
/** A message that waits this long outlives its producer's trace, which is decided meanwhile (sampling.wait.after_root). */
const LONG_LAG_NS = 5e9;
/** Unanswered calls looked at per trace, and spans searched for the sibling that was answered: bounds the work on one huge trace. */
const MAX_UNANSWERED = 64;
const MAX_SEARCHED = 4096;
const SAMPLING = MARK_SAMPLED | MARK_UNSAMPLED;
/** Problems of one trace that get it as their example. */
const MAX_TOUCHED = 256;

export interface PropagationOptions {
  readonly memory: SpanMemory;
  /** Virtual nodes by the numbers of the finder of edges. */
  readonly peers: InternTable;
  readonly facts: EdgeFacts;
  /** How long a span may come late before its absence counts, ms (sampling.wait.max). */
  readonly lateMs: number;
}

export class PropagationWatch {
  readonly counters = new PropagationIncrements();
  readonly unanswered: UnansweredCalls;
  readonly #facts: EdgeFacts;
  readonly #fields = new ContextFields();
  readonly #names: ServiceNames;
  /** Rows of the counters that the trace at hand has added to. */
  readonly #touched = new Int32Array(MAX_TOUCHED);
  #touchedCount = 0;

  constructor({ memory, peers, facts, lateMs }: PropagationOptions) {
    this.#facts = facts;
    this.unanswered = new UnansweredCalls(this.counters, lateMs);
    this.#names = new ServiceNames(memory.services, (peer) => peers.text(peer));
  }

  /** HOT: looks at one trace, in which the edges were found before. */
  observe({ view, dag, calls, decision }: TraceInHand): void {
    const isKept = decision.keep;
    const { spans, resources } = view.memory;
    const { counters } = this;
    const called = calls.answered;
    this.#touchedCount = 0;
    this.unanswered.begin();
    let silent = 0;
    let runResource = -1;
    let runService = 0;
    let run = 0;
    for (let node = 0; node < view.count; node++) {
      if (dag.state[node] === NODE_DROPPED) continue;
      const row = view.rows[node]!;
      const resource = spans.resource[row]!;
      if (resource !== runResource) {
        if (run > 0) this.#run(view, runResource, run);
        runResource = resource;
        runService = resources.service[resource]!;
        run = 0;
      }
      run++;
      const service = runService;
      const kind = spans.kind[row]!;
      if (kind === KIND_CLIENT && called[node] === 0 && (spans.marks[row]! & (MARK_DB | MARK_MESSAGING)) === 0)
        silent++;
      const parent = dag.parent[node]!;
      if (parent < 0) continue;
      if (parent >= view.count) {
        this.unanswered.answer(view, dag.idHi[parent]!, dag.idLo[parent]!);
        if (kind === KIND_CONSUMER) this.#lateConsumer(view, row, service, isKept);
        continue;
      }
      const parentRow = view.rows[parent]!;
      const parentService = resources.service[spans.resource[parentRow]!]!;
      if (service === parentService) {
        if (kind === KIND_SERVER && dag.startNs[node]! - dag.endNs[parent]! >= LEAK_GAP_NS)
          this.#found(LEAKED, parentService, service);
        continue;
      }
      counters.call(parentService, service);
      const marks = spans.marks[row]!;
      const parentMarks = spans.marks[parentRow]!;
      if (((marks | parentMarks) & MARK_TRACE_STATE) !== 0 || ((marks | parentMarks) & SAMPLING) === SAMPLING)
        this.#compare(view, parentRow, row, parentService, service);
      if (kind === KIND_CONSUMER && spans.kind[parentRow] === KIND_PRODUCER)
        this.#joined(view, dag, node, parent, parentService, service);
    }
    if (run > 0) this.#run(view, runResource, run);
    if (dag.parentless > 1) this.#roots(view, dag);
    // A trace with gaps has lost spans rather than context, and one that was cut short may have its answers yet to come.
    const isWhole = view.trigger === 'complete' || view.trigger === 'after_root' || view.trigger === 'timeout';
    if (silent > 0 && isWhole && dag.missingParents === 0) this.#unanswered(view, dag, calls);
    for (let i = 0; i < this.#touchedCount; i++) this.counters.example(this.#touched[i]!, view, isKept);
    if (isKept) this.unanswered.markKept();
  }

  /** Spans of one resource in a row. */
  #run(view: TraceView, resource: number, spans: number): void {
    const { resources } = view.memory;
    const service = resources.service[resource]!;
    this.counters.countSpans(service, spans);
    if (resources.namesHost[resource] !== 0) return;
    this.#found(NO_HOST, NO_SERVICE, service, spans);
  }

  #found(cause: number, caller: number, callee: number, count = 1): void {
    const row = this.counters.problem(cause, caller, callee, count);
    if (this.#touchedCount < MAX_TOUCHED) this.#touched[this.#touchedCount++] = row;
  }

  /** Sampled flag and threshold are the trace's: what differs between caller and callee was changed on the way. */
  #compare(view: TraceView, parentRow: number, row: number, caller: number, callee: number): void {
    const { marks } = view.memory.spans;
    const flagsDiffer = ((marks[row]! | marks[parentRow]!) & SAMPLING) === SAMPLING;
    if (flagsDiffer || this.#fields.thresholdsDiffer(view.memory, parentRow, row))
      this.#found(SAMPLING_DIFFERS, caller, callee);
  }

  /** A consumer under its producer: wrong where it handles several messages, or one that waited longer than traces do. */
  #joined(view: TraceView, dag: TraceDag, node: number, parent: number, caller: number, callee: number): void {
    const row = view.rows[node]!;
    const { marks } = view.memory.spans;
    const isLong = dag.startNs[node]! - dag.endNs[parent]! >= LONG_LAG_NS;
    const linksOut = (marks[row]! & MARK_LINKS) !== 0 && this.#fields.linksElsewhere(view, row);
    if (isLong || linksOut || ((marks[row]! & MARK_MESSAGING) !== 0 && this.#fields.batchCount(view.memory, row) > 1))
      this.#found(QUEUE_PARENT, caller, callee);
  }

  /** A consumer whose producer's trace was decided before it came. */
  #lateConsumer({ id0, id1, id2, id3, memory }: TraceView, row: number, callee: number, isKept: boolean): void {
    const { parentHi, parentLo } = memory.spans;
    this.#facts.addConsumer({ id0, id1, id2, id3, spanHi: parentHi[row]!, spanLo: parentLo[row]! }, callee, isKept);
  }

  /** Requests far apart in one trace: each root that begins long after the earlier ones have ended. */
  #roots(view: TraceView, dag: TraceDag): void {
    const { spans, resources } = view.memory;
    let first = -1;
    for (let node = 0; node < view.count; node++) {
      if (!this.#isRequest(view, dag, node)) continue;
      if (first < 0 || dag.startNs[node]! < dag.startNs[first]!) first = node;
    }
    if (first < 0) return;
    const caller = resources.service[spans.resource[view.rows[first]!]!]!;
    for (let node = 0; node < view.count; node++) {
      if (node === first || !this.#isRequest(view, dag, node) || dag.startNs[node]! - dag.endNs[first]! < LEAK_GAP_NS)
        continue;
      this.#found(LEAKED, caller, resources.service[spans.resource[view.rows[node]!]!]!);
    }
  }

  #isRequest(view: TraceView, dag: TraceDag, node: number): boolean {
    if (dag.parent[node]! >= 0 || dag.state[node] === NODE_DROPPED) return false;
    const kind = view.memory.spans.kind[view.rows[node]!];
    return kind === KIND_SERVER || kind === KIND_CONSUMER;
  }

  /** Client spans without an answer: a sibling of the same name had one, or they name a service that reports. */
  #unanswered(view: TraceView, dag: TraceDag, calls: TraceCalls): void {
    const { spans, resources } = view.memory;
    let external = 0;
    let looked = 0;
    for (let node = 0; node < view.count && looked < MAX_UNANSWERED; node++) {
      const row = view.rows[node]!;
      if (spans.kind[row] !== KIND_CLIENT || calls.answered[node] !== 0 || dag.state[node] === NODE_DROPPED) continue;
      if ((spans.marks[row]! & (MARK_DB | MARK_MESSAGING)) !== 0 || spans.status[row] === STATUS_ERROR) continue; // a call that failed may never have arrived
      looked++;
      const caller = resources.service[spans.resource[row]!]!;
      const retried = this.#answeredBefore(view, dag, node, calls.answered);
      if (retried >= 0) {
        this.unanswered.add(view, row, LOST_ON_RETRY, caller, retried);
        continue;
      }
      while (external < calls.externalCount && calls.externalNode[external]! < node) external++;
      if (external === calls.externalCount || calls.externalNode[external] !== node) continue;
      const callee = this.#names.serviceOf(calls.externalPeer[external]!);
      if (callee >= 0 && callee !== caller) this.unanswered.add(view, row, LOST, caller, callee);
    }
  }

  /** Service that answered an earlier client span of the same parent and name; -1 when none did. */
  #answeredBefore(view: TraceView, dag: TraceDag, node: number, answered: Uint8Array): number {
    const { spans, resources } = view.memory;
    const row = view.rows[node]!;
    const parent = dag.parent[node]!;
    if (parent < 0) return -1;
    const searched = view.count < MAX_SEARCHED ? view.count : MAX_SEARCHED;
    for (let other = 0; other < searched; other++) {
      if (dag.parent[other] !== parent || answered[other] === 0) continue;
      const otherRow = view.rows[other]!;
      if (
        spans.name[otherRow] !== spans.name[row] ||
        spans.kind[otherRow] !== KIND_CLIENT ||
        dag.startNs[other]! >= dag.startNs[node]!
      )
        continue;
      for (let child = 0; child < searched; child++) {
        if (dag.parent[child] === other) return resources.service[spans.resource[view.rows[child]!]!]!;
      }
    }
    return -1;
  }
}
