// Damaged traces put together: every repair by itself, and 10,000 random traces with random damage.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HostPairClock } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { NODE_DROPPED } from '#collector/reconstruct/dag.ts';
import { Reconstructor, rawClocks } from '#collector/reconstruct/reconstruct.ts';
import { shownTrace } from '#deploy/cli/show/trace-json.ts';
import type { ShownTrace } from '#deploy/cli/show/trace-json.ts';
import { buildTrace } from '../../support/trace-builder.ts';
import type { PlainSpan } from '../../support/trace-builder.ts';

const SERVER = 2;
const CLIENT = 3;

function show(spans: readonly PlainSpan[], baseNs?: bigint): ShownTrace {
  const view = buildTrace(spans, baseNs);
  return shownTrace('1'.padStart(32, '0'), view, new Reconstructor(rawClocks).run(view));
}

function kinds(trace: ShownTrace): string[] {
  return trace.warnings.map((warning) => warning.kind);
}

const id = (text: string): string => text.padStart(16, '0');

describe('repairs', () => {
  it('gives the orphans of one missing parent one synthetic parent with their hull', () => {
    const got = show([
      { id: 'a', parent: 'f', start: 10, end: 20 },
      { id: 'b', parent: 'f', start: 15, end: 40 },
      { id: 'c', parent: 'e', start: 50, end: 60 },
    ]);
    const synthetic = got.spans.filter((span) => span.synthetic === true);
    expect(synthetic.map((span) => [span.span_id, span.duration])).toEqual([
      [id('f'), '30'],
      [id('e'), '10'],
    ]);
    expect(kinds(got)).toEqual(['missing_parent', 'missing_parent', 'missing_parent']);
  });

  it('drops exact copies and counts them, and keeps spans that differ', () => {
    const span = { id: 'a', start: 0, end: 10 };
    const got = show([
      span,
      span,
      { id: 'b', parent: 'a', start: 1, end: 5 },
      { id: 'b', parent: 'a', start: 1, end: 9 },
    ]);
    expect(got.spans.map((s) => [s.span_id, s.duration])).toEqual([
      [id('a'), '10'],
      [id('b'), '4'],
      [id('b'), '8'],
    ]);
    expect(kinds(got)).toEqual(['conflicting_span', 'duplicate_span']);
  });

  it('splits a client and server that share an id and gives each its own children', () => {
    const got = show([
      { id: 'a', service: 'web', kind: SERVER, start: 0, end: 100 },
      { id: 'b', parent: 'a', service: 'web', kind: CLIENT, start: 10, end: 90 },
      { id: 'b', parent: 'a', service: 'shop', kind: SERVER, start: 20, end: 80 },
      { id: 'c', parent: 'b', service: 'shop', start: 30, end: 70 },
      { id: 'd', parent: 'b', service: 'web', start: 12, end: 14 },
    ]);
    const server = got.spans.find((span) => span.service === 'shop' && span.duration === '60')!;
    expect(server.parent_id).toBe(id('b'));
    expect(got.spans.find((span) => span.span_id === id('c'))!.parent_id).toBe(server.span_id);
    expect(got.spans.find((span) => span.span_id === id('d'))!.parent_id).toBe(id('b'));
    expect(kinds(got)).toEqual(['shared_span_id']);
  });

  it('makes a span that is its own parent a root', () => {
    const got = show([
      { id: 'a', start: 0, end: 10 },
      { id: 'b', parent: 'b', start: 1, end: 5 },
    ]);
    expect(got.spans.map((span) => span.parent_id)).toEqual(['', '']);
    expect(kinds(got)).toEqual(['self_parent']);
  });

  it('breaks a cycle at its earliest start', () => {
    const got = show([
      { id: 'a', parent: 'c', start: 5, end: 10 },
      { id: 'b', parent: 'a', start: 1, end: 20 },
      { id: 'c', parent: 'b', start: 3, end: 10 },
      { id: 'd', parent: 'c', start: 4, end: 6 },
    ]);
    expect(got.spans.map((span) => [span.span_id, span.parent_id])).toEqual([
      [id('b'), ''],
      [id('c'), id('b')],
      [id('d'), id('c')],
      [id('a'), id('c')],
    ]);
    expect(got.warnings).toEqual([{ kind: 'cycle', span_id: id('b') }]);
  });

  it('names every root beyond the primary one, which is the earliest server without parent', () => {
    const got = show([
      { id: 'a', start: 0, end: 10 },
      { id: 'b', kind: SERVER, start: 5, end: 9 },
      { id: 'c', kind: SERVER, start: 6, end: 7 },
    ]);
    expect(got.warnings).toEqual([
      { kind: 'several_roots', span_id: id('a') },
      { kind: 'several_roots', span_id: id('c') },
    ]);
  });

  it('marks parent and link ids of wrong length', () => {
    const got = show([
      {
        id: 'a',
        parent: '!0102030405',
        start: 0,
        end: 10,
        links: [
          { trace: '!01', span: '2' },
          { trace: '3', span: '4' },
        ],
      },
    ]);
    expect(kinds(got)).toEqual(['bad_link_id', 'bad_parent_id']);
  });

  it('cuts spans that end before they start to nothing and places spans without times', () => {
    const base = 1_700_000_000_000_000_000n;
    const got = show([
      { id: 'a', start: 0, end: 10 },
      { id: 'b', parent: 'a', start: 5, end: 1 },
      { id: 'c', parent: 'a', start: -base, end: 7 },
      { id: 'd', parent: 'a', start: -base, end: -base },
    ]);
    expect(kinds(got)).toEqual(['end_before_start', 'zero_time', 'zero_time']);
    expect(got.spans.map((span) => span.duration)).toEqual(['10', '0', '0', '0']);
    expect(got.spans[0]!.critical).toEqual([[String(base), String(base + 10n)]]);
  });
});

/** Ten seconds of work; machines may be busy. */
const TIMEOUT_MS = 240_000;

/** A random trace: sound at first, then damaged. */
const damagedTrace = fc
  .record({
    count: fc.integer({ min: 1, max: 14 }),
    random: fc.array(fc.nat(1_000_000), { minLength: 90, maxLength: 90 }),
  })
  .map(({ count, random }) => {
    let next = 0;
    const draw = (below: number): number => random[next++ % random.length]! % below;
    const spans: PlainSpan[] = [];
    for (let i = 0; i < count; i++) {
      const start = draw(1000);
      const host = `h${draw(4)}`;
      const span: PlainSpan = {
        id: (i + 1).toString(16),
        service: host,
        host,
        kind: draw(6),
        start,
        end: start + draw(500) - 20,
      };
      const parent = draw(10);
      if (i > 0 && parent < 8) span.parent = (draw(i) + 1).toString(16);
      else if (parent === 8) span.parent = (draw(count + 3) + 1).toString(16);
      spans.push(span);
      const damage = draw(12);
      if (damage === 0) spans.push({ ...span });
      if (damage === 1) spans.push({ ...span, end: Number(span.end) + 1 + draw(50) });
      if (damage === 2) spans.push({ ...span, kind: SERVER, service: 'other', host: 'other', start: start + 3 });
    }
    return spans;
  });

describe('10,000 random traces with random damage', () => {
  it(
    'keep every distinct span once, tile every root with the critical path, and are the same in any order of arrival',
    { timeout: TIMEOUT_MS },
    () => {
      fc.assert(
        fc.property(damagedTrace, fc.nat(), (spans, turn) => {
          const view = buildTrace(spans);
          const reconstructor = new Reconstructor(rawClocks);
          const rebuilt = reconstructor.run(view);
          const { dag, path } = rebuilt;
          const distinct = new Set(spans.map((span) => JSON.stringify(span))).size;
          const listed = new Set<number>();
          for (let i = 0; i < dag.liveCount; i++) {
            const node = dag.order[i]!;
            if (listed.has(node) || (dag.parent[node]! >= 0 && !listed.has(dag.parent[node]!)))
              throw new Error(`node ${node} is listed twice or before its parent`);
            listed.add(node);
          }
          expect(dag.liveCount).toBe(dag.nodeCount - dag.duplicates);
          expect(view.count - dag.duplicates).toBe(distinct);
          expect(view.rows.slice(0, view.count).filter((_, node) => rebuilt.isDuplicate(node)).length).toBe(
            dag.duplicates,
          );

          let piece = 0;
          for (let i = 0; i < dag.rootCount; i++) {
            const root = dag.roots[i]!;
            let time = rebuilt.endNs[root]!;
            while (time > rebuilt.startNs[root]!) {
              if (path.pieceToNs[piece] !== time)
                throw new Error(`piece ${piece} leaves a gap or an overlap at ${time}`);
              time = path.pieceFromNs[piece++]!;
            }
            expect(time).toBe(rebuilt.startNs[root]);
          }
          expect(piece).toBe(path.pieceCount);

          const shown = shownTrace('1', view, rebuilt);
          expect(JSON.stringify(shownTrace('1', view, reconstructor.run(view)))).toBe(JSON.stringify(shown));
          const turned = [...spans.slice(turn % spans.length), ...spans.slice(0, turn % spans.length)].toReversed();
          const other = show(turned);
          expect(JSON.stringify([other.spans, other.warnings])).toBe(JSON.stringify([shown.spans, shown.warnings]));
        }),
        { seed: 5, numRuns: 10_000, endOnFailure: true },
      );
    },
  );

  it(
    'with clocks corrected: what the walk used starts no child before its parent, and no whole edge breaks',
    { timeout: TIMEOUT_MS },
    () => {
      fc.assert(
        fc.property(damagedTrace, (spans) => {
          const view = buildTrace(spans);
          const reconstructor = new Reconstructor(new HostPairClock());
          reconstructor.observe(view);
          const rebuilt = reconstructor.finish(view);
          const { dag } = rebuilt;
          for (let node = 0; node < dag.count; node++) {
            const parent = dag.parent[node]!;
            if (parent < 0 || parent >= dag.count || dag.state[node] === NODE_DROPPED) continue;
            const wasEarly = dag.startNs[node]! < dag.startNs[parent]!;
            const wasLate = dag.endNs[node]! > dag.endNs[parent]!;
            if (!wasEarly && rebuilt.startNs[node]! < rebuilt.startNs[parent]!)
              throw new Error(`node ${node} was made to start early`);
            if (!wasEarly && !wasLate && rebuilt.endNs[node]! > rebuilt.endNs[parent]!)
              throw new Error(`node ${node} was made to end late`);
          }
          const shown = shownTrace('1', view, rebuilt);
          const turned = buildTrace(spans.toReversed());
          const other = new Reconstructor(new HostPairClock());
          other.observe(turned);
          expect(shownTrace('1', turned, other.finish(turned)).spans).toEqual(shown.spans);
        }),
        { seed: 7, numRuns: 3000, endOnFailure: true },
      );
    },
  );
});
