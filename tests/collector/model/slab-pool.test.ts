import { describe, expect, it } from 'vitest';
import { SLAB_BYTES, SlabPool, SMALL_SLAB_BYTES } from '#collector/model/slab-pool.ts';

const slabOf = (place: number): number => Math.floor(place / 2 ** 32);

describe('the slab pool', () => {
  it('keeps bodies where it put them while others come and go', () => {
    const pool = new SlabPool();
    const body = Buffer.alloc(SLAB_BYTES / 2 + 1, 1);
    const first = pool.store(body, 1, body.length);
    const second = pool.store(Buffer.alloc(SLAB_BYTES / 2 + 1, 2), 1, body.length);
    expect(slabOf(second)).not.toBe(slabOf(first));
    pool.release(slabOf(second), body.length);
    pool.store(Buffer.alloc(100, 3), 1, 100);
    expect(
      pool
        .bytes(slabOf(first))
        .subarray(first % 2 ** 32, (first % 2 ** 32) + body.length)
        .equals(body),
    ).toBe(true);
  });

  it('gives a body larger than a slab one of its own, and gives that memory back', () => {
    const pool = new SlabPool();
    const place = pool.store(Buffer.alloc(SLAB_BYTES + 1), 2, SLAB_BYTES);
    expect(pool.heldBytes).toBe(SLAB_BYTES + 1);
    pool.release(slabOf(place), SLAB_BYTES);
    pool.release(slabOf(place), 0);
    pool.store(Buffer.alloc(SLAB_BYTES), 1, 1);
    expect(pool.heldBytes).toBe(SLAB_BYTES);
  });

  it('starts over in the same slab when all of its spans are gone', () => {
    const pool = new SlabPool();
    for (let round = 0; round < 100; round++) {
      const place = pool.store(Buffer.alloc(SLAB_BYTES / 4), 1, 10);
      pool.release(slabOf(place), 10);
    }
    expect([pool.heldBytes, pool.liveBytes]).toEqual([SLAB_BYTES, 0]);
  });

  it('calls a slab sparse once most of its bytes are let go, but not while it is filled', () => {
    const pool = new SlabPool();
    const first = slabOf(pool.store(Buffer.alloc(SLAB_BYTES - 10), 2, SLAB_BYTES - 10));
    pool.release(first, SLAB_BYTES - 110);
    expect(pool.isSparse(first)).toBe(false);
    pool.store(Buffer.alloc(100), 1, 100);
    expect(pool.isSparse(first)).toBe(true);
  });

  it('takes small slabs while little is held, and large ones from then on', () => {
    const pool = new SlabPool();
    const body = Buffer.alloc(100_000);
    const places: number[] = [];
    pool.store(body, 1, body.length);
    expect(pool.heldBytes).toBe(SMALL_SLAB_BYTES);
    while (pool.heldBytes < 4 * SLAB_BYTES) places.push(pool.store(body, 1, body.length));
    expect(pool.bytes(slabOf(places.at(-1)!)).length).toBe(SLAB_BYTES);
    for (const place of places) pool.release(slabOf(place), body.length);
    expect(pool.heldBytes).toBeLessThanOrEqual(SLAB_BYTES + SMALL_SLAB_BYTES);
    expect(pool.liveBytes).toBe(body.length);
  });

  it('throws for a slab that is not in use', () => {
    expect(() => new SlabPool().bytes(3)).toThrow('slab 3 is not in use');
  });
});
