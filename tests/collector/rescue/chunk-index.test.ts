// The index against a plain model: newest first, forgotten oldest first, in a circle that is gone round many times.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TraceIdWords } from '#proto/model/ids.ts';
import { CHUNK_GONE, CHUNK_KEPT, ChunkIndex, NO_ENTRY } from '#collector/rescue/chunk-index.ts';

const CAPACITY = 16;

interface Entry {
  readonly number: number;
  readonly trace: number;
  readonly segment: number;
}

const words = (id0: number, id1: number, id2: number, id3: number): TraceIdWords => ({ id0, id1, id2, id3 });

test('finds what a plain list finds, whatever was added and forgotten', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), trace: fc.integer({ min: 0, max: 9 }), fresh: fc.boolean() }),
    fc.record({ kind: fc.constant('forget' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const index = new ChunkIndex(CAPACITY, 3);
      let alive: Entry[] = [];
      let segment = 0;
      const id = (trace: number): [number, number, number, number] => [-trace, 7, trace << 28, trace];
      for (const one of steps) {
        if (one.kind === 'forget' || index.isFull) {
          const left = Math.floor(alive.length * (one.kind === 'forget' ? one.share : 0.5));
          const kept = alive.slice(alive.length - left);
          index.forgetBefore(kept[0]?.number ?? index.next);
          alive = kept;
        }
        if (one.kind === 'add') {
          const newest = index.find(...id(one.trace));
          const after = one.fresh || newest === NO_ENTRY || index.firstOf(newest) === NO_ENTRY ? NO_ENTRY : newest;
          const number = index.next;
          index.add(words(...id(one.trace)), ++segment, segment * 3, after);
          alive.push({ number, trace: one.trace, segment });
        }
        expect(index.size).toBe(alive.length);
        for (let trace = 0; trace < 10; trace++) {
          const newest = index.find(...id(trace));
          expect(newest === NO_ENTRY ? undefined : index.segment[newest]).toBe(
            alive.findLast((entry) => entry.trace === trace)?.segment,
          );
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('the parts of a trace are found in order, until its first is forgotten', () => {
  const index = new ChunkIndex(CAPACITY, 3);
  let newest = index.add(words(1, 2, 3, 4), 1, 10, NO_ENTRY);
  const first = newest;
  const second = index.next;
  for (let part = 2; part <= 5; part++) {
    index.add(words(9, 9, 9, part), part, 0, NO_ENTRY);
    newest = index.add(words(1, 2, 3, 4), part, 10 * part, newest);
  }
  expect(index.firstOf(newest)).toBe(first);
  expect(index.chunksOf(newest).map((slot) => index.word[slot])).toEqual([10, 20, 30, 40, 50]);
  index.forgetBefore(second);
  expect(index.find(1, 2, 3, 4)).toBe(newest);
  expect(index.firstOf(newest)).toBe(NO_ENTRY);
});

test('a trace has a bounded number of parts', () => {
  const index = new ChunkIndex(8192, 3);
  let newest = index.add(words(1, 2, 3, 4), 1, 0, NO_ENTRY);
  let parts = 1;
  for (let more = newest; more !== NO_ENTRY; parts++) {
    more = index.add(words(1, 2, 3, 4), 1, parts, newest);
    if (more !== NO_ENTRY) newest = more;
  }
  expect(parts).toBeLessThan(5000);
  expect(index.size).toBeLessThan(5000);
});

test('counts the traces that can come back', () => {
  const index = new ChunkIndex(CAPACITY, 3);
  index.traces = 2;
  index.add(words(1, 0, 0, 1), 1, 0, NO_ENTRY);
  const gone = index.add(words(1, 0, 0, 2), 1, 0, NO_ENTRY);
  index.flags[gone]! |= CHUNK_GONE;
  const kept = index.add(words(1, 0, 0, 3), 1, 0, NO_ENTRY);
  index.flags[kept]! |= CHUNK_KEPT;
  index.add(words(1, 0, 0, 4), 1, 0, NO_ENTRY);
  index.forgetBefore(index.next);
  expect({ traces: index.traces, size: index.size }).toEqual({ traces: 0, size: 0 });
});
