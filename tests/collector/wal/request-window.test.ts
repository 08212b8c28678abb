// Digests name requests, the window knows those of the last minute, and what it may not forget is told before a part of the log goes.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DigestHolders } from '#collector/wal/digest-holders.ts';
import { GMAC_FROM_BYTES, RequestDigests, saltOf } from '#collector/wal/request-digest.ts';
import { DIGEST_BYTES, RequestWindow, WINDOW_MS } from '#collector/wal/request-window.ts';
import type { Signal } from '#proto/otlp/signal.ts';

function digestOf(digests: RequestDigests, signal: Signal, body: Buffer): string {
  const out = new Uint32Array(3);
  digests.digestOf(signal, body, out);
  return out.join(' ');
}

const numbers = new RequestDigests('numbers');

/** A digest like no other. */
function numbered(n: number): Uint32Array {
  const out = new Uint32Array(3);
  numbers.digestOf('traces', Buffer.from(String(n)), out);
  return out;
}

describe('a digest', () => {
  const ours = new RequestDigests('ours');
  const sizes = [0, 1, 168, GMAC_FROM_BYTES - 1, GMAC_FROM_BYTES, GMAC_FROM_BYTES + 1, 100_000];

  test.each(sizes)(
    'of %i bytes is the same each time, also of bytes elsewhere in memory, and another for each bit, length, signal and directory',
    (bytes) => {
      const body = Buffer.alloc(bytes, 'some request');
      const digest = digestOf(ours, 'logs', body);
      expect(digestOf(new RequestDigests('ours'), 'logs', Buffer.concat([Buffer.from('x'), body]).subarray(1))).toBe(
        digest,
      );
      const others = [
        digestOf(ours, 'traces', body),
        digestOf(ours, 'metrics', body),
        digestOf(new RequestDigests('theirs'), 'logs', body),
        digestOf(ours, 'logs', Buffer.concat([body, Buffer.alloc(1)])),
      ];
      for (const at of new Set([0, bytes >> 1, bytes - 1])) {
        if (at < 0 || at >= bytes) continue;
        const other = Buffer.from(body);
        other[at]! ^= 1;
        others.push(digestOf(ours, 'logs', other));
      }
      expect(new Set([digest, ...others]).size).toBe(others.length + 1);
    },
  );

  test('of a small body does not depend on what was hashed before it', () => {
    const fresh = digestOf(new RequestDigests('ours'), 'logs', Buffer.from('short'));
    digestOf(ours, 'logs', Buffer.alloc(1000, 1));
    expect(digestOf(ours, 'logs', Buffer.from('short'))).toBe(fresh);
  });

  test('and the salt of records tell nothing of each other: both come from the id of the directory, each in its way', () => {
    expect(saltOf('ours')).toBe(saltOf('ours'));
    expect(new Set([saltOf('ours'), saltOf('theirs'), saltOf('')]).size).toBe(3);
  });
});

describe('the window', () => {
  test('knows what came within a minute while it is not full, and nothing that never came', () => {
    const step = fc.record({
      waitMs: fc.constantFrom(0, 1, 500, 5000, 30_000, WINDOW_MS - 1, WINDOW_MS, WINDOW_MS + 1000, WINDOW_MS * 10),
      many: fc.integer({ min: 0, max: 40 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let nowMs = 5e6;
        const window = new RequestWindow(nowMs);
        const cameMs: number[] = [];
        for (const { waitMs, many } of steps) {
          nowMs += waitMs;
          for (const [n, atMs] of cameMs.entries()) {
            const found = window.find(numbered(n), nowMs);
            expect(nowMs - atMs <= WINDOW_MS ? [n] : [n, -1]).toContain(found);
          }
          expect(window.find(numbered(cameMs.length + 1), nowMs)).toBe(-1);
          for (let i = 0; i < many; i++) {
            expect(window.find(numbered(cameMs.length), nowMs)).toBe(-1);
            expect(window.add(numbered(cameMs.length), nowMs)).toBe(cameMs.length);
            cameMs.push(nowMs);
          }
        }
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  test('forgets after twice its length at most, and says how far back it knows', () => {
    const window = new RequestWindow(0);
    window.add(numbered(0), 0);
    expect(window.reachMs(WINDOW_MS - 1)).toBe(WINDOW_MS - 1);
    for (let nowMs = 0; nowMs <= WINDOW_MS * 2 + 10_000; nowMs += 10_000) window.find(numbered(1), nowMs);
    expect(window.find(numbered(0), WINDOW_MS * 2 + 10_000)).toBe(-1);
    expect([window.size, window.reachMs(WINDOW_MS * 2 + 10_000)]).toEqual([0, WINDOW_MS + 10_000]);
  });

  test('never holds more than twice its bound: the last ones are known, and the reach says that it is short', () => {
    const window = new RequestWindow(0, 1000);
    for (let n = 0; n < 10_000; n++) {
      window.find(numbered(n), n);
      window.add(numbered(n), n);
    }
    expect(window.size).toBeLessThanOrEqual(2000);
    expect(window.reachMs(10_000)).toBeLessThanOrEqual(2001);
    for (let n = 9000; n < 10_000; n++) expect(window.find(numbered(n), 10_000)).toBe(n);
    expect(window.find(numbered(7999), 10_000)).toBe(-1);
  });

  test('tells the digests of a range with their ages, without those that are older than it', () => {
    const window = new RequestWindow(1_000_000);
    const seconds = WINDOW_MS / 60_000; // from one to the next
    for (let n = 0; n < 100; n++) window.add(numbered(n), 1_000_000 + n * seconds * 1000);
    const bytes = window.digestsOf(10, 90, 1_000_000 + 99 * seconds * 1000);
    const told = Array.from({ length: bytes.length / DIGEST_BYTES }, (_, i) => ({
      digest: [0, 4, 8].map((at) => bytes.readUInt32LE(i * DIGEST_BYTES + at)),
      age: bytes.readUInt32LE(i * DIGEST_BYTES + 12),
    }));
    expect(told).toEqual(
      Array.from({ length: 51 }, (_, i) => ({ digest: [...numbered(39 + i)], age: (60 - i) * seconds })),
    );
  });

  test('holds a million requests, and finds each', () => {
    const window = new RequestWindow(0);
    const digest = new Uint32Array(3);
    // Multiplication by odd numbers: a different first word, and so a different digest, for each.
    const set = (n: number): Uint32Array => {
      digest[0] = Math.imul(n, 0x9e3779b1);
      digest[1] = Math.imul(n, 0x85ebca6b);
      digest[2] = n;
      return digest;
    };
    for (let n = 0; n < 1_000_000; n++) window.add(set(n), 0);
    for (let n = 0; n < 1_000_000; n += 97) expect(window.find(set(n), 0)).toBe(n);
    for (let n = 1_000_000; n < 1_010_000; n++) expect(window.find(set(n), 0)).toBe(-1);
  });
});

test('of all requests that a part of the log holds, each is told once before it goes', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ many: fc.integer({ min: 1, max: 3000 }), goes: fc.double({ min: 0, max: 1, noNaN: true }) }),
        { maxLength: 20 },
      ),
      fc.nat(),
      (steps, forgotten) => {
        const holders = new DigestHolders();
        /** Position by request: where the log holds it. */
        const heldAt: number[] = [];
        let position = 0;
        let begin = 0;
        const first = (): number => Math.max(0, heldAt.length - 5000 - (forgotten % 100));
        for (const { many, goes } of steps) {
          for (let i = 0; i < many; i++) {
            holders.note(heldAt.length, position, first());
            heldAt.push(position);
            position += 10;
          }
          begin += Math.floor((position - begin) * goes);
          for (const piece of holders.removeBefore(begin, first())) {
            holders.noteAll(piece, position, first());
            for (let n = piece.from; n < piece.to; n++) heldAt[n] = position;
            position += 10;
          }
          expect(heldAt.slice(first()).filter((at) => at < begin)).toEqual([]);
        }
      },
    ),
    { numRuns: 100, seed: 5 },
  );
});
