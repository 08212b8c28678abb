// Edges between services, queues, databases and other peers, from attributes and links, old and new conventions.
import { describe, expect, it } from 'vitest';
import { SpanRing } from '#collector/derive/span-ring/span-ring.ts';
import { ServiceEdges } from '#tests/support/joined-facts.ts';
import { TraceDag } from '#collector/reconstruct/dag.ts';
import { TraceFile } from '#deploy/cli/show/trace-file.ts';
import { traceRequest } from '../../../support/trace-builder.ts';
import type { PlainSpan } from '../../../support/trace-builder.ts';

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

/** Edges of whole traces, decided in order, as `caller > callee kind calls errors lag`. */
function edgesOf(...traces: PlainSpan[][]): string[] {
  const file = new TraceFile(1000);
  for (const [i, spans] of traces.entries()) file.add(traceRequest((i + 1).toString(16), spans));
  const edges = new ServiceEdges({ memory: file.memory, boundsMs: [1, 10], producers: 16 });
  const dag = new TraceDag();
  for (const id of file.ids()) {
    const view = file.view(id)!;
    dag.link(view);
    edges.observe(view, dag);
  }
  return edges
    .flush(0)
    .map(
      (row) =>
        `${row.caller} > ${row.callee} ${row.kind} ${row.calls} ${row.errors} ${row.lagCount === 0 ? '-' : row.lagSumNs}`,
    )
    .toSorted();
}

describe('service edges', () => {
  it('are children in another service, whatever the kinds, with their errors', () => {
    expect(
      edgesOf([
        { id: 'a', service: 'web', kind: SERVER, start: 0, end: 100 },
        { id: 'b', parent: 'a', service: 'web', kind: CLIENT, start: 10, end: 90 },
        { id: 'c', parent: 'b', service: 'shop', kind: SERVER, status: 2, start: 20, end: 80 },
        { id: 'd', parent: 'c', service: 'lib', start: 30, end: 40 },
      ]),
    ).toEqual(['shop > lib internal 1 0 -', 'web > shop rpc 1 1 -']);
  });

  it('name databases by system and namespace, old and new, only where no span answered', () => {
    expect(
      edgesOf([
        {
          id: 'a',
          service: 'web',
          kind: CLIENT,
          start: 0,
          end: 1,
          attributes: { 'db.system': 'mysql', 'db.name': 'shop' },
        },
        {
          id: 'b',
          service: 'web',
          kind: CLIENT,
          start: 0,
          end: 1,
          attributes: { 'db.system.name': 'mysql', 'db.namespace': 'shop', 'server.address': '10.0.0.1' },
        },
        { id: 'c', service: 'web', kind: CLIENT, start: 0, end: 1, attributes: { 'db.system': 'mysql' } },
        { id: 'd', parent: 'c', service: 'mysqld', kind: SERVER, start: 0, end: 1 },
      ]),
    ).toEqual(['web > mysql:shop db 2 0 -', 'web > mysqld rpc 1 0 -']);
  });

  it('name other peers by peer service, else by address, and never by a bare IP address', () => {
    expect(
      edgesOf([
        {
          id: 'a',
          service: 'web',
          kind: CLIENT,
          start: 0,
          end: 1,
          attributes: { 'server.address': 'api.example.org', 'peer.service': 'payments' },
        },
        { id: 'b', service: 'web', kind: CLIENT, start: 0, end: 1, attributes: { 'net.peer.name': 'api.example.org' } },
        { id: 'c', service: 'web', kind: CLIENT, start: 0, end: 1, attributes: { 'server.address': '10.1.2.3' } },
        { id: 'd', service: 'web', kind: CLIENT, start: 0, end: 1, attributes: { 'server.address': 'fe80::1' } },
      ]),
    ).toEqual([
      'web > api.example.org external 1 0 -',
      'web > payments external 1 0 -',
      'web > unnamed host external 2 0 -',
    ]);
  });

  const queue = { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' };

  it('lead into a queue and out of it, and from producer to consumer with the lag, when joined by parent', () => {
    expect(
      edgesOf([
        { id: 'a', service: 'web', kind: PRODUCER, start: 0, end: 10, attributes: queue },
        {
          id: 'b',
          parent: 'a',
          service: 'mail',
          kind: CONSUMER,
          start: 50,
          end: 60,
          attributes: { 'messaging.system': 'kafka', 'messaging.destination': 'orders' },
        },
      ]),
    ).toEqual(['kafka:orders > mail queue 1 0 40', 'web > kafka:orders queue 1 0 -', 'web > mail queue 1 0 40']);
  });

  it('join a batch consumer to every producer it links to, also in traces that were decided before', () => {
    const producers = (trace: number): PlainSpan[] => [
      { id: `a${trace}`, service: 'web', kind: PRODUCER, start: trace, end: 10 + trace },
    ];
    const links = [1, 2, 3, 9].map((trace) => ({ trace: String(trace), span: `a${trace}` }));
    expect(
      edgesOf(producers(1), producers(2), producers(3), [
        { id: 'c', service: 'mail', kind: CONSUMER, start: 100, end: 120, links },
      ]),
    ).toEqual(['web > mail queue 3 0 264']);
  });
});

describe('the memory of producers', () => {
  it('forgets the oldest when it is full and finds all the others', () => {
    const memory = new SpanRing(128);
    for (let i = 1; i <= 1000; i++)
      memory.add({ id0: 0, id1: 0, id2: 0, id3: i, spanHi: 7, spanLo: i % 5 }, i, 0, 0, i);
    for (let i = 1; i <= 1000; i++) {
      const entry = memory.find({ id0: 0, id1: 0, id2: 0, id3: i, spanHi: 7, spanLo: i % 5 });
      expect(entry < 0 ? 'forgotten' : memory.serviceOf(entry)).toBe(i <= 872 ? 'forgotten' : i);
    }
    expect(memory.evicted).toBe(872);
  });
});
