// The writer over a real ClickHouse: when it cuts blocks, begins commits and sends, and that every row is stored and counted once.
import { describe, expect, it } from 'vitest';
import { Spool } from '#collector/store/spool.ts';
import { MemorySpoolFiles } from '#tests/support/memory-spool-files.ts';
import { WriterRig } from '#tests/support/writer-rig.ts';
import { harness, insert, present, startClickHouseForTests } from './writer-under-test.ts';

startClickHouseForTests();

describe('with a write-ahead log', () => {
  it('sends no block before the commit that covers it is written; all tables are cut at once', async () => {
    const sent: string[] = [];
    const commits: { block: number; written: PromiseWithResolvers<void> }[] = [];
    const h = await harness({
      insert: (table) => Promise.resolve(void sent.push(table)),
      commits: {
        prepare: () => undefined,
        isWanted: () => false,
        begin: (block) => {
          const written = Promise.withResolvers<void>();
          commits.push({ block, written });
          return { write: () => written.promise };
        },
      },
    });
    h.writer.start();
    h.tables.links.append({
      targetTraceId: Buffer.alloc(16, 1),
      targetSpanId: Buffer.alloc(8, 1),
      sourceId0: 1,
      sourceId1: 2,
      sourceId2: 3,
      sourceId3: 4,
      sourceSpanHi: 1,
      sourceSpanLo: 2,
      sourceService: 's',
      sourceName: 'n',
      sourceStartHi: 0,
      sourceStartLo: 0,
      sourceKind: 1,
    });
    h.append(0, 700); // of which 500 are a block that waits for the commit
    expect(commits).toHaveLength(0);
    const flushed = h.writer.flush();
    await expect.poll(() => commits.length).toBe(1);
    h.append(700, 1_200); // while it is written
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(sent).toEqual([]);
    commits[0]!.written.resolve();
    await expect.poll(() => commits.length).toBe(2);
    await expect.poll(() => sent.toSorted()).toEqual(['links', 'samples', 'samples']);
    await flushed;
    commits[1]!.written.resolve();
    await h.writer.flush();
    expect(sent.toSorted()).toEqual(['links', 'samples', 'samples', 'samples', 'samples', 'samples']);
    expect(commits.map(({ block }) => block)).toEqual([3, 6]);
    expect(h.stored.get('samples')).toBe(1_900);
    await h.writer.close(100);
  });
});

it('begins no commit while a request is taken in pieces, though its rows become blocks', async () => {
  const begun: number[] = [];
  let isWhole = true;
  const rig = await WriterRig.start({
    commits: {
      prepare: () => undefined,
      isWanted: () => false,
      isWhole: () => isWhole,
      begin: (block) => {
        begun.push(block);
        return { write: () => Promise.resolve() };
      },
    },
  });
  isWhole = false;
  for (let piece = 0; piece < 20; piece++) {
    rig.samples(70);
    rig.writer.check();
    await rig.pass(1_000);
  }
  expect([begun, rig.spool.entries.size, rig.inserts, rig.tables.samples.rows]).toEqual([[], 14, [], 0]);
  isWhole = true;
  rig.samples(5);
  await rig.pass(2_000);
  expect([begun.length, begun[0]! >= 14, rig.storedRows('samples'), rig.counted.get('samples')]).toEqual([
    1,
    true,
    1_405,
    1_405,
  ]);
});

describe('the writer', () => {
  it('stores every row once and counts it when ClickHouse has it', async () => {
    const h = await harness();
    h.append(0, 1234);
    expect(h.writer.pendingRows('samples')).toBe(1234);
    await h.writer.flush();
    expect(await present()).toEqual({ rows: 1234, distinct: 1234 });
    expect(h.stored.get('samples')).toBe(1234);
    expect(h.writer.pendingRows('samples')).toBe(0);
    expect(h.writer.pendingBytes).toBe(0);
    await h.writer.close();
  });

  it('flushes also before it was started, when an insert fails on the way', async () => {
    let calls = 0;
    const h = await harness({
      insert: async (...block) => {
        if (calls++ < 3) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
        await insert(...block);
      },
    });
    h.append(0, 1_200);
    await h.writer.flush();
    expect(await present()).toEqual({ rows: 1_200, distinct: 1_200 });
    await h.writer.close();
  });

  it('cuts blocks by age, so that a lone row does not wait', async () => {
    let now = Date.now();
    const h = await harness({ nowMs: () => now });
    h.append(0, 1);
    h.writer.tick();
    expect(h.tables.samples.rows).toBe(1);
    now += 1_000;
    h.writer.tick();
    expect(h.tables.samples.rows).toBe(0);
    await h.writer.flush();
    expect(await present()).toEqual({ rows: 1, distinct: 1 });
    await h.writer.close();
  });

  it('lets many rows wait twice as long, and no longer', async () => {
    let now = Date.now();
    const h = await harness({ nowMs: () => now, maxBlockRows: 10_000 });
    h.append(0, 5_000);
    h.writer.tick();
    now += 1_500;
    h.writer.tick();
    expect(h.tables.samples.rows).toBe(5_000);
    now += 500;
    h.writer.tick();
    expect(h.tables.samples.rows).toBe(0);
    await h.writer.flush();
    expect(await present()).toEqual({ rows: 5_000, distinct: 5_000 });
    await h.writer.close();
  });

  it('cuts and spools but sends nothing while it is held', async () => {
    const files = new MemorySpoolFiles();
    const h = await harness({
      spool: await Spool.open({ files, capBytes: 2 ** 20, sync: false, newInstallId: 'held' }),
    });
    h.writer.hold();
    h.append(0, 10);
    await expect
      .poll(() => [...files.files.keys()].filter((name) => name.endsWith('.native')), { timeout: 5_000 })
      .toHaveLength(1);
    expect(h.stored.size).toBe(0);
    h.writer.start();
    await h.writer.flush();
    expect(await present()).toEqual({ rows: 10, distinct: 10 });
    await h.writer.close();
  });
});
