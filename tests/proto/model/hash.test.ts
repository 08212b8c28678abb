// The hashes that are for good keep their values; those of tables spread ids that count up.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fnv1a, mix32, traceIdHash, wordsHash } from '#proto/model/hash.ts';

it('FNV-1a has its published values', () => {
  expect(fnv1a(Buffer.from(''), 0, 0) >>> 0).toBe(0x811c9dc5);
  expect(fnv1a(Buffer.from('xfoobarx'), 1, 7) >>> 0).toBe(0xbf9cf968);
});

it('the finalizer of MurmurHash3 has its published values', () => {
  expect([0, 1, 0xffffffff].map((value) => mix32(value) >>> 0)).toEqual([0, 0x514e28b7, 0x81f16f39]);
});

it('words may be signed or not', () => {
  const word = fc.integer();
  fc.assert(
    fc.property(word, word, word, word, word, (a, b, c, d, seed) => {
      expect(traceIdHash(a >>> 0, b >>> 0, c >>> 0, d >>> 0, seed)).toBe(traceIdHash(a, b, c, d, seed));
      expect(wordsHash(a >>> 0, b >>> 0, c >>> 0)).toBe(wordsHash(a, b, c));
    }),
  );
});

it('ids that count up fill the buckets evenly', () => {
  const buckets = new Uint32Array(1024);
  for (let i = 0; i < 102_400; i++) buckets[traceIdHash(0, 0, i >>> 3, i * 16, 7) & 1023]!++;
  const spans = new Uint32Array(1024);
  for (let i = 0; i < 102_400; i++) spans[wordsHash(i >>> 5, i, 0) & 1023]!++;
  for (const counts of [buckets, spans]) {
    expect(Math.max(...counts)).toBeLessThan(200);
    expect(Math.min(...counts)).toBeGreaterThan(30);
  }
});
