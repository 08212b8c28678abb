// Finds the calls between services in every trace at its decision, kept or not: children in other services, databases, queues, other peers.
// What has its other side in spans that are decided at another time leaves as a fact, too: derive/global/ joins them.
// An edge is what the Collector's service graph connector counts: a client span and the server span below it, or a peer that sends no spans.
import { EMPTY_SLOT, type InternTable } from '../../model/intern-table.ts';
import { MARK_DB, MARK_LINKS, MARK_MESSAGING, MARK_PEER } from '../../model/span-table.ts';
import type { SpanMemory, TraceView } from '../../model/trace.ts';
import { NODE_DROPPED, NODE_SYNTHETIC } from '../../reconstruct/dag.ts';
import type { TraceDag } from '../../reconstruct/dag.ts';
import { CALL_CLIENT_SERVER, CALL_FAILED, callSlot, EDGE_DB, EDGE_EXTERNAL, EDGE_QUEUE } from './call.ts';
import type { EdgeFacts } from './edge-facts.ts';
import { weightOf } from '#proto/model/threshold.ts';
import { KIND_CLIENT, KIND_CONSUMER, KIND_PRODUCER, KIND_SERVER, STATUS_ERROR } from '#proto/otlp/enums.ts';
import { VIRTUAL, edgeKindOf, minuteOf } from './edge-kind.ts';
import { EdgeSpans, type RequestRows } from './edge-spans.ts';
import { MessageEdges } from './message-edges.ts';
import type { TraceInHand } from '../trace-in-hand.ts';
import { PeerAttributes } from './peer-attributes.ts';
import type { TraceCalls } from './trace-calls.ts';

/** Virtual nodes with a name of their own; later ones share one. */
const MAX_VIRTUAL_NODES = 16_384;
const MARKS = MARK_DB | MARK_PEER | MARK_MESSAGING | MARK_LINKS;

export class EdgeFinder {
  readonly #facts: EdgeFacts;
  readonly #peers = new PeerAttributes(MAX_VIRTUAL_NODES);
  readonly #messages: MessageEdges;
  readonly #spans: EdgeSpans;
  constructor(memory: SpanMemory, facts: EdgeFacts) {
    this.#facts = facts;
    this.#spans = new EdgeSpans(memory);
    this.#messages = new MessageEdges(facts, this.#peers);
  }

  /** Virtual nodes by number, from {@link VIRTUAL} on. */
  get peers(): InternTable {
    return this.#peers.nodes;
  }

  /** HOT: finds the edges of one trace. */
  observe({ view, dag, calls }: TraceInHand): void {
    const { spans, resources } = view.memory;
    const count = view.count;
    // T_min is one minus a power of two: the weight is whole, and so are the counts.
    this.#facts.weigh(weightOf(view.leastHi, 0));
    calls.begin(count);
    const called = calls.answered;
    this.#spans.of(spans, view.id0, view.id1, view.id2, view.id3);
    let marks = 0;
    let sends = false;
    let unanswered = 0;
    for (let node = 0; node < count; node++) {
      if (dag.state[node] === NODE_DROPPED) continue;
      const row = view.rows[node]!;
      const rowMarks = spans.marks[row]!;
      marks |= rowMarks;
      const kind = spans.kind[row]!;
      if (kind === KIND_PRODUCER) sends = true;
      else if (kind === KIND_CLIENT) {
        if ((rowMarks & MARK_MESSAGING) !== 0) sends = true;
        else if ((rowMarks & MARK_DB) === 0) unanswered++;
      }
      const parent = dag.parent[node]!;
      if (parent < 0) continue;
      if (dag.state[parent] === NODE_SYNTHETIC) {
        this.#facts.addCallee(this.#spans, row, this.#spans.parentIds(row), 0);
        continue;
      }
      const parentRow = view.rows[parent]!;
      const service = resources.service[spans.resource[row]!]!;
      const parentService = resources.service[spans.resource[parentRow]!]!;
      if (service === parentService) continue;
      const parentKind = spans.kind[parentRow]!;
      const parentMarks = spans.marks[parentRow]!;
      if (called[parent] === 0) {
        called[parent] = 1;
        if (parentKind === KIND_CLIENT && (parentMarks & (MARK_DB | MARK_MESSAGING)) === 0) unanswered--;
      }
      const edge = edgeKindOf(parentKind, kind, (rowMarks & parentMarks & MARK_MESSAGING) !== 0);
      let lag = -1;
      if (edge === EDGE_QUEUE) {
        lag = dag.startNs[node]! - dag.endNs[parent]!;
        if (lag < 0) lag = 0;
      }
      const clientServer = parentKind === KIND_CLIENT && kind === KIND_SERVER;
      this.#facts.addCall(
        parentService,
        service,
        callSlot(edge, minuteOf(spans, row)),
        spans.durationNs(row),
        (spans.status[row] === STATUS_ERROR ? CALL_FAILED : 0) | (clientServer ? CALL_CLIENT_SERVER : 0),
        lag,
      );
    }
    calls.marks = marks;
    if (unanswered > 0) this.#addCallers(view, dag, called);
    if (sends) this.#messages.remember(view, dag, this.#spans);
    if (view.trigger === 'late') this.#addArrived(view, dag);
    if ((marks & MARKS) === 0) return;
    for (let node = 0; node < count; node++) {
      const row = view.rows[node]!;
      const rowMarks = spans.marks[row]!;
      if ((rowMarks & MARKS) === 0 || dag.state[node] === NODE_DROPPED) continue;
      const kind = spans.kind[row]!;
      if ((rowMarks & MARK_MESSAGING) !== 0) {
        if (kind === KIND_CONSUMER) this.#messages.consumed(view, dag, node, this.#spans);
        else if (kind === KIND_CLIENT) this.#messages.client(view, dag, node, this.#spans);
      } else if (kind === KIND_CLIENT && called[node] === 0) this.#virtual(view, node, calls);
      if ((rowMarks & MARK_LINKS) !== 0) this.#messages.linked(view, dag, node, this.#spans);
    }
  }

  /**
   * Counts the edges of a late span whose trace was dropped. The span comes alone: a call to a peer that sends no spans looks like a call whose
   * answer is still to come, and is not counted. @param body of the request that holds it
   */
  lateDropped(columns: RequestRows, row: number, body: Buffer): void {
    const spans = this.#spans;
    const kind = columns.kind[row]!;
    const marks = columns.marks[row]!;
    spans.of(columns, columns.id0[row]!, columns.id1[row]!, columns.id2[row]!, columns.id3[row]!);
    const facts = this.#facts;
    facts.weigh(1);
    if (columns.parentHi[row] !== 0 || columns.parentLo[row] !== 0)
      facts.addCallee(spans, row, spans.parentIds(row), 0);
    const from = columns.offset[row]!;
    const to = from + columns.length[row]!;
    if (kind === KIND_PRODUCER || (marks & (MARK_MESSAGING | MARK_LINKS)) !== 0)
      this.#messages.lateDropped(spans, row, body, from, to);
    facts.addArrived(spans, row);
    if (kind !== KIND_PRODUCER && (marks & MARK_MESSAGING) === 0) {
      if (kind !== KIND_CLIENT || (marks & MARK_DB) === 0) facts.addCaller(spans, row);
      else {
        this.#peers.readBytes(body, from, to);
        const database = this.#peers.database();
        if (database !== EMPTY_SLOT)
          this.#facts.addCall(
            spans.service(row),
            VIRTUAL + database,
            callSlot(EDGE_DB, spans.minute(row)),
            spans.durationNs(row),
            columns.status[row] === STATUS_ERROR ? CALL_FAILED : 0,
            -1,
          );
      }
    }
  }

  /** Client spans that nobody answered: their callees may come late. */
  #addCallers(view: TraceView, dag: TraceDag, called: Uint8Array): void {
    const { kind, marks } = this.#spans.rows;
    for (let node = 0; node < view.count; node++) {
      const row = view.rows[node]!;
      if (
        kind[row] === KIND_CLIENT &&
        called[node] === 0 &&
        (marks[row]! & (MARK_DB | MARK_MESSAGING)) === 0 &&
        dag.state[node] !== NODE_DROPPED
      )
        this.#facts.addCaller(this.#spans, row);
    }
  }

  #addArrived(view: TraceView, dag: TraceDag): void {
    for (let node = 0; node < view.count; node++)
      if (dag.state[node] !== NODE_DROPPED) this.#facts.addArrived(this.#spans, view.rows[node]!);
  }

  /** A client span nobody answered: a database, or another peer its attributes name. */
  #virtual(view: TraceView, node: number, calls: TraceCalls): void {
    const { spans, resources } = view.memory;
    const row = view.rows[node]!;
    if ((spans.marks[row]! & (MARK_DB | MARK_PEER)) === 0) return;
    this.#peers.read(view.memory, row);
    const database = this.#peers.database();
    const peer = database === EMPTY_SLOT ? this.#peers.external() : database;
    if (peer === EMPTY_SLOT) return;
    if (database === EMPTY_SLOT) calls.addExternal(node, peer);
    const kind = database === EMPTY_SLOT ? EDGE_EXTERNAL : EDGE_DB;
    this.#facts.addCall(
      resources.service[spans.resource[row]!]!,
      VIRTUAL + peer,
      callSlot(kind, minuteOf(spans, row)),
      spans.durationNs(row),
      spans.status[row] === STATUS_ERROR ? CALL_FAILED : 0,
      -1,
    );
  }
}
