// What joins several traces counts the same, however the traces are spread over shards that number services and peers each by themselves.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EdgeFacts } from '#collector/derive/edges/edge-facts.ts';
import { EdgeFinder } from '#collector/derive/edges/edge-finder.ts';
import { TraceCalls } from '#collector/derive/edges/trace-calls.ts';
import { GlobalFacts } from '#collector/derive/global/global-facts.ts';
import { NamesToSend } from '#collector/derive/global/shard-numbers.ts';
import { PropagationWatch } from '#collector/derive/propagation/propagation-watch.ts';
import { flushRed } from '#collector/derive/red/red-part.ts';
import { RedTable } from '#collector/derive/red/red-table.ts';
import { RepairCounters } from '#collector/derive/repairs/repair-counters.ts';
import type { TraceView } from '#collector/model/trace.ts';
import { TraceDag } from '#collector/reconstruct/dag.ts';
import { TraceFile } from '#deploy/cli/show/trace-file.ts';
import { traceRequest, type PlainSpan } from '#tests/support/trace-builder.ts';

const RED = { capacity: 200, boundsMs: [1, 10] };
const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

/** A shard, as far as it finds what crosses traces; all that leaves it is cloned. */
class FindingShard {
  readonly file = new TraceFile(2000);
  readonly #red = new RedTable(RED);
  readonly #facts: EdgeFacts;
  readonly #finder: EdgeFinder;
  readonly #watch: PropagationWatch;
  readonly #repairs = new RepairCounters((service) => this.file.memory.services.text(service));
  readonly #names: NamesToSend;
  readonly #to: ReturnType<GlobalFacts['ofShard']>;
  readonly #calls = new TraceCalls();
  readonly #dag = new TraceDag();

  constructor(global: GlobalFacts) {
    const { memory } = this.file;
    this.#to = global.ofShard();
    this.#facts = new EdgeFacts((facts) => {
      this.#sendNames();
      this.#to.addEdgeFacts(structuredClone(facts));
    });
    this.#finder = new EdgeFinder(memory, this.#facts);
    this.#watch = new PropagationWatch({ memory, peers: this.#finder.peers, facts: this.#facts, lateMs: 10 });
    this.#names = new NamesToSend(memory.services, this.#finder.peers);
  }

  decide(request: Buffer, keep: boolean): void {
    const before = new Set(this.file.ids());
    const from = this.file.memory.spans.used;
    this.file.add(request);
    this.#countRed(from);
    for (const id of this.file.ids()) if (!before.has(id)) this.#observe(this.file.view(id)!, keep);
    this.#facts.flush();
  }

  flush(nowMs: number): void {
    this.#watch.unanswered.countExpired(nowMs);
    this.#sendNames();
    this.#to.addPart(
      structuredClone({
        red: flushRed(this.#red, this.file.memory.names, nowMs),
        propagation: this.#watch.counters.flush(),
        repairs: this.#repairs.flush(),
        clocks: undefined,
      }),
    );
  }

  #observe(view: TraceView, keep: boolean): void {
    const dag = this.#dag;
    dag.link(view);
    const decision = { keep, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 1 };
    const hand = { view, dag, calls: this.#calls, decision };
    this.#finder.observe(hand);
    this.#watch.observe(hand);
    this.#repairs.observe(view, dag, keep);
  }

  #countRed(from: number): void {
    const { spans, resources } = this.file.memory;
    for (let row = from; row < spans.used; row++) {
      const one = <Column extends { slice(from: number, to: number): Column }>(column: Column): Column =>
        column.slice(row, row + 1);
      const { resource, name, kind, status, startHi, startLo, endHi, endLo } = spans;
      this.#red.add(
        {
          resource: one(resource),
          name: one(name),
          kind: one(kind),
          status: one(status),
          startHi: one(startHi),
          startLo: one(startLo),
          endHi: one(endHi),
          endLo: one(endLo),
        },
        1,
        resources as Parameters<RedTable['add']>[2],
        1000,
      );
    }
  }

  #sendNames(): void {
    const names = this.#names.flush();
    if (names !== undefined) this.#to.addNames(structuredClone(names));
  }
}

const idOf = (n: number): string => (n + 1).toString(16).padStart(32, '0');

/** A call from one service to another, a message, and links to the messages of other traces. */
function traceOf(n: number, services: readonly string[], linked: readonly number[]): PlainSpan[] {
  const [a, b, c] = services;
  const queue = { 'messaging.system': 'kafka', 'messaging.destination.name': `queue of ${b}` };
  return [
    {
      id: '1',
      service: a!,
      name: `page ${n % 3}`,
      kind: CLIENT,
      start: 0,
      end: 9e6,
      attributes: { 'server.address': c! },
    },
    { id: '2', parent: '1', service: b!, kind: SERVER, start: 1e6, end: 8e6, status: n % 4 === 0 ? 2 : 0 },
    { id: '3', parent: '2', service: b!, kind: PRODUCER, start: 2e6, end: 3e6, attributes: queue },
    {
      id: '4',
      parent: n % 3 === 0 ? 'e' : '2',
      service: c!,
      kind: CONSUMER,
      start: 5e6,
      end: 6e6,
      attributes: queue,
      links: linked.map((of) => ({ trace: idOf(of), span: '3' })),
    },
  ];
}

function countedBy(global: GlobalFacts): unknown {
  const red: string[] = [];
  global.red.table.flush(2000, ({ service, name, kind, status, newCalls, newSumNs, newBuckets }) =>
    red.push(
      [
        global.names.services.text(service),
        global.red.names.text(name),
        kind,
        status,
        newCalls,
        newSumNs,
        ...newBuckets,
      ].join(' '),
    ),
  );
  const byText = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).toSorted();
  return {
    red: red.toSorted(),
    edges: byText(global.graph.flush(2000)),
    waiting: global.graph.waiting.waiting,
    propagation: byText(global.propagation.flush().map(({ example: _example, exampleKept: _kept, ...row }) => row)),
    repairs: [...global.repairs.series()].map(({ service, kind, spans }) => `${service} ${kind} ${spans}`).toSorted(),
  };
}

test('any spread of traces over shards counts as one shard does', () => {
  const service = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const trace = fc.record({
    services: fc.tuple(service, service, service),
    linked: fc.array(fc.nat({ max: 11 }), { maxLength: 3 }),
    shard: fc.nat({ max: 2 }),
    keep: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(trace, { minLength: 1, maxLength: 12 }), (traces) => {
      const [one, many] = [RED, RED].map((red) => new GlobalFacts({ red, senders: 256 }));
      const alone = new FindingShard(one!);
      const shards = [0, 1, 2].map(() => new FindingShard(many!));
      for (const [n, { services, linked, shard, keep }] of traces.entries()) {
        const request = traceRequest(idOf(n), traceOf(n, services, linked));
        alone.decide(request, keep);
        shards[shard]!.decide(request, keep);
      }
      for (const nowMs of [1000, 2000]) for (const shard of [alone, ...shards]) shard.flush(nowMs);
      expect(countedBy(many!)).toEqual(countedBy(one!));
    }),
    { seed: 17, numRuns: 120 },
  );
});
