// The hash in halves, which every trace goes through, equals the plain one over whole 64 bits.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fnv1a, hashThreshold, hashTraceId, traceHash } from '#collector/decide/otelcol/fnv.ts';

const word = fc.integer({ min: 0, max: 0xffffffff });

test('halves of 32 bits hash a trace id as 64 bits do, whatever the salt', () => {
  fc.assert(
    fc.property(fc.string(), word, word, word, word, (salt, id0, id1, id2, id3) => {
      const salted = fnv1a(Buffer.from(salt));
      const id = Buffer.alloc(16);
      for (const [i, one] of [id0, id1, id2, id3].entries()) id.writeUInt32BE(one, i * 4);
      // Ids are unsigned or signed words, as they come.
      hashTraceId(Number(salted >> 32n), Number(salted & 0xffffffffn), { id0: id0 | 0, id1, id2: id2 | 0, id3 });
      expect((BigInt(traceHash.hi) << 32n) | BigInt(traceHash.lo)).toBe(fnv1a(id, salted));
    }),
    { seed: 20_260_921, numRuns: 2000 },
  );
});

test('FNV-1a of published texts; thresholds at the ends', () => {
  expect(fnv1a(Buffer.from(''))).toBe(0xcbf29ce484222325n);
  expect(fnv1a(Buffer.from('a'))).toBe(0xaf63dc4c8601ec8cn);
  expect(fnv1a(Buffer.from('foobar'))).toBe(0x85944171f73967e8n);
  expect([hashThreshold(100), hashThreshold(0), hashThreshold(-1), hashThreshold(50)]).toEqual([
    2n ** 64n - 1n,
    -1n,
    -1n,
    2n ** 63n - 1n,
  ]);
});

test('the threshold of a percentage is that part of 2^64 - 1, to the precision of its mantissa', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-9, max: 99.999, noNaN: true }), (percentage) => {
      const found = hashThreshold(percentage);
      // 2^-1022 is in no percentage, so the double is mantissa * 2^-scale exactly.
      const scale = 200n;
      const ratio = BigInt(Math.round((percentage / 100) * 2 ** 60)) << (scale - 60n);
      const plain = (ratio * (2n ** 64n - 1n)) >> scale;
      const apart = found > plain ? found - plain : plain - found;
      // 60 bits of the ratio were looked at.
      expect(apart <= 64n).toBe(true);
    }),
    { seed: 801 },
  );
});

test('a greater percentage never has a lesser threshold', () => {
  const percentage = fc.double({ min: 0, max: 100, noNaN: true });
  fc.assert(
    fc.property(percentage, percentage, (a, b) => {
      const [less, more] = a < b ? [a, b] : [b, a];
      expect(hashThreshold(less) <= hashThreshold(more)).toBe(true);
    }),
    { seed: 802 },
  );
});

test('the hash carries on: of two texts one after the other it is that of both together', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 20 }), (a, b) => {
      expect(fnv1a(b, fnv1a(a))).toBe(fnv1a(Buffer.concat([a, b])));
    }),
    { seed: 803 },
  );
});

test.each([Number.NaN, -Infinity, -0, 0, 1e-320])('%d percent keep hardly anything, or nothing', (percentage) => {
  expect(hashThreshold(percentage) <= 0n).toBe(true);
});
