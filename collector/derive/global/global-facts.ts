// What joins several traces, over all shards: the graph of services, RED, propagation, repairs, clocks. Shards send facts and parts of counts
// (plain data); series and rows are made from what is here.
import type { SpanIds } from '#proto/model/ids.ts';
import { mergeClocks, type ClockPart } from '../../reconstruct/clock/clock-part.ts';
import { HostPairClock } from '../../reconstruct/clock/host-pair-clock.ts';
import { EdgeFactsWalk, type EdgeFactReader, type SpanTimes } from '../edges/edge-facts.ts';
import { QUEUE_PARENT } from '../propagation/causes.ts';
import { addPropagation, type PropagationPart } from '../propagation/propagation-increments.ts';
import type { RedPart } from '../red/red-part.ts';
import type { RedOptions } from '../red/red-table.ts';
import type { RepairRow } from '../repairs/repair-counters.ts';
import { MergedRed } from './merged-red.ts';
import { PropagationCounters } from './propagation-counters.ts';
import { RepairTotals } from './repair-totals.ts';
import { ServiceGraph } from './service-graph.ts';
import { GlobalNames, ShardNumbers, type NewNames } from './shard-numbers.ts';

export interface GlobalFactsOptions {
  readonly red: RedOptions;
  /** Senders of messages remembered, see {@link ServiceGraph}. */
  readonly senders: number;
  /** Most service edges with series of their own. */
  readonly edgeSeriesRows?: number | undefined;
}

/** Counts of one shard since the last time. */
export interface DerivedPart {
  /** Absent where only what decided traces have added is asked for. */
  readonly red: RedPart | undefined;
  readonly propagation: PropagationPart;
  readonly repairs: readonly RepairRow[];
  /** What was learnt about clocks; absent as `red` is. */
  readonly clocks: ClockPart | undefined;
}

export class GlobalFacts {
  readonly names = new GlobalNames();
  readonly red: MergedRed;
  readonly graph: ServiceGraph;
  readonly propagation: PropagationCounters;
  readonly repairs = new RepairTotals();
  /** Rows of the table that are not flushed yet. */
  #repairRows: RepairRow[] = [];
  /** What all shards know of pairs of hosts. */
  readonly clocks = new HostPairClock();

  constructor({ red, senders, edgeSeriesRows }: GlobalFactsOptions) {
    const { boundsMs } = red;
    this.red = new MergedRed(red);
    this.graph = new ServiceGraph({
      boundsMs,
      senders,
      seriesRows: edgeSeriesRows,
      nameOf: (node) => this.names.textOf(node),
    });
    this.propagation = new PropagationCounters((service) => this.names.services.text(service));
  }

  /** Where the facts of one more shard go. */
  ofShard(): FactsOfShard {
    return new FactsOfShard(this);
  }

  addRepairs(rows: readonly RepairRow[]): void {
    for (const row of rows) {
      this.repairs.add(row);
      this.#repairRows.push(row);
    }
  }

  /** Increments since the last call. */
  flushRepairs(): readonly RepairRow[] {
    const rows = this.#repairRows;
    this.#repairRows = [];
    return rows;
  }
}

/** Facts of one shard, with its own numbers of services and virtual nodes. */
export class FactsOfShard implements EdgeFactReader {
  readonly #global: GlobalFacts;
  readonly #numbers: ShardNumbers;
  readonly #walk = new EdgeFactsWalk();
  readonly #serviceOf: (service: number) => number;

  constructor(global: GlobalFacts) {
    this.#global = global;
    this.#numbers = new ShardNumbers(global.names);
    this.#serviceOf = (service) => this.#numbers.service(service);
  }

  addNames(names: NewNames): void {
    this.#numbers.add(names);
  }

  addEdgeFacts(facts: Float64Array): void {
    this.#walk.read(facts, this);
  }

  addPart({ red, propagation, repairs, clocks }: DerivedPart): void {
    const global = this.#global;
    if (red !== undefined) global.red.add(red, this.#serviceOf);
    addPropagation(propagation, this.#serviceOf, global.propagation);
    global.propagation.overflowed += propagation.overflowed;
    global.addRepairs(repairs);
    if (clocks !== undefined) mergeClocks(clocks, global.clocks, global.names.hosts);
  }

  weigh(weight: number): void {
    this.#global.graph.counters.weight = weight;
  }

  addCall(caller: number, callee: number, slot: number, durationNs: number, facts: number, lagNs: number): void {
    const numbers = this.#numbers;
    this.#global.graph.counters.add(numbers.node(caller), numbers.node(callee), slot, durationNs, facts, lagNs);
  }

  addSender(ids: SpanIds, service: number, queue: number, times: SpanTimes): void {
    this.#global.graph.addSender(ids, this.#numbers.service(service), this.#numbers.queue(queue), times);
  }

  addCaller(ids: SpanIds, service: number, kind: number, times: SpanTimes): void {
    this.#global.graph.addCaller(ids, this.#numbers.service(service), kind, times);
  }

  addCallee(ids: SpanIds, service: number, facts: number, times: SpanTimes): void {
    this.#global.graph.addCallee(ids, this.#numbers.service(service), facts, times);
  }

  addArrived(ids: SpanIds, service: number, facts: number, times: SpanTimes): void {
    this.#global.graph.addArrived(ids, this.#numbers.service(service), facts, times);
  }

  /** A consumer whose producer's trace was decided before it came: its trace is an example of it. */
  addConsumer(ids: SpanIds, service: number, isKept: boolean): void {
    const { graph, propagation } = this.#global;
    const sender = graph.senders.find(ids);
    if (sender < 0) return;
    const row = propagation.problem(QUEUE_PARENT, graph.senders.serviceOf(sender), this.#numbers.service(service));
    propagation.exampleOf(row, ids.id0, ids.id1, ids.id2, ids.id3, isKept);
  }
}
