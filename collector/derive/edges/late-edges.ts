// Edges whose two spans are not decided together: the parent came before, or comes after. What is remembered of either is bounded.
import { nanosOf } from '#proto/model/unix-nano.ts';
import { MARK_DB, MARK_MESSAGING } from '../../model/span-table.ts';
import type { TraceView } from '../../model/trace.ts';
import { NODE_DROPPED } from '../../reconstruct/dag.ts';
import type { TraceDag } from '../../reconstruct/dag.ts';
import { CALL_CLIENT_SERVER, CALL_FAILED, callSlot, EDGE_QUEUE, type EdgeCounters } from './edge-counters.ts';
import { KIND_CLIENT, KIND_SERVER, STATUS_ERROR } from '#proto/otlp/enums.ts';
import { edgeKindOf, minuteOfTime } from './edge-kind.ts';
import type { EdgeSpans } from './edge-spans.ts';
import type { MessageEdges } from './message-edges.ts';
import { ProducerMemory } from './producer-memory.ts';
import { WAITS_BY_LINK, WAITS_FAILED, WAITS_MESSAGING, type WaitingCallees } from './waiting-callees.ts';

export class LateEdges {
  /** Client spans that nobody had answered when they were decided, and late spans; the kind stands for the destination. */
  readonly callers: ProducerMemory;
  readonly #counters: EdgeCounters;
  readonly #producers: ProducerMemory;
  readonly #waiting: WaitingCallees;
  readonly #messages: MessageEdges;

  /** @param capacity client spans remembered; 56 B each */
  constructor(
    capacity: number,
    counters: EdgeCounters,
    producers: ProducerMemory,
    waiting: WaitingCallees,
    messages: MessageEdges,
  ) {
    this.callers = new ProducerMemory(capacity);
    this.#counters = counters;
    this.#producers = producers;
    this.#waiting = waiting;
    this.#messages = messages;
  }

  /** HOT for orphans: a span whose parent is not among those decided with it: decided before, yet to come, or never. */
  orphan(spans: EdgeSpans, row: number): void {
    const { rows } = spans;
    const parent = spans.parentIds(row);
    const producer = this.#producers.find(parent);
    if (producer >= 0) {
      this.#messages.fromProducer(spans, row, producer);
      return;
    }
    const caller = this.callers.find(parent);
    if (caller < 0) {
      this.#messages.wait(spans, row, 0, parent);
      return;
    }
    const service = spans.service(row);
    const from = this.callers.serviceOf(caller);
    if (from === service) return;
    const parentKind = this.callers.destinationOf(caller);
    const kind = edgeKindOf(parentKind, rows.kind[row]!, false);
    const lag =
      kind === EDGE_QUEUE ? Math.max(0, this.callers.lagNs(caller, rows.startHi[row]!, rows.startLo[row]!)) : -1;
    const clientServer = parentKind === KIND_CLIENT && rows.kind[row] === KIND_SERVER;
    this.#counters.add(
      from,
      service,
      callSlot(kind, spans.minute(row)),
      spans.durationNs(row),
      (rows.status[row] === STATUS_ERROR ? CALL_FAILED : 0) | (clientServer ? CALL_CLIENT_SERVER : 0),
      lag,
    );
  }

  /** Remembers the client spans of a trace that nobody answered. @param called by node: 1 where a child in another service did */
  rememberCalls(view: TraceView, dag: TraceDag, called: Uint8Array, spans: EdgeSpans): void {
    const { kind, marks } = spans.rows;
    for (let node = 0; node < view.count; node++) {
      const row = view.rows[node]!;
      if (
        kind[row] !== KIND_CLIENT ||
        called[node] !== 0 ||
        (marks[row]! & (MARK_DB | MARK_MESSAGING)) !== 0 ||
        dag.state[node] === NODE_DROPPED
      )
        continue;
      this.remember(spans, row);
    }
  }

  remember(spans: EdgeSpans, row: number): void {
    const { rows } = spans;
    this.callers.add(spans.ids(row), spans.service(row), rows.kind[row]!, rows.endHi[row]!, rows.endLo[row]!);
  }

  /** Children that were decided before this late span. */
  arrived(spans: EdgeSpans, row: number): void {
    const waiting = this.#waiting;
    let entry = waiting.first(spans.ids(row));
    while (entry >= 0) {
      if (!waiting.is(entry, WAITS_BY_LINK)) {
        this.#count(spans, row, entry);
        waiting.settle(entry);
      }
      entry = waiting.following(entry);
    }
  }

  #count(spans: EdgeSpans, row: number, entry: number): void {
    const { rows } = spans;
    const waiting = this.#waiting;
    const service = spans.service(row);
    if (waiting.serviceOf(entry) === service) return;
    const parentKind = rows.kind[row]!;
    const messaging = (rows.marks[row]! & MARK_MESSAGING) !== 0 && waiting.is(entry, WAITS_MESSAGING);
    const kind = edgeKindOf(parentKind, waiting.kindOf(entry), messaging);
    const hi = waiting.startHi(entry);
    const lo = waiting.startLo(entry);
    const lag = kind === EDGE_QUEUE ? Math.max(0, nanosOf(hi - rows.endHi[row]!, lo - rows.endLo[row]!)) : -1;
    const clientServer = parentKind === KIND_CLIENT && waiting.kindOf(entry) === KIND_SERVER;
    this.#counters.add(
      service,
      waiting.serviceOf(entry),
      callSlot(kind, minuteOfTime(hi, lo)),
      waiting.durationNs(entry),
      (waiting.is(entry, WAITS_FAILED) ? CALL_FAILED : 0) | (clientServer ? CALL_CLIENT_SERVER : 0),
      lag,
    );
  }
}
