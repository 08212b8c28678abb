// What each operation did to a trace: path, own time, drag and slack, on traces small enough to work out by hand, and rules that hold for any.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reconstructor, rawClocks } from '#collector/reconstruct/reconstruct.ts';
import { MAX_OPERATIONS } from '#collector/reconstruct/trace-operations.ts';
import { buildTrace, type PlainSpan } from '../../support/trace-builder.ts';

const SERVER = 2;
const PRODUCER = 4;
const CONSUMER = 5;

/** `service name spans path self drag slack`, in the order in which they are stored. */
function operationsOf(spans: PlainSpan[]): string[] {
  const view = buildTrace(spans);
  const { operations: at } = new Reconstructor(rawClocks).run(view);
  const { services, names } = view.memory;
  return at.order.map((i) =>
    [
      services.text(at.service[i]!),
      names.text(at.name[i]!),
      at.spans[i],
      at.pathNs[i],
      at.selfNs[i],
      at.dragNs[i],
      at.slackNs[i],
    ].join(' '),
  );
}

describe('operations of a trace', () => {
  it('have the drag to the next sibling that ends, and off the path the slack up to the one that outlived them', () => {
    expect(
      operationsOf([
        { id: '1', name: 'root', kind: SERVER, start: 0, end: 100 },
        { id: '2', parent: '1', name: 'slow', start: 10, end: 90 },
        { id: '3', parent: '1', name: 'near', start: 10, end: 70 },
        { id: '4', parent: '1', name: 'quick', start: 10, end: 30 },
        { id: '5', parent: '4', name: 'inner', start: 12, end: 20 },
      ]),
    ).toEqual([
      's slow 1 80 80 20 0',
      's root 1 20 20 100 0',
      's near 1 0 60 0 20',
      's quick 1 0 12 0 60',
      's inner 1 0 8 0 60',
    ]);
  });

  it('add up over spans of one name, one after the other', () => {
    expect(
      operationsOf([
        { id: '1', name: 'root', kind: SERVER, start: 0, end: 100 },
        { id: '2', parent: '1', service: 'db', name: 'get', start: 10, end: 30 },
        { id: '3', parent: '1', service: 'db', name: 'get', start: 40, end: 70 },
      ]),
    ).toEqual(['s root 1 50 50 100 0', 'db get 2 50 50 50 0']);
  });

  it('have no slack to tell where nothing waits: consumers of a queue, and trees beside the primary root', () => {
    expect(
      operationsOf([
        { id: '1', name: 'root', kind: SERVER, start: 0, end: 100 },
        { id: '2', parent: '1', name: 'send', kind: PRODUCER, start: 10, end: 20 },
        { id: '3', parent: '2', name: 'process', kind: CONSUMER, start: 15, end: 400 },
        { id: '4', name: 'other', start: 50, end: 60 },
      ]),
    ).toEqual(['s root 1 90 90 100 0', 's send 1 10 10 10 0', 's other 1 0 10 0 -1', 's process 1 0 0 0 -1']);
  });

  it('are cut to those with most time on the path', () => {
    const many = Array.from({ length: 200 }, (_, i): PlainSpan => ({
      id: (i + 2).toString(16),
      parent: '1',
      name: `n${i}`,
      start: i * 1000,
      end: i * 1000 + i,
    }));
    const told = operationsOf([{ id: '1', name: 'root', kind: SERVER, start: 0, end: 200_000 }, ...many]);
    expect(told).toHaveLength(MAX_OPERATIONS);
    expect(told[1]).toBe('s n199 1 199 199 199 0');
  });

  it('tile the root with their time on the path; drag is within the span and slack is nought where there is drag', () => {
    const tree = fc.array(fc.record({ parent: fc.nat(), start: fc.nat(1000), length: fc.nat(1000), name: fc.nat(3) }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(tree, (children) => {
        const spans: PlainSpan[] = [{ id: '1', name: 'root', kind: SERVER, start: 0, end: 1500 }];
        for (const [i, { parent, start, length, name }] of children.entries()) {
          spans.push({
            id: (i + 2).toString(16),
            parent: ((parent % (i + 1)) + 1).toString(16),
            name: `n${name}`,
            start,
            end: start + length,
          });
        }
        const rebuilt = new Reconstructor(rawClocks).run(buildTrace(spans));
        const { path, operations } = rebuilt;
        const total = operations.order.reduce((sum, at) => sum + operations.pathNs[at]!, 0);
        const bounded = spans.every((span, node) => {
          const drag = path.dragNs[node]!;
          return (
            drag >= 0 &&
            drag <= Number(span.end) - Number(span.start) &&
            (drag === 0 || path.slackNs[node] === 0) &&
            (path.pathNs[node] === 0 || path.slackNs[node] === 0)
          );
        });
        expect({ total, bounded }).toEqual({ total: 1500, bounded: true });
      }),
      { numRuns: 500, seed: 5 },
    );
  });
});
