// The reserve of the disk: when receivers hold back and when they accept again.
import { describe, expect, it } from 'vitest';
import type { DiskSpace } from '#proto/config/disk-reserve.ts';
import { DiskReserve } from '#collector/admit/disk-reserve.ts';
import { reserveBytes } from '#proto/config/disk-reserve.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

describe('the reserve of the disk', () => {
  it.each([
    [400 * MIB, 64 * MIB],
    [2 * GIB, 107_374_182],
    [20 * GIB, GIB],
    [10_000 * GIB, GIB],
    [undefined, 64 * MIB],
  ])('of a disk of %s bytes is %i', (total, reserve) => {
    expect(reserveBytes(0, total)).toBe(reserve);
    expect(reserveBytes(12_345, total)).toBe(12_345);
  });

  interface Disks {
    spaces: Map<string, DiskSpace | undefined>;
    reserve: DiskReserve;
    look: (freeMib: number) => Promise<boolean>;
  }

  function disks(setting = 100 * MIB): Disks {
    const spaces = new Map<string, DiskSpace | undefined>([
      ['a', { freeBytes: GIB, totalBytes: 10 * GIB }],
      ['b', undefined],
    ]);
    const reserve = new DiskReserve({ paths: ['a', 'b'], setting, space: (path) => Promise.resolve(spaces.get(path)) });
    const look = async (freeMib: number): Promise<boolean> => {
      spaces.set('a', { freeBytes: freeMib * MIB, totalBytes: 10 * GIB });
      await reserve.look();
      return reserve.isLow;
    };
    return { spaces, reserve, look };
  }

  it('is low below it, and again enough only a fifth above it', async () => {
    const { reserve, look } = disks();
    const seen: boolean[] = [];
    for (const free of [1000, 100, 99, 100, 119, 120, 100, 99]) seen.push(await look(free));
    expect(seen).toEqual([false, false, true, true, true, false, false, true]);
    expect(reserve.sentence).toContain('the disk of a has 99 MiB free, and 120 MiB are needed: free some');
    expect(reserve.nearest).toEqual({ path: 'a', freeBytes: 99 * MIB, reserveBytes: 100 * MIB });
  });

  it('is that of the worst of several disks, each by its own size', async () => {
    const { spaces, reserve, look } = disks(0);
    spaces.set('b', { freeBytes: 60 * MIB, totalBytes: 400 * MIB });
    expect(await look(10_000)).toBe(true);
    expect(reserve.nearest).toMatchObject({ path: 'b', reserveBytes: 64 * MIB });
    spaces.set('b', { freeBytes: 80 * MIB, totalBytes: 400 * MIB });
    expect(await look(10_000)).toBe(false);
    expect(await look(400)).toBe(true);
    expect(reserve.nearest).toMatchObject({ path: 'a' });
  });

  it('is not alarmed by a disk that does not answer, and forgets no alarm for it', async () => {
    const { spaces, reserve, look } = disks();
    spaces.set('a', undefined);
    await reserve.look();
    expect(reserve.isLow).toBe(false);
    expect(reserve.nearest).toBeUndefined();
    expect(await look(10)).toBe(true);
    spaces.set('a', undefined);
    await reserve.look();
    expect(reserve.isLow).toBe(true);
  });
});
