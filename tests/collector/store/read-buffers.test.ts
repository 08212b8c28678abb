// Blocks that are read back from a real directory share a few buffers, and none is overwritten while it may still be read.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ReadBuffers } from '#collector/store/read-buffers.ts';
import { spoolFilesIn } from '#collector/store/spool-files.ts';
import { Spool } from '#collector/store/spool.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'winnow-buffers-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('gives the same buffer again, and keeps no more than 64 MiB', () => {
  const buffers = new ReadBuffers();
  const first = buffers.bufferOf(1000);
  expect(first.length).toBeGreaterThanOrEqual(1000);
  buffers.give(first);
  expect([buffers.bufferOf(2000) === first, buffers.bufferOf(10) === first]).toEqual([true, false]);
  const large = [40, 40].map((mib) => buffers.bufferOf(mib * 1024 * 1024));
  for (const buffer of large) buffers.give(buffer);
  expect(large.includes(buffers.bufferOf(40 * 1024 * 1024))).toBe(true);
  expect(large.includes(buffers.bufferOf(40 * 1024 * 1024))).toBe(false);
});

it('blocks of any size come back as they were written, whatever was read before them', async () => {
  const spool = await Spool.open({ files: spoolFilesIn(directory), capBytes: 2 ** 30, sync: false, newInstallId: 'x' });
  const sizes = [10, 300_000, 5, 2_000_000, 262_144, 1, 0, 1_000_000];
  const entries = [];
  for (const [i, size] of sizes.entries()) {
    const entry = spool.accept({ table: 'logs', columns: ['a'], rows: 1, bytes: Buffer.alloc(size, String(i)) });
    await spool.save(entry);
    spool.unload(entry);
    entries.push(entry);
  }
  const uncertain = [];
  for (let round = 0; round < 3; round++) {
    for (const [i, entry] of entries.entries()) {
      const bytes = await spool.load(entry);
      expect(bytes.equals(Buffer.alloc(sizes[i]!, String(i)))).toBe(true);
      const isSure = (round + i) % 3 !== 0;
      spool.unlend(entry, isSure);
      if (!isSure) uncertain.push({ bytes, i });
    }
  }
  // What a broken connection may still be sending is as it was.
  for (const { bytes, i } of uncertain) expect(bytes.equals(Buffer.alloc(sizes[i]!, String(i)))).toBe(true);
});
