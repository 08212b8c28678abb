// Joins what shards say about calls between services: spans that are decided at different times, or by different shards, find each other through
// three bounded rings, and every call is counted once, by minute and as cumulative series.
import { nanosOf } from '#proto/model/unix-nano.ts';
import type { SpanIds } from '#proto/model/ids.ts';
import { KIND_CLIENT, KIND_SERVER } from '#proto/otlp/enums.ts';
import { EMPTY_SLOT } from '../../model/intern-table.ts';
import { CALL_CLIENT_SERVER, CALL_FAILED, callSlot, EDGE_QUEUE } from '../edges/call.ts';
import { KIND_BITS, SPAN_BY_LINK, SPAN_FAILED, SPAN_MESSAGING, type SpanTimes } from '../edges/edge-facts.ts';
import { edgeKindOf, minuteOfTime, VIRTUAL } from '../edges/edge-kind.ts';
import { SpanRing } from '../span-ring/span-ring.ts';
import { EdgeCounters, type EdgeRow, type EdgeSeries } from './edge-counters.ts';
import { WaitingCallees } from './waiting-callees.ts';

/** How long a span waits for a caller that is decided after it: longer than any decision takes, as long as most are remembered. */
const CALLER_WAIT_MS = 600_000;

export interface ServiceGraphOptions {
  /** Bounds of the duration histograms, ms ascending (configuration key red.bounds). */
  readonly boundsMs: readonly number[];
  /** Senders remembered for consumers that are decided later, 56 B each; half as many calls without an answer, and spans without their caller. */
  readonly senders: number;
  /** Most edges with series of their own. */
  readonly seriesRows?: number | undefined;
  /** Text of a node: a service, or a virtual node from {@link VIRTUAL} on. */
  readonly nameOf: (node: number) => string;
}

/** Numbers of services and virtual nodes are the same for all shards. */
export class ServiceGraph {
  readonly counters: EdgeCounters;
  /** Spans that send messages. */
  readonly senders: SpanRing;
  /** Client spans that nobody had answered when they were decided, and late spans; the kind is kept as the destination. */
  readonly #callers: SpanRing;
  /** Spans whose caller has not been seen yet. */
  readonly waiting: WaitingCallees;

  constructor({ boundsMs, senders, seriesRows, nameOf }: ServiceGraphOptions) {
    const boundsUs = boundsMs.map((ms) => Math.round(ms * 1000));
    this.counters = new EdgeCounters(boundsUs, nameOf, (node) => node >= VIRTUAL, seriesRows);
    this.senders = new SpanRing(senders);
    this.#callers = new SpanRing(Math.ceil(senders / 2));
    this.waiting = new WaitingCallees(senders / 2, CALLER_WAIT_MS);
  }

  /** Increments since the last call, for the edges table. @param nowMs collector clock */
  flush(nowMs: number): EdgeRow[] {
    this.waiting.expire(nowMs);
    return this.counters.flush(nowMs);
  }

  /** Cumulative counters as of the last flush, for the service graph series. */
  series(): Generator<EdgeSeries> {
    return this.counters.series();
  }

  /** HOT: per span that sends messages: into the ring, and edges to consumers that waited. @param queue {@link EMPTY_SLOT} or virtual node */
  addSender(ids: SpanIds, service: number, queue: number, { endHi, endLo }: SpanTimes): void {
    this.senders.add(ids, service, queue, endHi, endLo);
    const { waiting, counters } = this;
    for (let entry = waiting.first(ids); entry >= 0; entry = waiting.following(entry)) {
      const consumer = waiting.serviceOf(entry);
      const hi = waiting.startHi(entry);
      const lo = waiting.startLo(entry);
      const minute = minuteOfTime(hi, lo);
      const lag = Math.max(0, nanosOf(hi - endHi, lo - endLo));
      if (queue !== EMPTY_SLOT && waiting.is(entry, SPAN_MESSAGING))
        counters.lag(queue, consumer, EDGE_QUEUE, minute, lag);
      if (consumer !== service) {
        const failed = waiting.is(entry, SPAN_FAILED) ? CALL_FAILED : 0;
        counters.add(service, consumer, callSlot(EDGE_QUEUE, minute), waiting.durationNs(entry), failed, lag);
      }
      waiting.resolve(entry);
    }
  }

  /** HOT: per call without an answer. */
  addCaller(ids: SpanIds, service: number, kind: number, { endHi, endLo }: SpanTimes): void {
    this.#callers.add(ids, service, kind, endHi, endLo);
  }

  /** HOT for orphans: a span whose caller was decided before, is yet to come, or never comes. @param ids of the caller */
  addCallee(ids: SpanIds, service: number, facts: number, times: SpanTimes): void {
    const sender = this.senders.find(ids);
    if (sender >= 0) return this.#fromSender(sender, service, facts, times);
    const caller = (facts & SPAN_BY_LINK) === 0 ? this.#callers.find(ids) : -1;
    if (caller < 0) return this.waiting.add(ids, service, facts, times);
    const from = this.#callers.serviceOf(caller);
    if (from === service) return;
    const { startHi, startLo } = times;
    const parentKind = this.#callers.destinationOf(caller);
    const kind = edgeKindOf(parentKind, facts & KIND_BITS, false);
    const lag = kind === EDGE_QUEUE ? Math.max(0, this.#callers.lagNs(caller, startHi, startLo)) : -1;
    const slot = callSlot(kind, minuteOfTime(startHi, startLo));
    this.counters.add(from, service, slot, durationNs(times), callFacts(facts, parentKind), lag);
  }

  /** HOT: per late span: its callees that were seen before it. */
  addArrived(ids: SpanIds, service: number, facts: number, { endHi, endLo }: SpanTimes): void {
    const { waiting } = this;
    if (waiting.waiting === 0) return;
    for (let entry = waiting.first(ids); entry >= 0; entry = waiting.following(entry)) {
      if (waiting.is(entry, SPAN_BY_LINK)) continue;
      this.#countArrived(service, facts, entry, endHi, endLo);
      waiting.resolve(entry);
    }
  }

  #countArrived(service: number, facts: number, entry: number, endHi: number, endLo: number): void {
    const { waiting } = this;
    const callee = waiting.serviceOf(entry);
    if (callee === service) return;
    const parentKind = facts & KIND_BITS;
    const messaging = (facts & SPAN_MESSAGING) !== 0 && waiting.is(entry, SPAN_MESSAGING);
    const kind = edgeKindOf(parentKind, waiting.kindOf(entry), messaging);
    const hi = waiting.startHi(entry);
    const lo = waiting.startLo(entry);
    const lag = kind === EDGE_QUEUE ? Math.max(0, nanosOf(hi - endHi, lo - endLo)) : -1;
    const isClientServer = parentKind === KIND_CLIENT && waiting.kindOf(entry) === KIND_SERVER;
    this.counters.add(
      service,
      callee,
      callSlot(kind, minuteOfTime(hi, lo)),
      waiting.durationNs(entry),
      (waiting.is(entry, SPAN_FAILED) ? CALL_FAILED : 0) | (isClientServer ? CALL_CLIENT_SERVER : 0),
      lag,
    );
  }

  /** From a sender seen earlier to a consumer: edge and lag. */
  #fromSender(sender: number, service: number, facts: number, times: SpanTimes): void {
    const { startHi, startLo } = times;
    const from = this.senders.serviceOf(sender);
    const lag = Math.max(0, this.senders.lagNs(sender, startHi, startLo));
    const queue = this.senders.destinationOf(sender);
    const minute = minuteOfTime(startHi, startLo);
    if (queue !== EMPTY_SLOT && (facts & SPAN_MESSAGING) !== 0)
      this.counters.lag(queue, service, EDGE_QUEUE, minute, lag);
    if (from !== service)
      this.counters.add(
        from,
        service,
        callSlot(EDGE_QUEUE, minute),
        durationNs(times),
        (facts & SPAN_FAILED) !== 0 ? CALL_FAILED : 0,
        lag,
      );
  }
}

function durationNs({ startHi, startLo, endHi, endLo }: SpanTimes): number {
  return nanosOf(endHi - startHi, endLo - startLo);
}

function callFacts(facts: number, parentKind: number): number {
  const isClientServer = parentKind === KIND_CLIENT && (facts & KIND_BITS) === KIND_SERVER;
  return ((facts & SPAN_FAILED) !== 0 ? CALL_FAILED : 0) | (isClientServer ? CALL_CLIENT_SERVER : 0);
}
