// The writer against a real ClickHouse that is killed, restarted, slow to answer or away: every row once, none lost.
import type { ClickHouseClient } from '@clickhouse/client';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createStoreClient } from '#collector/store/client.ts';
import { insertBlock } from '#collector/store/insert-block.ts';
import { migrate } from '#collector/store/migrate.ts';
import { spoolFilesIn } from '#collector/store/spool-files.ts';
import { Spool } from '#collector/store/spool.ts';
import { StoreTables } from '#collector/store/tables/store-tables.ts';
import { waitingBlocks } from '#collector/store/waiting-blocks.ts';
import type { StoreWriterOptions } from '#collector/store/writer-options.ts';
import { StoreWriter } from '#collector/store/writer.ts';
import type { TestClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { startEmbeddedClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { MemorySpoolFiles } from '#tests/support/memory-spool-files.ts';
import { WriterRig } from '#tests/support/writer-rig.ts';

let server: TestClickHouse;
let client: ClickHouseClient;
let directory: string;

beforeAll(async () => {
  server = await startEmbeddedClickHouse();
  client = createStoreClient({ url: server.url });
  await migrate(client, 'deploy/clickhouse');
});
afterAll(async () => {
  await client.close();
  await server.stop();
});
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'winnow-writer-'));
  await client.command({ query: 'TRUNCATE TABLE samples' });
  return () => { rmSync(directory, { recursive: true, force: true }); };
});

const insert: StoreWriterOptions['insert'] = (table, columns, bytes, token) => insertBlock(client, table, columns, bytes, token);

type Harness = { writer: StoreWriter; tables: StoreTables; stored: Map<string, number>; dropped: string[]; lines: string[]; append(first: number, count: number): void };

async function harness(options: Partial<StoreWriterOptions> & { spool?: Spool } = {}): Promise<Harness> {
  const spool = options.spool ?? await Spool.open({ files: spoolFilesIn(directory), capBytes: 2 ** 26, sync: false, newInstallId: `test-${Math.random()}` });
  const tables = new StoreTables();
  const stored = new Map<string, number>();
  const dropped: string[] = [];
  const lines: string[] = [];
  const writer = new StoreWriter({
    tables: tables.all, insert, nowMs: Date.now, maxBlockRows: 500, ...options, spool,
    onStored: (table, rows) => { stored.set(table, (stored.get(table) ?? 0) + rows); },
    onDropped: (table, rows, reason) => { dropped.push(`${rows} ${table}: ${reason}`); },
    log: (_level, line) => { lines.push(line); },
  });
  return {
    writer, tables, stored, dropped, lines,
    append(first, count) {
      for (let i = first; i < first + count; i++) {
        tables.samples.append(1, i, i, i, 0);
        writer.check();
      }
    },
  };
}

async function present(): Promise<{ rows: number; distinct: number }> {
  const result = await client.query({ query: 'SELECT count()::Float64 AS rows, uniqExact(id)::Float64 AS distinct FROM samples', format: 'JSONEachRow' });
  return (await result.json<{ rows: number; distinct: number }>())[0]!;
}

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
      targetTraceId: Buffer.alloc(16, 1), targetSpanId: Buffer.alloc(8, 1), sourceId0: 1, sourceId1: 2, sourceId2: 3, sourceId3: 4, sourceSpanHi: 1, sourceSpanLo: 2,
      sourceService: 's', sourceName: 'n', sourceStartHi: 0, sourceStartLo: 0, sourceKind: 1,
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
  const rig = await WriterRig.start({ commits: {
    prepare: () => undefined, isWanted: () => false, isWhole: () => isWhole,
    begin: (block) => {
      begun.push(block);
      return { write: () => Promise.resolve() };
    },
  } });
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
  expect([begun.length, begun[0]! >= 14, rig.storedRows('samples'), rig.counted.get('samples')]).toEqual([1, true, 1_405, 1_405]);
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
    const h = await harness({ insert: async (...block) => {
      if (calls++ < 3) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      await insert(...block);
    } });
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
    const h = await harness({ insert: async (...block) => {
      const applied = insert(...block);
      if (calls++ % 10 !== 0) return applied;
      given.push(applied);
      throw Object.assign(new Error('Timeout error.'), calls % 3 === 0 ? {} : { code: 'ETIMEDOUT' });
    } });
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
    const spool = await Spool.open({ files: new MemorySpoolFiles(), capBytes: 100_000, sync: false, newInstallId: 'x' });
    let away = true;
    const h = await harness({ spool, insert: async (...block) => {
      if (away) throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:8123'), { code: 'ECONNREFUSED' });
      await insert(...block);
    } });
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

  it('cuts and spools but sends nothing while it is held', async () => {
    const files = new MemorySpoolFiles();
    const h = await harness({ spool: await Spool.open({ files, capBytes: 2 ** 20, sync: false, newInstallId: 'held' }) });
    h.writer.hold();
    h.append(0, 10);
    await expect.poll(() => [...files.files.keys()].filter((name) => name.endsWith('.native')), { timeout: 5_000 }).toHaveLength(1);
    expect(h.stored.size).toBe(0);
    h.writer.start();
    await h.writer.flush();
    expect(await present()).toEqual({ rows: 10, distinct: 10 });
    await h.writer.close();
  });

  it('sets a block aside that ClickHouse can never read, and lets the others pass', async () => {
    const files = new MemorySpoolFiles();
    const spool = await Spool.open({ files, capBytes: 2 ** 20, sync: false, newInstallId: 'y' });
    const startedMs = Date.now();
    const h = await harness({ spool, nowMs: () => startedMs + (Date.now() - startedMs) * 20, probe: async () => void (await client.ping()) });
    spool.accept({ table: 'samples', columns: ['id'], rows: 7, bytes: Buffer.from('no block at all') });
    h.append(0, 500);
    h.writer.start();
    await expect.poll(() => h.stored.get('samples'), { timeout: 20_000 }).toBe(500);
    await expect.poll(() => h.dropped, { timeout: 20_000 }).toEqual([expect.stringMatching(/^7 samples: ClickHouse refuses the block: [A-Z_]+$/)]);
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
