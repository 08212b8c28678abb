// Edges whose two spans are not decided together: the parent came before, or comes after. What is remembered of either is bounded.
import { MARK_DB, MARK_MESSAGING } from '../../model/span-table.ts';
import type { TraceView } from '../../model/trace.ts';
import { NODE_DROPPED } from '../../reconstruct/dag.ts';
import type { TraceDag } from '../../reconstruct/dag.ts';
import { EDGE_QUEUE, type EdgeCounters } from './edge-counters.ts';
import { KIND_CLIENT, KIND_SERVER, STATUS_ERROR, edgeKindOf, minuteOf, minuteOfTime } from './edge-kind.ts';
import type { MessageEdges } from './message-edges.ts';
import { ProducerMemory } from './producer-memory.ts';
import { WAITS_BY_LINK, WAITS_FAILED, WAITS_MESSAGING, type WaitingCallees } from './waiting-callees.ts';

const TWO_32 = 4_294_967_296;

export class LateEdges {
  /** Client spans that nobody had answered when they were decided. */
  readonly callers: ProducerMemory;
  readonly #counters: EdgeCounters;
  readonly #producers: ProducerMemory;
  readonly #waiting: WaitingCallees;
  readonly #messages: MessageEdges;

  /** @param capacity client spans remembered; 56 B each */
  constructor(capacity: number, counters: EdgeCounters, producers: ProducerMemory, waiting: WaitingCallees, messages: MessageEdges) {
    this.callers = new ProducerMemory(capacity);
    this.#counters = counters;
    this.#producers = producers;
    this.#waiting = waiting;
    this.#messages = messages;
  }

  /** HOT for orphans: a span whose parent is not among those decided with it: decided before, yet to come, or never. */
  orphan(view: TraceView, row: number): void {
    const { spans, resources } = view.memory;
    const hi = spans.parentHi[row]!;
    const lo = spans.parentLo[row]!;
    const producer = this.#producers.find(view.id0, view.id1, view.id2, view.id3, hi, lo);
    if (producer >= 0) {
      this.#messages.fromProducer(view, row, producer);
      return;
    }
    const caller = this.callers.find(view.id0, view.id1, view.id2, view.id3, hi, lo);
    if (caller < 0) {
      this.#messages.wait(view, row, 0, view.id0, view.id1, view.id2, view.id3, hi, lo);
      return;
    }
    const service = resources.service[spans.resource[row]!]!;
    const from = this.callers.serviceOf(caller);
    if (from === service) return;
    const kind = edgeKindOf(KIND_CLIENT, spans.kind[row]!, false);
    const lag = kind === EDGE_QUEUE ? Math.max(0, this.callers.lagNs(caller, spans.startHi[row]!, spans.startLo[row]!)) : -1;
    this.#counters.add(from, service, kind, minuteOf(spans, row), spans.durationNs(row), spans.status[row] === STATUS_ERROR, spans.kind[row] === KIND_SERVER, lag);
  }

  /** Remembers the client spans of a trace that nobody answered. @param called by node: 1 where a child in another service did */
  remember(view: TraceView, dag: TraceDag, called: Uint8Array): void {
    const { spans, resources } = view.memory;
    for (let node = 0; node < view.count; node++) {
      const row = view.rows[node]!;
      if (spans.kind[row] !== KIND_CLIENT || called[node] !== 0 || (spans.marks[row]! & (MARK_DB | MARK_MESSAGING)) !== 0 || dag.state[node] === NODE_DROPPED) continue;
      const service = resources.service[spans.resource[row]!]!;
      this.callers.add(view.id0, view.id1, view.id2, view.id3, spans.spanIdHi[row]!, spans.spanIdLo[row]!, service, 0, spans.endHi[row]!, spans.endLo[row]!);
    }
  }

  /** Children that were decided before these late spans. */
  arrived(view: TraceView, dag: TraceDag): void {
    const { spans, resources } = view.memory;
    const waiting = this.#waiting;
    for (let node = 0; node < view.count; node++) {
      if (dag.state[node] === NODE_DROPPED) continue;
      const row = view.rows[node]!;
      const service = resources.service[spans.resource[row]!]!;
      let entry = waiting.first(view.id0, view.id1, view.id2, view.id3, spans.spanIdHi[row]!, spans.spanIdLo[row]!);
      while (entry >= 0) {
        if (!waiting.is(entry, WAITS_BY_LINK)) {
          if (waiting.serviceOf(entry) !== service) this.#count(view, row, service, entry);
          waiting.settle(entry);
        }
        entry = waiting.following(entry);
      }
    }
  }

  #count(view: TraceView, row: number, service: number, entry: number): void {
    const { spans } = view.memory;
    const waiting = this.#waiting;
    const parentKind = spans.kind[row]!;
    const messaging = (spans.marks[row]! & MARK_MESSAGING) !== 0 && waiting.is(entry, WAITS_MESSAGING);
    const kind = edgeKindOf(parentKind, waiting.kindOf(entry), messaging);
    const hi = waiting.startHi(entry);
    const lo = waiting.startLo(entry);
    const lag = kind === EDGE_QUEUE ? Math.max(0, (hi - spans.endHi[row]!) * TWO_32 + (lo - spans.endLo[row]!)) : -1;
    const clientServer = parentKind === KIND_CLIENT && waiting.kindOf(entry) === KIND_SERVER;
    this.#counters.add(service, waiting.serviceOf(entry), kind, minuteOfTime(hi, lo), waiting.durationNs(entry), waiting.is(entry, WAITS_FAILED), clientServer, lag);
  }
}
