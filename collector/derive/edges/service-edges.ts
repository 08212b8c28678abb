// Finds the calls between services in every trace at its decision, kept or not: children in other services, databases, queues, other peers.
// Reference: backends-and-ui.md section 9.
import { EMPTY_SLOT } from '../../model/intern-table.ts';
import { MARK_DB, MARK_LINKS, MARK_MESSAGING, MARK_PEER } from '../../model/span-table.ts';
import type { SpanMemory, TraceView } from '../../model/trace.ts';
import { NODE_DROPPED, NODE_SYNTHETIC } from '../../reconstruct/dag.ts';
import type { TraceDag } from '../../reconstruct/dag.ts';
import { LinkReader } from '../../reconstruct/link-reader.ts';
import { EDGE_DB, EDGE_EXTERNAL, EDGE_INTERNAL, EDGE_QUEUE, EDGE_RPC, EdgeCounters } from './edge-counters.ts';
import type { EdgeRow, EdgeSeries } from './edge-counters.ts';
import { PeerAttributes } from './peer-attributes.ts';
import { ProducerMemory } from './producer-memory.ts';

const KIND_SERVER = 2;
const KIND_CLIENT = 3;
const KIND_PRODUCER = 4;
const KIND_CONSUMER = 5;
const STATUS_ERROR = 2;
/** Node numbers: services by their slot, virtual nodes from here on. */
const VIRTUAL = 1 << 28;
/** Virtual nodes with a name of their own; later ones share one. */
const MAX_VIRTUAL_NODES = 16_384;
const NS_PER_MINUTE = 60e9;
const TWO_32 = 4_294_967_296;
const MARKS = MARK_DB | MARK_PEER | MARK_MESSAGING | MARK_LINKS;

export interface ServiceEdgesOptions {
  readonly memory: SpanMemory;
  /** Bounds of the duration histograms, ms ascending (configuration key red.bounds). */
  readonly boundsMs: readonly number[];
  /** Producer spans remembered for consumers that link to them; 64 B each. */
  readonly producers: number;
}

export class ServiceEdges {
  readonly counters: EdgeCounters;
  readonly producers: ProducerMemory;
  readonly #peers = new PeerAttributes(MAX_VIRTUAL_NODES);
  readonly #links = new LinkReader();
  /** Of the trace observed last: all marks of its spans together. */
  marks = 0;
  /** Of the trace observed last, by node: 1 where a child in another service answered. */
  called = new Uint8Array(256);
  /** Of the trace observed last: client spans that nobody answered and the peer they name ({@link peerName}), [0, externalCount). */
  externalCount = 0;
  externalNode = new Int32Array(64);
  externalPeer = new Int32Array(64);

  constructor(options: ServiceEdgesOptions) {
    this.producers = new ProducerMemory(options.producers);
    const boundsUs = options.boundsMs.map((ms) => Math.round(ms * 1000));
    const services = options.memory.services;
    const nameOf = (node: number): string => (node >= VIRTUAL ? this.#peers.nodes.text(node - VIRTUAL) : services.text(node));
    this.counters = new EdgeCounters(boundsUs, nameOf, (node) => node >= VIRTUAL);
  }

  /** Increments since the last call, for the edges table. @param nowMs collector clock */
  flush(nowMs: number): EdgeRow[] {
    return this.counters.flush(nowMs);
  }

  /** Cumulative counters as of the last flush, for the service graph series. */
  series(): Generator<EdgeSeries> {
    return this.counters.series();
  }

  /** Name of a virtual node. */
  peerName(peer: number): string {
    return this.#peers.nodes.text(peer);
  }

  /** HOT: counts the edges of one trace. @param dag the same trace, linked */
  observe(view: TraceView, dag: TraceDag): void {
    const { spans, resources } = view.memory;
    const count = view.count;
    if (this.called.length < count) this.called = new Uint8Array(count * 2);
    const called = this.called;
    this.externalCount = 0;
    called.fill(0, 0, count);
    let marks = 0;
    let producers = false;
    for (let node = 0; node < count; node++) {
      if (dag.state[node] === NODE_DROPPED) continue;
      const row = view.rows[node]!;
      marks |= spans.marks[row]!;
      const kind = spans.kind[row]!;
      if (kind === KIND_PRODUCER) producers = true;
      const parent = dag.parent[node]!;
      if (parent < 0) continue;
      if (dag.state[parent] === NODE_SYNTHETIC) {
        if (kind === KIND_CONSUMER) this.#remoteParent(view, row);
        continue;
      }
      const parentRow = view.rows[parent]!;
      const service = resources.service[spans.resource[row]!]!;
      const parentService = resources.service[spans.resource[parentRow]!]!;
      if (service === parentService) continue;
      called[parent] = 1;
      const parentKind = spans.kind[parentRow]!;
      const duration = spans.durationNs(row);
      const failed = spans.status[row] === STATUS_ERROR;
      if (parentKind === KIND_PRODUCER || kind === KIND_CONSUMER) {
        const lag = dag.startNs[node]! - dag.endNs[parent]!;
        this.counters.add(parentService, service, EDGE_QUEUE, minuteOf(view, row), duration, failed, false, lag > 0 ? lag : 0);
      } else {
        const clientServer = parentKind === KIND_CLIENT && kind === KIND_SERVER;
        const remote = parentKind === KIND_CLIENT || kind === KIND_SERVER;
        this.counters.add(parentService, service, remote ? EDGE_RPC : EDGE_INTERNAL, minuteOf(view, row), duration, failed, clientServer, -1);
      }
    }
    this.marks = marks;
    if (producers) this.#remember(view, dag);
    if ((marks & MARKS) === 0) return;
    for (let node = 0; node < count; node++) {
      const row = view.rows[node]!;
      if ((spans.marks[row]! & MARKS) === 0 || dag.state[node] === NODE_DROPPED) continue;
      if (spans.kind[row] === KIND_CLIENT && called[node] === 0) this.#virtual(view, node);
      else if (spans.kind[row] === KIND_CONSUMER && (spans.marks[row]! & MARK_MESSAGING) !== 0) this.#consumed(view, dag, node);
      if ((spans.marks[row]! & MARK_LINKS) !== 0) this.#linked(view, row);
    }
  }

  /** Producers of this trace: into the memory, and an edge to their queue. */
  #remember(view: TraceView, dag: TraceDag): void {
    const { spans, resources } = view.memory;
    for (let node = 0; node < view.count; node++) {
      const row = view.rows[node]!;
      if (spans.kind[row] !== KIND_PRODUCER || dag.state[node] === NODE_DROPPED) continue;
      const service = resources.service[spans.resource[row]!]!;
      let queue = EMPTY_SLOT;
      if ((spans.marks[row]! & MARK_MESSAGING) !== 0) {
        this.#peers.read(view.memory, row);
        queue = this.#peers.queue();
        if (queue !== EMPTY_SLOT) this.#count(view, row, service, VIRTUAL + queue, EDGE_QUEUE, -1);
      }
      this.producers.add(view.id0, view.id1, view.id2, view.id3, spans.spanIdHi[row]!, spans.spanIdLo[row]!, service, queue, spans.endHi[row]!, spans.endLo[row]!);
    }
  }

  /** A client span nobody answered: a database, or another peer its attributes name. */
  #virtual(view: TraceView, node: number): void {
    const { spans, resources } = view.memory;
    const row = view.rows[node]!;
    if ((spans.marks[row]! & (MARK_DB | MARK_PEER)) === 0 || (spans.marks[row]! & MARK_MESSAGING) !== 0) return;
    this.#peers.read(view.memory, row);
    const database = this.#peers.database();
    const peer = database === EMPTY_SLOT ? this.#peers.external() : database;
    if (peer === EMPTY_SLOT) return;
    if (database === EMPTY_SLOT) this.#noteExternal(node, peer);
    this.#count(view, row, resources.service[spans.resource[row]!]!, VIRTUAL + peer, database === EMPTY_SLOT ? EDGE_EXTERNAL : EDGE_DB, -1);
  }

  #noteExternal(node: number, peer: number): void {
    const at = this.externalCount++;
    if (at === this.externalNode.length) {
      const nodes = new Int32Array(at * 2);
      nodes.set(this.externalNode);
      this.externalNode = nodes;
      const peers = new Int32Array(at * 2);
      peers.set(this.externalPeer);
      this.externalPeer = peers;
    }
    this.externalNode[at] = node;
    this.externalPeer[at] = peer;
  }

  /** Queue to consumer; a processing span inside its service's receiving span is the same delivery. */
  #consumed(view: TraceView, dag: TraceDag, node: number): void {
    const { spans, resources } = view.memory;
    const row = view.rows[node]!;
    const service = resources.service[spans.resource[row]!]!;
    const parent = dag.parent[node]!;
    let lag = -1;
    if (parent >= 0 && dag.state[parent] !== NODE_SYNTHETIC) {
      const parentRow = view.rows[parent]!;
      if (spans.kind[parentRow] === KIND_CONSUMER && resources.service[spans.resource[parentRow]!] === service) return;
      if (spans.kind[parentRow] === KIND_PRODUCER) lag = Math.max(0, dag.startNs[node]! - dag.endNs[parent]!);
    }
    this.#peers.read(view.memory, row);
    const queue = this.#peers.queue();
    if (queue !== EMPTY_SLOT) this.#count(view, row, VIRTUAL + queue, service, EDGE_QUEUE, lag);
  }

  /** An edge for every link to a producer that is known; the link to the parent is the parent's edge already. */
  #linked(view: TraceView, row: number): void {
    const { spans } = view.memory;
    const links = this.#links;
    links.open(view.memory, row);
    while (links.next()) {
      if (!links.valid) continue;
      const own = links.t3 === view.id3 && links.t2 === view.id2 && links.t1 === view.id1 && links.t0 === view.id0;
      if (own && links.spanHi === spans.parentHi[row] && links.spanLo === spans.parentLo[row]) continue;
      this.#fromProducer(view, row, this.producers.find(links.t0, links.t1, links.t2, links.t3, links.spanHi, links.spanLo));
    }
  }

  /** A consumer whose parent is not among the spans: its producer may have been decided earlier under the same trace id. */
  #remoteParent(view: TraceView, row: number): void {
    const { spans } = view.memory;
    this.#fromProducer(view, row, this.producers.find(view.id0, view.id1, view.id2, view.id3, spans.parentHi[row]!, spans.parentLo[row]!));
  }

  #fromProducer(view: TraceView, row: number, producer: number): void {
    if (producer < 0) return;
    const { spans, resources } = view.memory;
    const service = resources.service[spans.resource[row]!]!;
    const from = this.producers.serviceOf(producer);
    if (from === service) return;
    const lag = this.producers.lagNs(producer, spans.startHi[row]!, spans.startLo[row]!);
    this.#count(view, row, from, service, EDGE_QUEUE, lag > 0 ? lag : 0);
  }

  #count(view: TraceView, row: number, caller: number, callee: number, kind: number, lagNs: number): void {
    const { spans } = view.memory;
    this.counters.add(caller, callee, kind, minuteOf(view, row), spans.durationNs(row), spans.status[row] === STATUS_ERROR, false, lagNs);
  }
}

/** HOT: Unix minute of a span's start. */
function minuteOf(view: TraceView, row: number): number {
  const { spans } = view.memory;
  return Math.floor((spans.startHi[row]! * TWO_32 + spans.startLo[row]!) / NS_PER_MINUTE);
}
