// Edges whose two spans are decided at different times: they are those of the whole trace, whichever part comes first.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestRows } from '#collector/derive/edges/edge-spans.ts';
import { ServiceEdges } from '#collector/derive/edges/service-edges.ts';
import { WAITS_BY_LINK, WAITS_FAILED, WaitingCallees } from '#collector/derive/edges/waiting-callees.ts';
import type { SpanTable } from '#collector/model/span-table.ts';
import type { TraceView } from '#collector/model/trace.ts';
import { TraceDag } from '#collector/reconstruct/dag.ts';
import { traceViewOf } from '#collector/simulate/trace-view-of.ts';
import { TraceFile } from '#deploy/cli/show/trace-file.ts';
import { traceRequest, type PlainSpan } from '../../../support/trace-builder.ts';

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

interface Part {
  readonly trace: string;
  readonly spans: PlainSpan[];
  readonly late?: boolean;
  /** Late spans of a dropped trace, which are let go one by one as they come. */
  readonly letGo?: boolean;
}

/** Rows as the index of a request has them, all of one trace. */
function requestRows(rows: SpanTable, traceId: string): RequestRows {
  const word = (at: number): Uint32Array => new Uint32Array(rows.capacity).fill(Number.parseInt(traceId.slice(at, at + 8), 16));
  const { resource, spanIdHi, spanIdLo, parentHi, parentLo, startHi, startLo, endHi, endLo, kind, status, marks, offset, length } = rows;
  return { id0: word(0), id1: word(8), id2: word(16), id3: word(24), resource, spanIdHi, spanIdLo, parentHi, parentLo, startHi, startLo, endHi, endLo, kind, status, marks, offset, length };
}

/** Edges of parts of traces, decided in order, as `caller > callee kind calls errors client-server lag duration`. */
function decided(parts: readonly Part[], producers = 64): { rows: string[]; edges: ServiceEdges } {
  const file = new TraceFile(1000);
  const edges = new ServiceEdges({ memory: file.memory, boundsMs: [1, 10], producers });
  const dag = new TraceDag();
  for (const { trace, spans, late, letGo } of parts) {
    if (spans.length === 0) continue;
    const from = file.memory.spans.used;
    file.add(traceRequest(trace, spans));
    if (letGo === true) {
      const { spans: rows, slabs } = file.memory;
      const columns = requestRows(rows, trace.padStart(32, '0'));
      for (let row = from; row < rows.used; row++) edges.letGo(columns, row, slabs.bytes(rows.slab[row]!));
      continue;
    }
    const view: TraceView = traceViewOf(file.memory, trace.padStart(32, '0'), Int32Array.from(spans, (_, i) => from + i));
    view.trigger = late === true ? 'late' : 'complete';
    dag.link(view);
    edges.observe(view, dag);
  }
  const rows = edges.flush(0).map((row) => `${row.caller} > ${row.callee} ${row.kind} ${row.calls} ${row.errors} ${row.clientServerCalls} ${row.lagCount === 0 ? '-' : row.lagSumNs} ${row.durationSumNs}`);
  return { rows: rows.toSorted(), edges };
}

const call: PlainSpan[] = [
  { id: '1', service: 'web', kind: SERVER, start: 0, end: 100 },
  { id: '2', parent: '1', service: 'web', kind: CLIENT, start: 10, end: 90 },
  { id: '3', parent: '2', service: 'shop', kind: SERVER, status: 2, start: 20, end: 80 },
];

describe('a span that comes after its trace was decided', () => {
  it('is a call of the client span that had no answer until then', () => {
    const { rows, edges } = decided([{ trace: '1', spans: call.slice(0, 2) }, { trace: '1', spans: call.slice(2), late: true }]);
    expect(rows).toEqual(['web > shop rpc 1 1 1 - 60']);
    expect(edges.waiting.waiting).toBe(0);
  });

  it('is the caller of those that were decided without it', () => {
    const { rows, edges } = decided([{ trace: '1', spans: call.slice(2) }, { trace: '1', spans: call.slice(0, 2), late: true }]);
    expect(rows).toEqual(['web > shop rpc 1 1 1 - 60']);
    expect(edges.waiting).toMatchObject({ waiting: 0, unresolved: 0 });
  });

  it('is a call of a database also where its trace was dropped', () => {
    const query: PlainSpan = { id: '7', parent: '1', service: 'web', kind: CLIENT, start: 0, end: 5, attributes: { 'db.system': 'mysql', 'db.name': 'shop' } };
    expect(decided([{ trace: '1', spans: [query], letGo: true }]).rows).toEqual(['web > mysql:shop db 1 0 0 - 5']);
  });

  it('never makes an edge to a span of the same id in another trace', () => {
    expect(decided([{ trace: '1', spans: call.slice(0, 2) }, { trace: '2', spans: call.slice(2), late: true }]).rows).toEqual([]);
  });

  it('counts as one without its caller when that is not known within ten minutes', () => {
    const { edges } = decided([{ trace: '1', spans: call.slice(2) }]);
    edges.flush(0);
    edges.flush(599_000);
    expect(edges.waiting).toMatchObject({ waiting: 1, unresolved: 0 });
    edges.flush(1_200_000);
    expect(edges.waiting).toMatchObject({ waiting: 0, unresolved: 1 });
  });
});

/** A random tree in which each call to another service goes through a span of its own. */
const someTrace = fc.array(fc.record({ parent: fc.nat(), service: fc.nat(4), queue: fc.boolean(), start: fc.nat(1000), ms: fc.nat(500), failed: fc.boolean() }), { minLength: 1, maxLength: 12 }).map((calls) => {
  const spans: PlainSpan[] = [{ id: '1', service: 's0', kind: SERVER, start: 0, end: 2000 }];
  const entries = [0];
  for (const { parent, service, queue, start, ms, failed } of calls) {
    const from = spans[entries[parent % entries.length]!]!;
    const caller = (spans.length + 1).toString(16);
    const callee = (spans.length + 2).toString(16);
    spans.push({ id: caller, parent: from.id, service: from.service ?? '', kind: queue ? PRODUCER : CLIENT, start, end: start + ms });
    spans.push({ id: callee, parent: caller, service: `s${service}`, kind: queue ? CONSUMER : SERVER, status: failed ? 2 : 0, start: start + 1, end: start + ms + 5 });
    entries.push(spans.length - 1);
  }
  return spans;
});

it('however a trace is cut into what is decided and what comes late, its edges are those of the whole', () => {
  fc.assert(
    fc.property(someTrace, fc.array(fc.nat(2), { minLength: 25, maxLength: 25 }), (spans, cut) => {
      const whole = decided([{ trace: '1', spans }]).rows;
      const parts = [0, 1, 2].map((number) => ({ trace: '1', late: number > 0, spans: spans.filter((_, i) => cut[i] === number) }));
      expect(decided(parts).rows).toEqual(whole);
      // Of a dropped trace, spans are let go as they come; those of one part in any order.
      expect(decided(parts.map((part) => ({ ...part, late: false, letGo: part.late }))).rows).toEqual(whole);
      expect(decided(parts.map((part) => ({ ...part, late: false, letGo: part.late, spans: part.spans.toReversed() }))).rows).toEqual(whole);
    }),
    { numRuns: 300, seed: 5 },
  );
});

const queue = { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' };
const sent: PlainSpan = { id: 'a', service: 'web', kind: PRODUCER, start: 0, end: 10, attributes: queue };

describe('a consumer that is decided before its producer', () => {
  const consumer: PlainSpan = { id: 'c', service: 'mail', kind: CONSUMER, start: 50, end: 60, attributes: queue, links: [{ trace: '1', span: 'a' }] };
  const inOrder = ['kafka:orders > mail queue 1 0 0 40 10', 'web > kafka:orders queue 1 0 0 - 10', 'web > mail queue 1 0 0 40 10'];

  it('gives the same edges and lags as after it, by link', () => {
    expect(decided([{ trace: '1', spans: [sent] }, { trace: '2', spans: [consumer] }]).rows).toEqual(inOrder);
    expect(decided([{ trace: '2', spans: [consumer] }, { trace: '1', spans: [sent] }]).rows).toEqual(inOrder);
    expect(decided([{ trace: '2', spans: [consumer], letGo: true }, { trace: '1', spans: [sent], letGo: true }]).rows).toEqual(inOrder);
    expect(decided([{ trace: '1', spans: [sent], letGo: true }, { trace: '2', spans: [consumer], letGo: true }]).rows).toEqual(inOrder);
  });

  it('gives the same edges and lags as after it, by parent', () => {
    const child: PlainSpan = { ...consumer, parent: 'a', links: [] };
    expect(decided([{ trace: '1', spans: [sent, child] }]).rows).toEqual(inOrder);
    expect(decided([{ trace: '1', spans: [sent] }, { trace: '1', spans: [child], late: true }]).rows).toEqual(inOrder);
    expect(decided([{ trace: '1', spans: [child] }, { trace: '1', spans: [sent], late: true }]).rows).toEqual(inOrder);
    expect(decided([{ trace: '1', spans: [child] }, { trace: '1', spans: [sent], letGo: true }]).rows).toEqual(inOrder);
    expect(decided([{ trace: '1', spans: [sent] }, { trace: '1', spans: [child], letGo: true }]).rows).toEqual(inOrder);
  });

  it('is one of many: a batch of a hundred links and a message that three services read', () => {
    const producers = Array.from({ length: 100 }, (_, i) => ({ trace: (i + 1).toString(16), spans: [{ ...sent, id: (i + 500).toString(16), start: i, end: i + 1 }] }));
    const links = producers.map(({ trace, spans }) => ({ trace, span: spans[0]!.id }));
    const readers = ['mail', 'audit', 'report'].map((service, i) => ({ trace: `f${i}`, spans: [{ id: `c${i}`, service, kind: CONSUMER, start: 1000, end: 1010, attributes: queue, links }] }));
    const lags = 100 * 1000 - 5050;
    const expected = [
      ...['audit', 'mail', 'report'].map((service) => `kafka:orders > ${service} queue 1 0 0 ${lags} 10`),
      'web > audit queue 100 0 0 94950 1000', 'web > kafka:orders queue 100 0 0 - 100', 'web > mail queue 100 0 0 94950 1000', 'web > report queue 100 0 0 94950 1000',
    ];
    expect(decided([...producers, ...readers], 1000).rows).toEqual(expected);
    expect(decided([...readers, ...producers], 1000).rows).toEqual(expected);
    expect(decided([...producers.slice(50), ...readers, ...producers.slice(0, 50)], 1000).rows).toEqual(expected);
  });
});

describe('client spans that speak of messages', () => {
  it('send and receive like producers and consumers, in old words and new', () => {
    for (const [send, receive] of [
      [{ 'messaging.operation.type': 'send' }, { 'messaging.operation.type': 'receive' }],
      [{ 'messaging.operation': 'publish' }, { 'messaging.operation': 'receive' }],
      [{ 'messaging.operation.name': 'publish' }, { 'messaging.operation.name': 'poll' }],
    ] as const) {
      const parts = [
        { trace: '1', spans: [{ ...sent, kind: CLIENT, attributes: { ...queue, ...send } }] },
        { trace: '2', spans: [{ id: 'c', service: 'mail', kind: CLIENT, start: 50, end: 60, attributes: { ...queue, ...receive }, links: [{ trace: '1', span: 'a' }] }] },
      ];
      const expected = ['kafka:orders > mail queue 1 0 0 40 10', 'web > kafka:orders queue 1 0 0 - 10', 'web > mail queue 1 0 0 40 10'];
      expect(decided(parts).rows).toEqual(expected);
      expect(decided(parts.toReversed()).rows).toEqual(expected);
      expect(decided(parts.map((part) => ({ ...part, letGo: true }))).rows).toEqual(expected);
    }
  });

  it('are no edge where they settle, and none of their own beside the producer spans they send or the receive they process', () => {
    const op = (type: string): Record<string, string> => ({ ...queue, 'messaging.operation.type': type });
    const parts = [
      { trace: '1', spans: [{ ...sent, attributes: op('create') }, { id: 'b', service: 'web', kind: CLIENT, start: 11, end: 20, attributes: op('send'), links: [{ trace: '1', span: 'a' }] }] },
      {
        trace: '2',
        spans: [
          { id: 'c', service: 'mail', kind: CLIENT, start: 50, end: 90, attributes: op('receive'), links: [{ trace: '1', span: 'a' }] },
          { id: 'd', parent: 'c', service: 'mail', kind: CONSUMER, start: 55, end: 60, attributes: op('process'), links: [{ trace: '1', span: 'a' }] },
          { id: 'e', parent: 'd', service: 'mail', kind: CLIENT, start: 58, end: 59, attributes: op('settle') },
        ],
      },
    ];
    expect(decided(parts).rows).toEqual(['kafka:orders > mail queue 1 0 0 40 40', 'web > kafka:orders queue 1 0 0 - 10', 'web > mail queue 1 0 0 40 40']);
  });

  it('are joined by parent as by link', () => {
    const type = (operation: string): Record<string, string> => ({ ...queue, 'messaging.operation.type': operation });
    expect(
      decided([{ trace: '1', spans: [{ ...sent, kind: CLIENT, attributes: type('send') }, { id: 'c', parent: 'a', service: 'mail', kind: CLIENT, start: 50, end: 60, attributes: type('receive') }] }]).rows,
    ).toEqual(['kafka:orders > mail queue 1 0 0 40 10', 'web > kafka:orders queue 1 0 0 - 10', 'web > mail queue 1 0 0 40 10']);
  });
});

describe('the memory of spans that wait for their caller', () => {
  function found(waiting: WaitingCallees, id: number): number[] {
    const services: number[] = [];
    for (let entry = waiting.first(0, 0, 0, 1, 9, id); entry >= 0; entry = waiting.following(entry)) services.push(waiting.serviceOf(entry));
    return services;
  }

  it('finds all that wait for one span, newest first, until they are settled or newer ones took their room', () => {
    const waiting = new WaitingCallees(64, 1000);
    for (let i = 0; i < 100; i++) waiting.add(0, 0, 0, 1, 9, i % 5, i, WAITS_BY_LINK + WAITS_FAILED + CONSUMER, 0, i, 0, i + 7);
    expect(found(waiting, 3)).toEqual([98, 93, 88, 83, 78, 73, 68, 63, 58, 53, 48, 43, 38]);
    expect(waiting).toMatchObject({ waiting: 64, unresolved: 36 });
    const entry = waiting.first(0, 0, 0, 1, 9, 3);
    expect([waiting.kindOf(entry), waiting.is(entry, WAITS_BY_LINK), waiting.is(entry, WAITS_FAILED), waiting.startLo(entry), waiting.durationNs(entry)]).toEqual([CONSUMER, true, true, 98, 7]);
    waiting.settle(entry);
    expect(found(waiting, 3)[0]).toBe(93);
    expect(waiting).toMatchObject({ waiting: 63, unresolved: 36 });
  });

  it('gives up exactly what was there before the wait', () => {
    const waiting = new WaitingCallees(16, 1000);
    for (let i = 1; i <= 40; i++) {
      waiting.add(0, 0, 0, 1, 9, i, i, SERVER, 0, 0, 0, 0);
      if (i % 10 === 0) waiting.expire(i * 100);
    }
    waiting.expire(4500);
    expect(waiting).toMatchObject({ waiting: 10, unresolved: 30 });
    waiting.expire(5600);
    expect(waiting).toMatchObject({ waiting: 0, unresolved: 40 });
  });

  it('stays quick when a flood waits for one span', () => {
    const waiting = new WaitingCallees(131_072, 1000);
    for (let i = 0; i < 400_000; i++) waiting.add(0, 0, 0, 1, 9, 9, 1, 0, 0, 0, 0, 0);
    let steps = 0;
    for (let entry = waiting.first(0, 0, 0, 1, 9, 9); entry >= 0; entry = waiting.following(entry)) {
      waiting.settle(entry);
      steps++;
    }
    expect(steps).toBeLessThanOrEqual(4096);
    expect(waiting.waiting).toBe(131_072 - steps);
  });
});
