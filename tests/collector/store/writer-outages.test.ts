// The writer against a real ClickHouse that is killed, slow to answer, away or refuses a block, and a full disk: every row once, none lost.
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { spoolFilesIn } from '#collector/store/spool-files.ts';
import { Spool } from '#collector/store/spool.ts';
import { waitingBlocks } from '#collector/store/waiting-blocks.ts';
import type { StoreWriterOptions } from '#collector/store/writer-options.ts';
import { MemorySpoolFiles } from '#tests/support/memory-spool-files.ts';
import { client, directory, harness, insert, present, server, startClickHouseForTests } from './writer-under-test.ts';

startClickHouseForTests();

describe('the writer', () => {
  it('loses and doubles nothing when ClickHouse is killed in the middle of inserts, again and again', async () => {
    const h = await harness();
    h.writer.start();
    let acknowledged = 0;
    for (let round = 0; round < 4; round++) {
      h.append(round * 20_000, 20_000);
      const goal = acknowledged + 2_000;
      await expect.poll(() => h.stored.get('samples') ?? 0, { interval: 2, timeout: 30_000 }).toBeGreaterThan(goal);
      await server.kill9();
      acknowledged = h.stored.get('samples') ?? 0;
      await server.restart();
      expect((await present()).distinct).toBeGreaterThanOrEqual(acknowledged);
    }
    await h.writer.flush();
    expect(await present()).toEqual({ rows: 80_000, distinct: 80_000 });
    expect(h.stored.get('samples')).toBe(80_000);
    expect(h.lines.some((line) => line.startsWith('ClickHouse does not take data'))).toBe(true);
    expect(h.lines.some((line) => line.startsWith('ClickHouse is back'))).toBe(true);
    await h.writer.close();
  });

  it('retries with the same token after an answer that was lost, also in the next life of the process', async () => {
    let calls = 0;
    let isOver = false;
    const lossy: StoreWriterOptions['insert'] = async (...block) => {
      await insert(...block);
      if (isOver) await new Promise(() => undefined); // its process has ended: it removes no file
      if (calls++ % 2 === 0) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    };
    const first = await harness({ insert: lossy });
    first.append(0, 3_000);
    await first.writer.close(1);
    isOver = true; // most of its rows are in the spool still, part of that in ClickHouse already
    const second = await harness();
    const recovered = waitingBlocks(second.writer.spool).reduce((sum, [, , rows]) => sum + rows, 0);
    // A block may be counted as stored while its file is about to go: then it is sent again, and its token is known.
    expect(recovered + (first.stored.get('samples') ?? 0)).toBeGreaterThanOrEqual(3_000);
    expect(second.writer.pendingRows('samples')).toBe(recovered);
    second.append(3_000, 700);
    await second.writer.flush();
    expect(await present()).toEqual({ rows: 3_700, distinct: 3_700 });
    await second.writer.close();
  });

  it('doubles nothing when every tenth insert is given up by the client and applied later, while the same block is sent again', async () => {
    let calls = 0;
    const given: Promise<void>[] = [];
    const h = await harness({
      insert: async (...block) => {
        const applied = insert(...block);
        if (calls++ % 10 !== 0) return applied;
        given.push(applied);
        throw Object.assign(new Error('Timeout error.'), calls % 3 === 0 ? {} : { code: 'ETIMEDOUT' });
      },
    });
    h.writer.start();
    h.append(0, 100_000);
    await h.writer.flush();
    await Promise.all(given);
    expect(given.length).toBeGreaterThan(20);
    expect(await present()).toEqual({ rows: 100_000, distinct: 100_000 });
    expect([h.stored.get('samples'), h.dropped]).toEqual([100_000, []]);
    await h.writer.close();
  });

  it('a ClickHouse that stops answering for a while: memory holds no more than a few blocks, all is stored once afterwards', async () => {
    const files = spoolFilesIn(directory);
    const spool = await Spool.open({ files, capBytes: 2 ** 30, sync: false, newInstallId: 'stopped' });
    const h = await harness({ spool, maxBlockRows: 20_000 });
    h.writer.start();
    process.kill(server.pid, 'SIGSTOP');
    try {
      for (let i = 0; i < 40; i++) {
        h.append(i * 50_000, 50_000);
        await new Promise(setImmediate);
      }
      await expect.poll(() => spool.unsavedBytes, { timeout: 30_000 }).toBe(0);
      const loaded = [...spool.entries.values()].filter(({ bytes }) => bytes !== undefined);
      expect(loaded.length).toBeLessThanOrEqual(10);
      expect(spool.entries.size).toBeGreaterThan(90);
      expect(readdirSync(directory).filter((name) => name.endsWith('.native')).length).toBe(spool.entries.size);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    await h.writer.flush();
    expect(await present()).toEqual({ rows: 2_000_000, distinct: 2_000_000 });
    expect(h.dropped).toEqual([]);
    await h.writer.close();
  });

  it('fills the spool while ClickHouse is away, says so once, and sets nothing aside', async () => {
    const spool = await Spool.open({
      files: new MemorySpoolFiles(),
      capBytes: 100_000,
      sync: false,
      newInstallId: 'x',
    });
    let away = true;
    const h = await harness({
      spool,
      insert: async (...block) => {
        if (away) throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:8123'), { code: 'ECONNREFUSED' });
        await insert(...block);
      },
    });
    h.writer.start();
    h.append(0, 1_000);
    expect(h.writer.full).toBe(false);
    h.append(1_000, 2_000);
    expect(h.writer.full).toBe(true);
    await expect.poll(() => h.writer.awayMs, { interval: 5 }).toBeGreaterThan(250); // several attempts later
    expect(h.lines.filter((line) => line.includes('does not take data'))).toHaveLength(1);
    away = false;
    await h.writer.flush();
    expect(h.writer.full).toBe(false);
    expect(h.dropped).toEqual([]);
    expect(await present()).toEqual({ rows: 3_000, distinct: 3_000 });
    await h.writer.close();
  });

  it('sets a block aside that ClickHouse can never read, and lets the others pass', async () => {
    const files = new MemorySpoolFiles();
    const spool = await Spool.open({ files, capBytes: 2 ** 20, sync: false, newInstallId: 'y' });
    const startedMs = Date.now();
    const h = await harness({
      spool,
      nowMs: () => startedMs + (Date.now() - startedMs) * 20,
      probe: async () => void (await client.ping()),
    });
    spool.accept({ table: 'samples', columns: ['id'], rows: 7, bytes: Buffer.from('no block at all') });
    h.append(0, 500);
    h.writer.start();
    await expect.poll(() => h.stored.get('samples'), { timeout: 20_000 }).toBe(500);
    await expect
      .poll(() => h.dropped, { timeout: 20_000 })
      .toEqual([expect.stringMatching(/^7 samples: ClickHouse refuses the block: [A-Z_]+$/)]);
    expect([...files.files.keys()].filter((name) => name.endsWith('.refused'))).toHaveLength(1);
    await h.writer.flush();
    expect(await present()).toEqual({ rows: 500, distinct: 500 });
    await h.writer.close();
  });

  it('goes on from memory when the disk is full', async () => {
    const files = new MemorySpoolFiles();
    const spool = await Spool.open({ files, capBytes: 2 ** 20, sync: false, newInstallId: 'z' });
    files.failWrites = new Error('ENOSPC: no space left on device');
    const h = await harness({ spool });
    h.append(0, 1_500);
    await h.writer.flush();
    expect(await present()).toEqual({ rows: 1_500, distinct: 1_500 });
    expect(h.lines.some((line) => line.includes('ENOSPC'))).toBe(true);
    await h.writer.close();
  });
});
