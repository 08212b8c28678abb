// Edges that messages make: producers to their queue and to their consumers, queues to who takes from them, joined by parent or by link,
// whichever of the two is decided first. Attributes: semantic conventions for messaging, old and new
// (https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/).
import { EMPTY_SLOT } from '../../model/intern-table.ts';
import { MARK_LINKS, MARK_MESSAGING } from '../../model/span-table.ts';
import type { TraceView } from '../../model/trace.ts';
import { NODE_DROPPED, NODE_SYNTHETIC } from '../../reconstruct/dag.ts';
import type { TraceDag } from '../../reconstruct/dag.ts';
import { LinkReader } from '../../reconstruct/link-reader.ts';
import { CALL_FAILED, callSlot, EDGE_QUEUE } from './call.ts';
import { SPAN_BY_LINK, type EdgeFacts } from './edge-facts.ts';
import { KIND_CLIENT, KIND_CONSUMER, KIND_PRODUCER, STATUS_ERROR } from '#proto/otlp/enums.ts';
import { VIRTUAL } from './edge-kind.ts';
import type { EdgeSpans } from './edge-spans.ts';
import { RECEIVES, SENDS, type PeerAttributes } from './peer-attributes.ts';

export class MessageEdges {
  readonly #facts: EdgeFacts;
  readonly #peers: PeerAttributes;
  readonly #links = new LinkReader();
  /** By service: number of the trace in which it had a producer span. */
  #produced = new Int32Array(256);
  #trace = 0;

  constructor(facts: EdgeFacts, peers: PeerAttributes) {
    this.#facts = facts;
    this.#peers = peers;
  }

  /** Senders of this trace, and an edge from each producer span to its queue. */
  remember(view: TraceView, dag: TraceDag, spans: EdgeSpans): void {
    const { kind, marks } = spans.rows;
    this.#trace++;
    for (let node = 0; node < view.count; node++) {
      const row = view.rows[node]!;
      if (kind[row] !== KIND_PRODUCER && (kind[row] !== KIND_CLIENT || (marks[row]! & MARK_MESSAGING) === 0)) continue;
      if (dag.state[node] === NODE_DROPPED) continue;
      if ((marks[row]! & MARK_MESSAGING) !== 0) this.#peers.read(view.memory, row);
      this.#sender(spans, row);
    }
  }

  /** A span that sends, its attributes read where it has any of messaging; a client span may do something else. */
  #sender(spans: EdgeSpans, row: number): void {
    const { rows } = spans;
    const isProducer = rows.kind[row] === KIND_PRODUCER;
    const service = spans.service(row);
    let queue = EMPTY_SLOT;
    if ((rows.marks[row]! & MARK_MESSAGING) !== 0) {
      if (!isProducer && this.#peers.operation() !== SENDS) return;
      queue = this.#peers.queue();
      if (isProducer) {
        this.#stamp(service);
        if (queue !== EMPTY_SLOT) this.#count(spans, row, service, VIRTUAL + queue, -1);
      }
    }
    this.#facts.addSender(spans, row, queue);
  }

  /** A client span that speaks of messages: it sends where no producer span of its service tells of the same, or it receives. */
  client(view: TraceView, dag: TraceDag, node: number, spans: EdgeSpans): void {
    const row = view.rows[node]!;
    this.#peers.read(view.memory, row);
    const operation = this.#peers.operation();
    if (operation === RECEIVES) this.consumed(view, dag, node, spans);
    else if (operation === SENDS && this.#produced[spans.service(row)] !== this.#trace) this.#sent(spans, row);
  }

  /** A late span of a trace that was dropped, by itself. @param bytes of the span: bytes[from, to) */
  lateDropped(spans: EdgeSpans, row: number, bytes: Buffer, from: number, to: number): void {
    const { kind, marks } = spans.rows;
    const speaks = (marks[row]! & MARK_MESSAGING) !== 0;
    if (speaks) this.#peers.readBytes(bytes, from, to);
    const operation = speaks && kind[row] === KIND_CLIENT ? this.#peers.operation() : 0;
    if (kind[row] === KIND_PRODUCER || operation === SENDS) {
      this.#trace++;
      this.#sender(spans, row);
      if (operation === SENDS) this.#sent(spans, row);
      return;
    }
    if (speaks && (kind[row] === KIND_CONSUMER || operation === RECEIVES)) this.#received(spans, row, -1);
    if ((marks[row]! & MARK_LINKS) === 0 || (speaks && kind[row] === KIND_CLIENT && operation !== RECEIVES)) return;
    this.#links.openBytes(bytes, from, to);
    this.#follow(spans, row);
  }

  /** Queue to consumer; a processing span inside its service's receiving span is the same delivery. */
  consumed(view: TraceView, dag: TraceDag, node: number, spans: EdgeSpans): void {
    if (this.#isInsideReceive(view, dag, node)) return;
    const { kind, marks } = spans.rows;
    const row = view.rows[node]!;
    const parent = dag.parent[node]!;
    let lag = -1;
    if (parent >= 0 && dag.state[parent] !== NODE_SYNTHETIC) {
      const parentRow = view.rows[parent]!;
      const sent =
        kind[parentRow] === KIND_PRODUCER ||
        (kind[parentRow] === KIND_CLIENT && (marks[parentRow]! & MARK_MESSAGING) !== 0);
      if (sent) lag = Math.max(0, dag.startNs[node]! - dag.endNs[parent]!);
    }
    this.#peers.read(view.memory, row);
    this.#received(spans, row, lag);
  }

  /** A fact for every link to a producer, seen or not; the link to the parent is the parent's edge already. */
  linked(view: TraceView, dag: TraceDag, node: number, spans: EdgeSpans): void {
    const row = view.rows[node]!;
    const parent = dag.parent[node]!;
    if (this.#sends(view, row)) return;
    // What a service does with each message of a batch it has received links to the same messages again.
    if (
      parent >= 0 &&
      parent < view.count &&
      (spans.rows.marks[view.rows[parent]!]! & MARK_LINKS) !== 0 &&
      this.#isInsideReceive(view, dag, node)
    )
      return;
    this.#links.open(view.memory, row);
    this.#follow(spans, row);
  }

  #follow(spans: EdgeSpans, row: number): void {
    const links = this.#links;
    const { parentHi, parentLo } = spans.rows;
    while (links.next()) {
      if (!links.valid) continue;
      const own =
        links.id3 >>> 0 === spans.id3 >>> 0 &&
        links.id2 >>> 0 === spans.id2 >>> 0 &&
        links.id1 >>> 0 === spans.id1 >>> 0 &&
        links.id0 >>> 0 === spans.id0 >>> 0;
      if (own && links.spanHi >>> 0 === parentHi[row]! >>> 0 && links.spanLo >>> 0 === parentLo[row]! >>> 0) continue;
      this.#facts.addCallee(spans, row, links, SPAN_BY_LINK);
    }
  }

  /** A span that sends, or acknowledges, links to the messages it means without having taken them. */
  #sends(view: TraceView, row: number): boolean {
    const { spans } = view.memory;
    if (spans.kind[row] === KIND_PRODUCER) return true;
    if (spans.kind[row] !== KIND_CLIENT || (spans.marks[row]! & MARK_MESSAGING) === 0) return false;
    this.#peers.read(view.memory, row);
    return this.#peers.operation() !== RECEIVES;
  }

  /** Whether the parent is a span of the same service that receives. */
  #isInsideReceive(view: TraceView, dag: TraceDag, node: number): boolean {
    const { spans, resources } = view.memory;
    const parent = dag.parent[node]!;
    if (parent < 0 || parent >= view.count) return false;
    const row = view.rows[node]!;
    const parentRow = view.rows[parent]!;
    if (resources.service[spans.resource[parentRow]!] !== resources.service[spans.resource[row]!]) return false;
    if (spans.kind[parentRow] === KIND_CONSUMER) return true;
    if (spans.kind[parentRow] !== KIND_CLIENT || (spans.marks[parentRow]! & MARK_MESSAGING) === 0) return false;
    this.#peers.read(view.memory, parentRow);
    return this.#peers.operation() === RECEIVES;
  }

  #stamp(service: number): void {
    if (service >= this.#produced.length) {
      const wider = new Int32Array(service * 2);
      wider.set(this.#produced);
      this.#produced = wider;
    }
    this.#produced[service] = this.#trace;
  }

  /** Into the queue that the attributes read last name, and out of it. */
  #sent(spans: EdgeSpans, row: number): void {
    const queue = this.#peers.queue();
    if (queue !== EMPTY_SLOT) this.#count(spans, row, spans.service(row), VIRTUAL + queue, -1);
  }

  #received(spans: EdgeSpans, row: number, lagNs: number): void {
    const queue = this.#peers.queue();
    if (queue !== EMPTY_SLOT) this.#count(spans, row, VIRTUAL + queue, spans.service(row), lagNs);
  }

  #count(spans: EdgeSpans, row: number, caller: number, callee: number, lagNs: number): void {
    this.#facts.addCall(
      caller,
      callee,
      callSlot(EDGE_QUEUE, spans.minute(row)),
      spans.durationNs(row),
      spans.rows.status[row] === STATUS_ERROR ? CALL_FAILED : 0,
      lagNs,
    );
  }
}
