// Figures of the engine's configuration that follow the size of the disk.
import { describe, expect, it } from 'vitest';
import { keepFreeBytes, oldPartsSeconds } from '#deploy/embedded-clickhouse/engine-config.ts';
import { READ_RESTART_EVERY_MS } from '#deploy/embedded-clickhouse/engine-watch.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

describe('the engine on a disk', () => {
  it.each([
    [400 * MIB, 240],
    [16 * GIB, 512],
    [40 * GIB, 660],
    [10_000 * GIB, 660],
    [0, 240],
  ])('of %i bytes keeps merged parts for %i s', (disk, seconds) => {
    expect(oldPartsSeconds(disk)).toBe(seconds);
  });

  it('keeps them longer than the second of two parts that cannot be read waits for its restart', () => {
    expect(oldPartsSeconds(40 * GIB) * 1000).toBeGreaterThan(READ_RESTART_EVERY_MS);
  });

  it.each([
    [64 * MIB, 16 * MIB],
    [128 * MIB, 32 * MIB],
    [GIB, 64 * MIB],
    [1, 16 * MIB],
  ])('with a reserve of %i bytes leaves %i free', (reserve, free) => {
    expect(keepFreeBytes(reserve)).toBe(free);
  });
});
