// The ring gives back what was put in, byte for byte, from raw, compressed and written segments, and never takes more than it may.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copySpan } from '#collector/assemble/copy-span.ts';
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { createSpanMemory, type OwnedSpanMemory } from '#collector/model/span-memory.ts';
import type { TraceView } from '#collector/model/trace.ts';
import { CHUNK_FINAL, NO_ENTRY } from '#collector/rescue/chunk-index.ts';
import { RescueRing, type RescueRingOptions } from '#collector/rescue/rescue-ring.ts';
import { rescuedRequest } from '#collector/rescue/rescued-request.ts';
import { traceViewOf } from '#collector/simulate/trace-view-of.ts';
import { zstdCodec, type SegmentCodec } from '#collector/rescue/segment-codec.ts';
import { openSegmentDisk, type SegmentDisk } from '#collector/rescue/segment-disk.ts';
import { traceRequest, type PlainSpan } from '#tests/support/trace-builder.ts';

const MIB = 1024 * 1024;
const HIGHEST = 2 ** 28 - 1;
/** Never compresses. */
const rawCodec: SegmentCodec = { pack: () => {}, unpack: (packed) => packed };
/** Compresses, but is done when the test says so. */
function slowCodec(): SegmentCodec & { finish: () => boolean } {
  const waiting: (() => void)[] = [];
  return {
    pack: (bytes, done) =>
      void waiting.push(() => zstdCodec.pack(bytes, () => done(Buffer.from(bytes.subarray(0, bytes.length / 2))))),
    unpack: (packed, max) => zstdCodec.unpack(packed, max),
    finish: () => waiting.shift() !== undefined,
  };
}

function options(more: Partial<RescueRingOptions> = {}): RescueRingOptions {
  return { maxBytes: MIB, diskBytes: 0, codec: rawCodec, disk: undefined, leastHorizonMs: 0, seed: 5, ...more };
}

function id(n: number): string {
  return (n + 1).toString(16).padStart(32, '0');
}

/** Traces with attributes that differ, so that they do not compress to nothing. */
class Traces {
  readonly file: { readonly memory: OwnedSpanMemory };
  readonly #bodies = new Map<string, Buffer>();
  readonly #index: RequestIndex;

  constructor(spans = 60_000) {
    this.file = { memory: createSpanMemory(spans, 1) };
    this.#index = new RequestIndex(this.file.memory);
  }

  make(n: number, spans = 3, padding = 200): TraceView {
    const list: PlainSpan[] = Array.from({ length: spans }, (_, i) => ({
      id: String(i + 1),
      ...(i > 0 && { parent: '1' }),
      service: `s${i % 2}`,
      name: `op ${i % 3}`,
      start: i,
      end: i + 5,
      attributes: { pad: `${n} ${i} `.repeat(1 + padding / 5).slice(0, padding), n: String(n) },
    }));
    return this.take(n, list);
  }

  take(n: number, list: readonly PlainSpan[]): TraceView {
    const body = traceRequest(id(n), list);
    this.#bodies.set(id(n), body);
    const { memory } = this.file;
    const { columns } = this.#index;
    const malformed = this.#index.index(body);
    if (malformed !== undefined) throw new Error(malformed);
    const place = memory.slabs.store(body, this.#index.count);
    const rows = Array.from({ length: this.#index.count }, (_, i) => {
      const row = memory.spans.allocate();
      copySpan(memory.spans, row, columns, i, Math.floor(place / 2 ** 32), place % 2 ** 32);
      memory.resources.retain(columns.resource[i]!, 1);
      memory.scopes.retain(columns.scope[i]!, 1);
      return row;
    });
    return traceViewOf(memory, id(n), Int32Array.from(rows));
  }

  spansOf(n: number): string[] {
    return spanBytes(this.#bodies.get(id(n))!);
  }
}

/** The bytes of the spans of a request with service and scope of each, sorted. */
function spanBytes(body: Buffer): string[] {
  const memory = createSpanMemory(20_000, 1);
  const index = new RequestIndex(memory);
  expect(index.index(body)).toBeUndefined();
  const { columns } = index;
  return Array.from({ length: index.count }, (_, i) => {
    const { resources, scopes } = memory;
    const span = body.subarray(columns.offset[i], columns.offset[i]! + columns.length[i]!).toString('hex');
    return `${span} ${resources.messageOf(columns.resource[i]!).toString('hex')} ${scopes.messageOf(columns.scope[i]!).toString('hex')} ${resources.schemaUrlOf(columns.resource[i]!).toString()}`;
  }).sort();
}

function words(n: number): [number, number, number, number] {
  return [0, 0, 0, n + 1];
}

function spansIn(ring: RescueRing, n: number): string[] | undefined {
  if (ring.find(...words(n)) === NO_ENTRY) return undefined;
  const request = rescuedRequest(ring.chunks(ring.index.find(...words(n))));
  return request === undefined ? undefined : spanBytes(request);
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));

test('a dropped trace comes out with every span, resource and scope as it came in', () => {
  const traces = new Traces();
  const ring = new RescueRing(traces.file.memory, options());
  for (let n = 0; n < 50; n++)
    expect(ring.add(traces.make(n, 1 + (n % 7)), n === 3 ? CHUNK_FINAL : 0, HIGHEST, n)).not.toBe(NO_ENTRY);
  for (let n = 0; n < 50; n++) expect(spansIn(ring, n)).toEqual(traces.spansOf(n));
  expect(ring.index.traces).toBe(50);
  expect(ring.find(...words(99))).toBe(NO_ENTRY);
  expect(ring.index.flags[ring.find(...words(3))]! & CHUNK_FINAL).toBe(CHUNK_FINAL);
});

test('the oldest go when the ring is full, whole, and memory stays within the bound', () => {
  const traces = new Traces(30_000);
  const ring = new RescueRing(traces.file.memory, options());
  const count = 2500;
  for (let n = 0; n < count; n++) {
    ring.add(traces.make(n), 0, HIGHEST, n * 10);
    expect(ring.bytes).toBeLessThanOrEqual(MIB + 16 * 1024);
  }
  const alive = Array.from({ length: count }, (_, n) => ring.find(...words(n)) !== NO_ENTRY);
  const first = alive.indexOf(true);
  expect(first).toBeGreaterThan(100);
  expect(alive.slice(first).every(Boolean)).toBe(true);
  expect(ring.index.traces).toBe(count - first);
  for (let n = first; n < count; n += 37) expect(spansIn(ring, n)).toEqual(traces.spansOf(n));
  expect(ring.horizonMs(count * 10)).toBeGreaterThanOrEqual((count - first) * 10);
  expect(ring.horizonMs(count * 10)).toBeLessThan((count - first + 100) * 10);
});

test('compressed segments hold more, and give back the same', async () => {
  const traces = new Traces(30_000);
  const ring = new RescueRing(traces.file.memory, options({ codec: zstdCodec }));
  const count = 3000;
  for (let n = 0; n < count; n++) {
    ring.add(traces.make(n), 0, HIGHEST, n * 10);
    if (n % 15 === 0) {
      ring.tick(n * 10);
      await turn();
    }
  }
  const alive = Array.from({ length: count }, (_, n) => n).filter((n) => ring.find(...words(n)) !== NO_ENTRY);
  expect(alive.length * 3 * 400).toBeGreaterThan(MIB * 1.5);
  expect(ring.bytes).toBeLessThanOrEqual(MIB + 64 * 1024);
  for (let at = 0; at < alive.length; at += 53) expect(spansIn(ring, alive[at]!)).toEqual(traces.spansOf(alive[at]!));
});

test('memory being compressed is not written to, whatever becomes of its segment', () => {
  const traces = new Traces(30_000);
  const codec = slowCodec();
  const held: { bytes: Buffer; copy: Buffer }[] = [];
  const watching: SegmentCodec = {
    pack(bytes, done) {
      held.push({ bytes, copy: Buffer.from(bytes) });
      codec.pack(bytes, done);
    },
    unpack: codec.unpack,
  };
  const ring = new RescueRing(traces.file.memory, options({ codec: watching }));
  for (let n = 0; n < 3000; n++) ring.add(traces.make(n), 0, HIGHEST, n * 10);
  expect(held.length).toBe(1);
  expect(held[0]!.bytes.equals(held[0]!.copy)).toBe(true);
});

test('segments go to disk when memory is full, come back from there, and old files are removed at the start', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'winnow-ring-'));
  try {
    writeFileSync(path.join(dir, '7.segment'), 'of an earlier process');
    const failures: unknown[] = [];
    const files = openSegmentDisk(dir, (error) => failures.push(error));
    let writing = 0;
    const disk: SegmentDisk = {
      ...files,
      write(segment, bytes, done) {
        writing++;
        files.write(segment, bytes, (ok) => {
          writing--;
          done(ok);
        });
      },
    };
    expect(readdirSync(dir)).toEqual([]);
    const traces = new Traces(40_000);
    const ring = new RescueRing(
      traces.file.memory,
      options({ codec: zstdCodec, disk, maxBytes: MIB / 4, diskBytes: MIB / 4 }),
    );
    const count = 4000;
    for (let n = 0; n < count; n++) {
      ring.add(traces.make(n, 3, 300), 0, HIGHEST, n * 10);
      if (n % 12 === 0) {
        ring.tick(n * 10);
        do await turn();
        while (writing > 0);
      }
    }
    expect(ring.bytes).toBeLessThanOrEqual(MIB / 4 + 64 * 1024);
    expect(ring.diskBytes).toBeGreaterThan(0);
    expect(ring.diskBytes).toBeLessThanOrEqual(MIB / 4);
    expect(readdirSync(dir).length).toBeGreaterThan(0);
    const alive = Array.from({ length: count }, (_, n) => n).filter((n) => ring.find(...words(n)) !== NO_ENTRY);
    for (let at = 0; at < alive.length; at += 97) expect(spansIn(ring, alive[at]!)).toEqual(traces.spansOf(alive[at]!));
    expect(failures).toEqual([]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('a disk that fails loses what was on it, and nothing else', async () => {
  const traces = new Traces(20_000);
  const disk = {
    write: (_segment: number, _bytes: Buffer, done: (ok: boolean) => void) => done(false),
    read: () => undefined,
    remove: () => {},
  };
  const ring = new RescueRing(traces.file.memory, options({ disk, diskBytes: MIB }));
  for (let n = 0; n < 3000; n++) ring.add(traces.make(n), 0, HIGHEST, n);
  expect(ring.diskBytes).toBe(0);
  expect(spansIn(ring, 0)).toBeUndefined();
  expect(spansIn(ring, 2999)).toEqual(traces.spansOf(2999));
});

test('a trace larger than a segment is spread over several; one larger than an eighth of the ring is not taken', () => {
  const traces = new Traces();
  const ring = new RescueRing(traces.file.memory, options());
  ring.add(traces.make(0, 200, 400), 0, HIGHEST, 0);
  expect(spansIn(ring, 0)).toEqual(traces.spansOf(0));
  expect(ring.add(traces.make(1, 700, 400), 0, HIGHEST, 0)).toBe(NO_ENTRY);
  // A single span that no segment holds.
  expect(ring.add(traces.make(2, 1, 40_000), 0, HIGHEST, 0)).toBe(NO_ENTRY);
  expect(ring.oversized).toBe(2);
  expect(
    ring.add(
      traces.take(3, [
        { id: '1', start: 0, end: 1 },
        { id: '2', start: 0, end: 1, attributes: { pad: 'x'.repeat(40_000) } },
      ]),
      0,
      HIGHEST,
      0,
    ),
  ).toBe(NO_ENTRY);
  expect(ring.find(...words(3))).toBe(NO_ENTRY);
  ring.add(traces.make(4), 0, HIGHEST, 0);
  expect(spansIn(ring, 4)).toEqual(traces.spansOf(4));
  expect(spansIn(ring, 0)).toEqual(traces.spansOf(0));
});

test('late spans join their trace until it is forgotten', () => {
  const traces = new Traces();
  const ring = new RescueRing(traces.file.memory, options());
  ring.add(traces.make(0), 0, HIGHEST, 0);
  const index = new RequestIndex(traces.file.memory);
  const late = traceRequest(id(0), [{ id: '77', parent: '1', start: 1, end: 2, service: 'later' }]);
  index.index(late);
  expect(ring.addLate(ring.index.find(...words(0)), index.columns, 0, late, 5)).toBe(true);
  ring.add(traces.make(1), 0, HIGHEST, 6);
  expect(ring.addLate(ring.index.find(...words(0)), index.columns, 0, late, 7)).toBe(true);
  // A run of them is one chunk, until the segment is full.
  const run = 40;
  for (let i = 0; i < run; i++)
    expect(ring.addLate(ring.index.find(...words(0)), index.columns, 0, late, 7)).toBe(true);
  expect(ring.index.chunksOf(ring.index.find(...words(0))).length).toBe(3);
  expect(spansIn(ring, 0)).toEqual(
    [...traces.spansOf(0), ...Array.from({ length: run + 2 }, () => spanBytes(late)).flat()].sort(),
  );
  for (let i = 0; i < 200; i++)
    expect(ring.addLate(ring.index.find(...words(0)), index.columns, 0, late, 7)).toBe(true);
  expect(ring.index.chunksOf(ring.index.find(...words(0))).length).toBeLessThan(8);
  expect(spansIn(ring, 0)?.length).toBe(3 + run + 202);
  let n = 2;
  for (; ring.find(...words(0)) !== NO_ENTRY; n++) ring.add(traces.make(n), 0, HIGHEST, n * 10);
  // Newer parts may still be there, but the trace is not whole any more.
  expect(spansIn(ring, 0)).toBeUndefined();
});

test('under load only traces of high randomness are taken, and those stay for the least horizon', () => {
  const traces = new Traces(2000);
  const views = Array.from({ length: 400 }, (_, n) => traces.make(n));
  const ring = new RescueRing(traces.file.memory, options({ leastHorizonMs: 10_000 }));
  const random = fc.sample(fc.integer({ min: 0, max: HIGHEST }), 400);
  let nowMs = 0;
  let taken = 0;
  for (let n = 0; n < 40_000; n++) {
    nowMs += 1;
    const randomHi = random[(n * 7) % 400]!;
    const leastHi = ring.leastHi;
    if (ring.add(views[n % 400]!, 0, randomHi, nowMs) === NO_ENTRY) continue;
    taken++;
    expect(randomHi).toBeGreaterThanOrEqual(Math.min(leastHi, ring.leastHi));
  }
  expect(ring.leastHi).toBeGreaterThan(0);
  expect(taken).toBeLessThan(20_000);
  // The guess at compression, which this test does without, is three.
  expect(ring.horizonMs(nowMs)).toBeGreaterThan(2500);
});

test('when the load is over everything is taken again, also where no segment fills up', () => {
  const traces = new Traces(2000);
  const views = Array.from({ length: 100 }, (_, n) => traces.make(n));
  const ring = new RescueRing(traces.file.memory, options({ leastHorizonMs: 10_000 }));
  let nowMs = 0;
  for (let n = 0; n < 20_000; n++) ring.add(views[n % 100]!, 0, HIGHEST, (nowMs += 1));
  expect(ring.leastHi).toBeGreaterThan(0);
  for (let tick = 0; tick < 200; tick++) ring.tick((nowMs += 100));
  expect(ring.leastHi).toBe(0);
  expect(ring.add(views[0]!, 0, 0, nowMs)).not.toBe(NO_ENTRY);
  expect(ring.bytes).toBeLessThanOrEqual(MIB + 64 * 1024);
});

test('whatever sizes come, the ring stays within bounds and gives back whole traces or none', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 6000 })), {
        minLength: 1,
        maxLength: 60,
      }),
      (sizes) => {
        const traces = new Traces(3000);
        const ring = new RescueRing(traces.file.memory, options({ maxBytes: 256 * 1024 }));
        sizes.forEach(([spans, padding], n) => {
          ring.add(traces.make(n, spans, padding), 0, HIGHEST, n);
          expect(ring.bytes).toBeLessThanOrEqual(256 * 1024 + 2 * 16 * 1024);
        });
        sizes.forEach((_, n) => {
          const found = spansIn(ring, n);
          expect(found ?? traces.spansOf(n)).toEqual(traces.spansOf(n));
        });
      },
    ),
    { numRuns: 40 },
  );
});
