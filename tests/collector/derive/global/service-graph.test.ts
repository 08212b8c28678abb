// Edges whose two spans are decided at different times: they are those of the whole trace, whichever part comes first.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlainSpan } from '../../../support/trace-builder.ts';
import { decided } from '../edges/decided-edges.ts';

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

const call: PlainSpan[] = [
  { id: '1', service: 'web', kind: SERVER, start: 0, end: 100 },
  { id: '2', parent: '1', service: 'web', kind: CLIENT, start: 10, end: 90 },
  { id: '3', parent: '2', service: 'shop', kind: SERVER, status: 2, start: 20, end: 80 },
];

describe('a span that comes after its trace was decided', () => {
  it('is a call of the client span that had no answer until then', () => {
    const { rows, edges } = decided([
      { trace: '1', spans: call.slice(0, 2) },
      { trace: '1', spans: call.slice(2), late: true },
    ]);
    expect(rows).toEqual(['web > shop rpc 1 1 1 - 60']);
    expect(edges.waiting.waiting).toBe(0);
  });

  it('is the caller of those that were decided without it', () => {
    const { rows, edges } = decided([
      { trace: '1', spans: call.slice(2) },
      { trace: '1', spans: call.slice(0, 2), late: true },
    ]);
    expect(rows).toEqual(['web > shop rpc 1 1 1 - 60']);
    expect(edges.waiting).toMatchObject({ waiting: 0, unresolved: 0 });
  });

  it('is a call of a database also where its trace was dropped', () => {
    const query: PlainSpan = {
      id: '7',
      parent: '1',
      service: 'web',
      kind: CLIENT,
      start: 0,
      end: 5,
      attributes: { 'db.system': 'mysql', 'db.name': 'shop' },
    };
    expect(decided([{ trace: '1', spans: [query], dropped: true }]).rows).toEqual(['web > mysql:shop db 1 0 0 - 5']);
  });

  it('never makes an edge to a span of the same id in another trace', () => {
    expect(
      decided([
        { trace: '1', spans: call.slice(0, 2) },
        { trace: '2', spans: call.slice(2), late: true },
      ]).rows,
    ).toEqual([]);
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
const someTrace = fc
  .array(
    fc.record({
      parent: fc.nat(),
      service: fc.nat(4),
      queue: fc.boolean(),
      start: fc.nat(1000),
      ms: fc.nat(500),
      failed: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((calls) => {
    const spans: PlainSpan[] = [{ id: '1', service: 's0', kind: SERVER, start: 0, end: 2000 }];
    const entries = [0];
    for (const { parent, service, queue, start, ms, failed } of calls) {
      const from = spans[entries[parent % entries.length]!]!;
      const caller = (spans.length + 1).toString(16);
      const callee = (spans.length + 2).toString(16);
      spans.push({
        id: caller,
        parent: from.id,
        service: from.service ?? '',
        kind: queue ? PRODUCER : CLIENT,
        start,
        end: start + ms,
      });
      spans.push({
        id: callee,
        parent: caller,
        service: `s${service}`,
        kind: queue ? CONSUMER : SERVER,
        status: failed ? 2 : 0,
        start: start + 1,
        end: start + ms + 5,
      });
      entries.push(spans.length - 1);
    }
    return spans;
  });

it('however a trace is cut into what is decided and what comes late, its edges are those of the whole', () => {
  fc.assert(
    fc.property(someTrace, fc.array(fc.nat(2), { minLength: 25, maxLength: 25 }), (spans, cut) => {
      const whole = decided([{ trace: '1', spans }]).rows;
      const parts = [0, 1, 2].map((number) => ({
        trace: '1',
        late: number > 0,
        spans: spans.filter((_, i) => cut[i] === number),
      }));
      expect(decided(parts).rows).toEqual(whole);
      // Of a dropped trace, spans are let go as they come; those of one part in any order.
      expect(decided(parts.map((part) => ({ ...part, late: false, dropped: part.late }))).rows).toEqual(whole);
      expect(
        decided(parts.map((part) => ({ ...part, late: false, dropped: part.late, spans: part.spans.toReversed() })))
          .rows,
      ).toEqual(whole);
    }),
    { numRuns: 300, seed: 5 },
  );
});
